import { Command } from 'commander';
import { expect, test } from '@jest/globals';
import { addFrameEncodingOptions, frameEncodingOf } from './frame-encoding-choice.js';

const encodingOf = (...words: string[]) => {
  const command = addFrameEncodingOptions(new Command())
    .exitOverride()
    .configureOutput({ writeErr() {} });
  return frameEncodingOf(command.parse(words, { from: 'user' }).opts());
};

test.each(['jpeg', 'jpg'])('--format %s is JPEG', (format) => {
  expect(encodingOf('--format', format, '--quality', '80')).toEqual({ format: 'jpeg', quality: 80 });
});

test('--format names a format there is', () => {
  expect(() => encodingOf('--format', 'tiff')).toThrow('Allowed choices are png, webp, avif, jpeg.');
});
