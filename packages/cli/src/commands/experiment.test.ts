import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { expectOneLine, openWorkplace } from '../unblur-command.test-tool.js';

const { folder, write, unblur } = openWorkplace();
mkdirSync(join(folder, 'experiments', 'table-9'), { recursive: true });
write(
  'experiments/table-9/table.yaml',
  'title: Table 9\nbase: ../../run.yaml\nseeds: [4, 5]\nsets: {}\nevaluation: {}\nrows: [input, ours]\npaper: { place: Table 9, data: SUN360 }\n',
);
write('experiments/table-9/input.yaml', 'title: blurred\ninput: true\n');
write('experiments/table-9/ours.yaml', 'title: ours\n');

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('unblur experiment', () => {
  test('lists the experiments, their rows and runs', () => {
    const { stdout } = unblur(['experiment', 'list']);
    expect(stdout).toMatch(/table-9 +Table 9\n +table-9\/input +blurred\n +table-9\/ours +ours, 2 runs\n/);
  });

  test('names the experiments and the rows there are', () => {
    expectOneLine(unblur(['experiment', 'table-8']), /\(table-9\) but received 'table-8'/);
    expectOneLine(unblur(['experiment', 'table-9/theirs']), /\(input, ours\) but received 'theirs'/);
    expectOneLine(unblur(['experiment', 'list', '--from', 'nowhere']), /folder of experiments/);
  });
});
