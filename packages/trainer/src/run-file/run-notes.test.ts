import { describe, expect, test } from '@jest/globals';
import { parseRun } from '../systems/load-run.js';
import { runNotes } from './run-notes.js';

const notesOn = (lines: string, steps = 1000) =>
  runNotes(
    parseRun(
      `data: { sources: [{ kind: panorama, folder: a }] }\nsteps: ${steps}\nvalidation: { panoramas: b }\n${lines}`,
      '/runs/a.yaml',
    ).config,
    steps,
  );

describe('notes on a run', () => {
  test.each([
    [
      'settings of torch on another engine',
      'torch: { precision: bfloat16, compile: true }',
      [
        "the engine onnxruntime ignores 'torch.precision' and 'torch.compile', which only the engine torch has.",
      ],
    ],
    [
      'settings of the device where the processor makes samples',
      'engine: torch\ntorch: { compile: true }\ndevice: { samples: 64 }',
      ["samples made on the processor ignore 'device.samples', which only 'synthesis: device' has."],
    ],
    ['nothing where all is used', 'engine: torch\nsynthesis: device\ndevice: { samples: 64 }', []],
    ['nothing of defaults, as stored runs have them', 'torch: { compile: false }\ndevice: { reuse: 4 }', []],
  ])('name %s', (_, lines, notes) => {
    expect(notesOn(lines)).toEqual(notes);
  });

  test('say that validation waits for the end', () => {
    expect(notesOn('', 100)).toEqual([
      "the run is validated only after its last step: 'validation.everySteps' is 500, and it has 100 steps.",
    ]);
    expect(notesOn('', 1)[0]).toMatch(/, and it has 1 step\.$/);
    // Pictures are of a validation.
    expect(notesOn('samplesEverySteps: 50', 100)).toEqual([]);
    expect(notesOn('engine: torch\nsynthesis: device\nminutes: 9', 100)).toEqual([]);
  });
});
