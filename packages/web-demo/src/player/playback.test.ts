import { describe, expect, test } from '@jest/globals';
import { playbackRound } from './playback.js';

describe('playbackRound', () => {
  test('plays to and fro without showing an end twice', () =>
    expect(playbackRound(4, 'ping-pong')).toEqual([0, 1, 2, 3, 2, 1]));
  test('plays forward', () => expect(playbackRound(3, 'forward')).toEqual([0, 1, 2]));
  test('plays in reverse', () => expect(playbackRound(3, 'reverse')).toEqual([2, 1, 0]));
});
