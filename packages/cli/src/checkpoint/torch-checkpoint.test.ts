import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { zipSync } from 'fflate';
import {
  floatBytes,
  growingCheckpoints,
  latin,
  pickledMap,
  pickledTensor,
  zippedCheckpoint,
} from './hostile-checkpoint.test-tool.js';
import { readTorchCheckpoint } from './torch-checkpoint.js';

const folder = mkdtempSync(join(tmpdir(), 'unblur-checkpoint-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const python = process.env['PYTHON'] ?? (existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3');
/** Saves every checkpoint of these tests at once, since PyTorch takes seconds to load. */
const savingProgram = `
import collections, sys
try:
    import torch
except ImportError:
    sys.exit("no PyTorch")
folder = sys.argv[1]
torch.manual_seed(1)
model = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.Linear(3, 2)).double().half().float()
with torch.no_grad():
    model[0].weight.copy_(torch.arange(54.).reshape(3, 2, 3, 3))
torch.save(model.state_dict(), folder + "/zip.pt")
torch.save(model.state_dict(), folder + "/older.pt", _use_new_zipfile_serialization=False)
base = torch.arange(12.).reshape(3, 4)
state = collections.OrderedDict(
    t=base.t(),
    part=base[1:, ::2],
    half=torch.tensor([0.5, -3.0]).half(),
    double=torch.tensor(0.1).double(),
    p=torch.nn.Parameter(torch.ones(2)),
)
torch.save({"state_dict": state, "epoch": 3}, folder + "/views.pt")
torch.save(torch.nn.Linear(1, 1), folder + "/model.pt")
`;
const saving = spawnSync(python, ['-c', savingProgram, folder], { encoding: 'utf8' });
const hasTorch = !saving.error && saving.stderr.trim() !== 'no PyTorch';
if (!hasTorch) console.log('PyTorch is not installed: checkpoints that it writes are not tested.');

const checkpoint = (value: string) => pickledMap(['w', value]);

describe('readTorchCheckpoint', () => {
  test('reads a tensor', () => {
    expect(
      readTorchCheckpoint(zippedCheckpoint(checkpoint(pickledTensor()), { 0: floatBytes(1, 2, 3) })),
    ).toEqual({ w: { shape: [3], values: Float32Array.of(1, 2, 3) } });
  });

  test.each([
    [
      'a function of the system',
      '\x80\x02cos\nsystem\nX\x02\x00\x00\x00id\x85R.',
      "it wants to use 'os.system', which is not part of a tensor",
    ],
    [
      'a function of the system, named on the stack',
      '\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.',
      "it wants to use 'builtins.eval'",
    ],
    ['another part of torch', '\x80\x02ctorch.hub\nload\n.', "it wants to use 'torch.hub.load'"],
    ['a class that is made by name', '\x80\x02(ios\nsystem\n.', 'the pickle instruction 0x69'],
    ['an object', '\x80\x02ccollections\nOrderedDict\n)\x81.', 'the pickle instruction 0x81'],
    ['an extension', '\x80\x02\x82\x01.', 'the pickle instruction 0x82'],
    ['text that Python evaluates', "\x80\x02S'x'\n.", 'the pickle instruction 0x53'],
    ['a call of a class of numbers', '\x80\x02ctorch\nFloatStorage\n)R.', 'its pickle is malformed'],
    [
      'the state of a tensor',
      `\x80\x02${pickledTensor()}}b.`,
      'it sets the state of something that is not a mapping',
    ],
    ['a value that is not a tensor', checkpoint('K\x01'), "its entry 'w' is not a tensor"],
    ['no tensors', '\x80\x02}.', 'it holds no tensors'],
    ['a list', '\x80\x02].', 'it does not hold a mapping'],
    [
      'a shape beyond its storage',
      checkpoint(pickledTensor({ shape: 'K\x04\x85' })),
      "tensor 'w' [4] reaches beyond its 3 stored values",
    ],
    [
      'an offset beyond its storage',
      checkpoint(pickledTensor({ offset: 'K\x01' })),
      'reaches beyond its 3 stored values',
    ],
    [
      'a huge shape that repeats one value',
      checkpoint(pickledTensor({ shape: 'J\xff\xff\xff\x7f\x85', strides: 'K\x00\x85' })),
      'its tensors would hold 2147483647 values, more than its',
    ],
    [
      'a shape below zero',
      checkpoint(pickledTensor({ shape: 'J\xff\xff\xff\xff\x85' })),
      'its pickle is malformed',
    ],
    ['a missing memory', '\x80\x02h\x07.', 'its pickle is malformed'],
    ['an empty stack', '\x80\x02R.', 'its pickle is malformed'],
  ])('refuses %s', (_, pickle, message) => {
    expect(() => readTorchCheckpoint(zippedCheckpoint(pickle, { 0: floatBytes(1, 2, 3) }))).toThrow(message);
  });

  test('refuses compressed entries, missing storages and other files', () => {
    expect(() =>
      readTorchCheckpoint(zippedCheckpoint(checkpoint(pickledTensor()), { 0: new Uint8Array(4000) }, 6)),
    ).toThrow('is compressed');
    expect(() => readTorchCheckpoint(zippedCheckpoint(checkpoint(pickledTensor())))).toThrow(
      "its storage '0' is missing",
    );
    expect(() => readTorchCheckpoint(zipSync({ 'readme.txt': latin('x') }, { level: 0 }))).toThrow(
      'holds no data.pkl',
    );
    expect(() => readTorchCheckpoint(latin('GIF89a'))).toThrow(
      'neither the zip format of PyTorch nor the one before',
    );
    expect(() => readTorchCheckpoint(new Uint8Array(0))).toThrow('neither the zip format');
  });

  test('takes names that mean something in JavaScript as names', () => {
    const pickle = checkpoint(pickledTensor()).replace('X\x01\x00\x00\x00w', 'X\x09\x00\x00\x00__proto__');
    expect(Object.keys(readTorchCheckpoint(zippedCheckpoint(pickle, { 0: floatBytes(1, 2, 3) })))).toEqual([
      '__proto__',
    ]);
  });

  test('refuses a pickle that is cut short anywhere', () => {
    const whole = checkpoint(pickledTensor());
    for (let length = 0; length < whole.length; length++) {
      expect(() =>
        readTorchCheckpoint(zippedCheckpoint(whole.slice(0, length), { 0: floatBytes(1, 2, 3) })),
      ).toThrow(/cut short|malformed/);
    }
  });

  test.each(Object.entries(growingCheckpoints))('refuses %s soon and in little memory', (_, make) => {
    const bytes = make();
    const before = process.memoryUsage();
    const startMilliseconds = performance.now();
    expect(() => readTorchCheckpoint(bytes)).toThrow(/^(it|its|the) [^\n]*[^.]$/);
    expect(performance.now() - startMilliseconds).toBeLessThan(3000);
    const after = process.memoryUsage();
    expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(300e6);
  });

  test.each([
    ['text that is not UTF-8', '\x80\x02X\x02\x00\x00\x00\xff\xfe.', 'its pickle is malformed'],
    ['a list for a name', '\x80\x02}]K\x01s.', "its entry '(no text)' is not a tensor"],
    [
      'a shape of more axes than tensors have',
      checkpoint(pickledTensor({ shape: `(${'K\x01'.repeat(9)}t`, strides: `(${'K\x01'.repeat(9)}t` })),
      'its pickle is malformed',
    ],
  ])('refuses %s', (_, pickle, message) => {
    expect(() => readTorchCheckpoint(zippedCheckpoint(pickle, { 0: floatBytes(1, 2, 3) }))).toThrow(message);
  });

  test('says what each kind of growth is', () => {
    const messageOf = (name: string) => {
      try {
        readTorchCheckpoint(growingCheckpoints[name]!());
      } catch (error) {
        return (error as Error).message;
      }
      return undefined;
    };
    expect(messageOf('doubling key')).toBe("its entry '(no text)' is not a tensor");
    expect(messageOf('doubling storage key of the older format')).toContain("its storage '(no text)'");
    expect(messageOf('mappings of one long list')).toContain('its pickle takes more than 300000 steps');
    expect(messageOf('views of one storage')).toMatch(
      /^its tensors would hold 200000000 values, more than its \d+ bytes can$/,
    );
    expect(messageOf('zip entries over one another')).toBe(
      'the entries of its zip archive lie over one another',
    );
    expect(messageOf('zip entries without end')).toBe('its zip archive has more than 20000 entries');
  });

  (hasTorch ? describe : describe.skip)('checkpoints that PyTorch saved', () => {
    const readSaved = (name: string) => new Uint8Array(readFileSync(join(folder, name)));

    test('are there', () => {
      expect([saving.status, saving.status === 0 ? '' : saving.stderr]).toEqual([0, '']);
    });

    test.each([
      ['the zip format', 'zip.pt'],
      ['the format before 1.6', 'older.pt'],
    ])('reads %s', (_, name) => {
      const parameters = readTorchCheckpoint(readSaved(name));
      expect(Object.entries(parameters).map(([key, { shape }]) => [key, shape])).toEqual([
        ['0.weight', [3, 2, 3, 3]],
        ['0.bias', [3]],
        ['1.weight', [2, 3]],
        ['1.bias', [2]],
      ]);
      expect(parameters['0.weight']!.values).toEqual(Float32Array.from({ length: 54 }, (_, index) => index));
    });

    test('reads views, other element types, parameters and nested state', () => {
      expect(readTorchCheckpoint(readSaved('views.pt'))).toEqual({
        t: { shape: [4, 3], values: Float32Array.of(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11) },
        part: { shape: [2, 2], values: Float32Array.of(4, 6, 8, 10) },
        half: { shape: [2], values: Float32Array.of(0.5, -3) },
        double: { shape: [], values: Float32Array.of(0.1) },
        p: { shape: [2], values: Float32Array.of(1, 1) },
      });
    });

    test('refuses a pickled model, whose classes would be loaded', () => {
      expect(() => readTorchCheckpoint(readSaved('model.pt'))).toThrow(
        "it wants to use 'torch.nn.modules.linear.Linear'",
      );
    });

    test.each(['zip', 'older'])('refuses files that are cut short (%s)', (name) => {
      const bytes = readSaved(`${name}.pt`);
      for (const share of [0.1, 0.5, 0.95]) {
        expect(() => readTorchCheckpoint(bytes.subarray(0, Math.floor(bytes.length * share)))).toThrow(
          /cut short|cannot be read|malformed|reaches beyond|missing/,
        );
      }
    });
  });
});
