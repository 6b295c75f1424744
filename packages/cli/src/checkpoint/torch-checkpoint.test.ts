import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { zipSync } from 'fflate';
import { readTorchCheckpoint } from './torch-checkpoint.js';

const folder = mkdtempSync(join(tmpdir(), 'unblur-checkpoint-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const python = process.env['PYTHON'] ?? (existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3');
const hasTorch = spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0;
if (!hasTorch) console.log('PyTorch is not installed: checkpoints that it writes are not tested.');

/** What a Python program saves as `path`. */
function saveWithTorch(name: string, program: string): Uint8Array {
  const path = join(folder, name);
  const { status, stderr } = spawnSync(python, ['-c', `import torch, collections, sys\npath = sys.argv[1]\n${program}`, path], { encoding: 'utf8' });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  return new Uint8Array(readFileSync(path));
}

const latin = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const float = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const zipped = (pickle: string, storages: Record<string, Uint8Array> = {}, level: 0 | 6 = 0) =>
  zipSync(Object.fromEntries([['archive/data.pkl', latin(pickle)], ...Object.entries(storages).map(([key, bytes]) => [`archive/data/${key}`, bytes] as const)]), { level });

/** `{'w': tensor}` of a storage '0' with three floats, as PyTorch pickles it but for the names that are remembered. */
const storage = '(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x03tQ';
const tensor = ({ offset = 'K\x00', shape = 'K\x03\x85', strides = 'K\x01\x85' } = {}) => `ctorch._utils\n_rebuild_tensor_v2\n(${storage}${offset}${shape}${strides}\x89ccollections\nOrderedDict\n)RtR`;
const checkpoint = (value: string) => `\x80\x02}X\x01\x00\x00\x00w${value}s.`;

describe('readTorchCheckpoint', () => {
  it('reads a tensor', () => {
    expect(readTorchCheckpoint(zipped(checkpoint(tensor()), { 0: float(1, 2, 3) }))).toEqual({ w: { shape: [3], values: Float32Array.of(1, 2, 3) } });
  });

  it.each([
    ['a function of the system', "\x80\x02cos\nsystem\nX\x02\x00\x00\x00id\x85R.", "it wants to use 'os.system', which is not part of a tensor"],
    ['a function of the system, named on the stack', '\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.', "it wants to use 'builtins.eval'"],
    ['another part of torch', '\x80\x02ctorch.hub\nload\n.', "it wants to use 'torch.hub.load'"],
    ['a class that is made by name', '\x80\x02(ios\nsystem\n.', 'the pickle instruction 0x69'],
    ['an object', '\x80\x02ccollections\nOrderedDict\n)\x81.', 'the pickle instruction 0x81'],
    ['an extension', '\x80\x02\x82\x01.', 'the pickle instruction 0x82'],
    ['text that Python evaluates', "\x80\x02S'x'\n.", 'the pickle instruction 0x53'],
    ['a call of a class of numbers', '\x80\x02ctorch\nFloatStorage\n)R.', 'its pickle is malformed'],
    ['the state of a tensor', `\x80\x02${tensor()}}b.`, 'it sets the state of something that is not a mapping'],
    ['a value that is not a tensor', checkpoint('K\x01'), "its entry 'w' is not a tensor"],
    ['no tensors', '\x80\x02}.', 'it holds no tensors'],
    ['a list', '\x80\x02].', 'it does not hold a mapping'],
    ['a shape beyond its storage', checkpoint(tensor({ shape: 'K\x04\x85' })), "tensor 'w' [4] reaches beyond its 3 stored values"],
    ['an offset beyond its storage', checkpoint(tensor({ offset: 'K\x01' })), 'reaches beyond its 3 stored values'],
    ['a huge shape that repeats one value', checkpoint(tensor({ shape: 'J\xff\xff\xff\x7f\x85', strides: 'K\x00\x85' })), 'reaches beyond its 3 stored values'],
    ['a shape below zero', checkpoint(tensor({ shape: 'J\xff\xff\xff\xff\x85' })), 'its pickle is malformed'],
    ['a missing memory', '\x80\x02h\x07.', 'its pickle is malformed'],
    ['an empty stack', '\x80\x02R.', 'its pickle is malformed'],
  ])('refuses %s', (_, pickle, message) => {
    expect(() => readTorchCheckpoint(zipped(pickle, { 0: float(1, 2, 3) }))).toThrow(message);
  });

  it('refuses compressed entries, missing storages and other files', () => {
    expect(() => readTorchCheckpoint(zipped(checkpoint(tensor()), { 0: new Uint8Array(4000) }, 6))).toThrow('is compressed');
    expect(() => readTorchCheckpoint(zipped(checkpoint(tensor())))).toThrow("its storage '0' is missing");
    expect(() => readTorchCheckpoint(zipSync({ 'readme.txt': latin('x') }, { level: 0 }))).toThrow('holds no data.pkl');
    expect(() => readTorchCheckpoint(latin('GIF89a'))).toThrow('neither the zip format of PyTorch nor the one before');
    expect(() => readTorchCheckpoint(new Uint8Array(0))).toThrow('neither the zip format');
  });

  it('takes names that mean something in JavaScript as names', () => {
    const pickle = checkpoint(tensor()).replace('X\x01\x00\x00\x00w', 'X\x09\x00\x00\x00__proto__');
    expect(Object.keys(readTorchCheckpoint(zipped(pickle, { 0: float(1, 2, 3) })))).toEqual(['__proto__']);
  });

  it('refuses a pickle that is cut short anywhere', () => {
    const whole = checkpoint(tensor());
    for (let length = 0; length < whole.length; length++) expect(() => readTorchCheckpoint(zipped(whole.slice(0, length), { 0: float(1, 2, 3) }))).toThrow(/cut short|malformed/);
  });

  (hasTorch ? describe : describe.skip)('checkpoints that PyTorch saved', () => {
    const program = (options: string) =>
      `torch.manual_seed(1)\nm = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.Linear(3, 2)).double().half().float()\nwith torch.no_grad():\n  m[0].weight.copy_(torch.arange(54.).reshape(3, 2, 3, 3))\ntorch.save(m.state_dict(), path${options})`;

    it.each([['the zip format', ''], ['the format before 1.6', ', _use_new_zipfile_serialization=False']])('reads %s', (name, options) => {
      const parameters = readTorchCheckpoint(saveWithTorch(`${name}.pt`, program(options)));
      expect(Object.entries(parameters).map(([key, { shape }]) => [key, shape])).toEqual([['0.weight', [3, 2, 3, 3]], ['0.bias', [3]], ['1.weight', [2, 3]], ['1.bias', [2]]]);
      expect(parameters['0.weight']!.values).toEqual(Float32Array.from({ length: 54 }, (_, index) => index));
    });

    it('reads views, other element types, parameters and nested state', () => {
      const bytes = saveWithTorch(
        'views.pt',
        "base = torch.arange(12.).reshape(3, 4)\ntorch.save({'state_dict': collections.OrderedDict(t=base.t(), part=base[1:, ::2], half=torch.tensor([0.5, -3.0]).half(), double=torch.tensor(0.1).double(), p=torch.nn.Parameter(torch.ones(2))), 'epoch': 3}, path)",
      );
      expect(readTorchCheckpoint(bytes)).toEqual({
        t: { shape: [4, 3], values: Float32Array.of(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11) },
        part: { shape: [2, 2], values: Float32Array.of(4, 6, 8, 10) },
        half: { shape: [2], values: Float32Array.of(0.5, -3) },
        double: { shape: [], values: Float32Array.of(0.1) },
        p: { shape: [2], values: Float32Array.of(1, 1) },
      });
    });

    it('refuses a pickled model, whose classes would be loaded', () => {
      expect(() => readTorchCheckpoint(saveWithTorch('model.pt', 'torch.save(torch.nn.Linear(1, 1), path)'))).toThrow("it wants to use 'torch.nn.modules.linear.Linear'");
    });

    it.each([['zip', ''], ['older', ', _use_new_zipfile_serialization=False']])('refuses files that are cut short (%s)', (name, options) => {
      const bytes = saveWithTorch(`${name}-whole.pt`, program(options));
      for (const share of [0.1, 0.5, 0.95]) expect(() => readTorchCheckpoint(bytes.subarray(0, Math.floor(bytes.length * share)))).toThrow(/cut short|cannot be read|malformed|reaches beyond|missing/);
    });
  });
});
