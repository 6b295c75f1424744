import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, test, expect } from '@jest/globals';
import { expectOneLine, openWorkplace } from '../unblur-command.test-tool.js';

const { folder, write, unblur } = openWorkplace();

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('unblur train', () => {
  test('says that the run file is missing', () => {
    expectOneLine(unblur(['train', 'gone.yaml']), /gone\.yaml/);
  });

  test('names an unknown key and the nearest one, and starts nothing', () => {
    write('run.yaml', 'network: photo\nstesp: 10\n');
    expectOneLine(unblur(['train', 'run.yaml', '--out', 'run']), /stesp.*steps/);
    expect(existsSync(join(folder, 'run'))).toBe(false);
    expect(readdirSync(folder)).toEqual(['run.yaml']);
  });
});
