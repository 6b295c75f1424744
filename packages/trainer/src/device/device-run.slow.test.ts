import { beforeAll, describe, expect, test } from '@jest/globals';
import '@tensorflow/tfjs';
import { photoFamily, readSafetensors } from '@unblur/core-model';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import sharp from 'sharp';
import { readMetrics } from '../loop/metrics-log.js';
import type { StepRow } from '../loop/metrics-log.js';
import { scheduleFactor } from '../loop/schedule.js';
import { loadRun } from '../systems/load-run.js';
import { narrowPaper } from '../systems/paper/narrow-paper-task.test-tool.js';
import { narrowVideoDeblurRun } from '../systems/video-deblur/narrow-video-deblur-task.test-tool.js';
import { findTorch, programFolder, torchEnvironment } from '../engines/torch/torch-program.js';
import { train } from '../train.js';
import { packRun } from './archive.js';
import { collectRun } from './results.js';
import { newFolder } from '../new-folder.test-tool.js';

const longMilliseconds = 300_000;
const python = findTorch()?.python;
if (!python) {
  console.warn('Skipped training on samples made on the device: there is no Python with torch and numpy.');
}
const describeWithTorch = python ? describe : describe.skip;

const folder = newFolder();
const at = (...parts: string[]) => join(folder, ...parts);

const photo = `
network: { preset: photo, channels: [8, 8, 8, 8], encoderBlocks: [1, 1, 1], bottleneckBlocks: 1, decoderBlocks: [1, 1, 1], trajectoryChannels: 8, trajectoryBlocks: 1, frameChannels: 8, frameBlocks: 1 }
engine: torch
synthesis: device
data:
  sizePixels: 32
  sources:
    - { kind: panorama, folder: pictures, angleDegrees: [0.5, 6], stillCameraShare: 0.3, objects: [0, 2], objectShapes: { person: 1, pole: 1 } }
    - { kind: layers, folder: pictures }
    - { kind: video, folder: clips, weight: 0.3 }
    - { kind: pairs, folder: pairs, weight: 0.3 }
frames: 7
steps: 24
batchSize: 4
device: { samples: 32, sizePixels: 48, firstSamples: 8, madeAtOnce: 4, framesPerStep: 5, crops: [{ share: 0.5, sizePixels: 32, batchSize: 4 }, { share: 0.5, sizePixels: 48, batchSize: 2 }] }
loss: { canonicalShare: 0.3, motion: 0.3 }
optimizer: { learningRate: 0.003, clipNorm: 1 }
schedule: { kind: cosine, warmupSteps: 2 }
emaDecay: 0.8
validation: { panoramas: pictures, count: 2, sizePixels: 32, everySteps: 12, angleDegrees: [2, 4] }
checkpointEverySteps: 8
seed: 3
threads: 1
`;

/** Runs of the other networks, narrow. */
const others: Record<string, string> = {
  paper: `
system: paper
network: ${JSON.stringify(narrowPaper)}
data: { sizePixels: 32, sources: [{ kind: panorama, folder: pictures, eulerDegrees: 4 }] }
steps: 2
optimizer: { learningRate: 0.0001 }
validation: { panoramas: pictures, count: 1, sizePixels: 32 }
device: { samples: 4, sizePixels: 32, firstSamples: 2, madeAtOnce: 2 }
batchSize: 1
`,
  'frame-extraction': `
system: frame-extraction
network: { preset: small, frames: 3 }
data: { sizePixels: 32, sources: [{ kind: video, folder: clips }] }
stageSteps: [2, 2]
validation: { panoramas: pictures, count: 1, sizePixels: 32 }
device: { samples: 4, sizePixels: 32, firstSamples: 2, madeAtOnce: 2 }
batchSize: 2
`,
  'video-deblur': `
system: video-deblur
network: ${JSON.stringify({ ...narrowVideoDeblurRun, stages: 1 })}
data:
  sizePixels: 32
  sources: [{ folder: clips, exposureFrames: [3, 3], strideFrames: [1, 1] }, { kind: panorama, folder: pictures, angleDegrees: [0.5, 2], shutterShare: [0.5, 1] }]
steps: 2
validation: { folder: clips, count: 1, sizePixels: 32, exposureFrames: [3, 3], strideFrames: [1, 1] }
device: { samples: 4, sizePixels: 32, firstSamples: 2, madeAtOnce: 1 }
batchSize: 1
`,
};

/** Waves that differ from picture to picture, or that move. */
async function drawWaves(file: string, width: number, height: number, phase: number): Promise<void> {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, place) => {
    const [x, y] = [Math.floor(place / 3) % width, Math.floor(place / 3 / width)];
    return 128 + 60 * Math.sin((x + phase) / 5 + (place % 3)) + 50 * Math.sin(y / 4 + x / 23);
  });
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(file);
}

beforeAll(async () => {
  for (const sub of ['pictures', 'clips/waves', 'pairs/gt', 'pairs/blur']) {
    mkdirSync(at(sub), { recursive: true });
  }
  for (const index of [0, 1]) await drawWaves(at('pictures', `${index}.png`), 512, 256, 7 * index);
  for (let index = 0; index < 16; index++) {
    await drawWaves(at('clips', 'waves', `${String(index).padStart(3, '0')}.png`), 160, 136, 0.7 * index);
  }
  for (const side of ['gt', 'blur']) {
    for (const index of [0, 1]) {
      await drawWaves(at('pairs', side, `${index}.png`), 64, 64, index + (side === 'gt' ? 0 : 1));
    }
  }
  writeFileSync(at('photo.yaml'), photo);
  for (const [name, lines] of Object.entries(others)) {
    writeFileSync(at(`${name}.yaml`), `engine: torch\nsynthesis: device\nthreads: 1\n${lines}`);
  }
});

const lossesOf = (runFolder: string) =>
  readMetrics(join(runFolder, 'metrics.jsonl'))
    .filter((row): row is StepRow => row.kind === 'step')
    .map(({ loss }) => loss['total']!);

const lastRowOf = (log: Buffer) =>
  JSON.parse(log.toString().trimEnd().split('\n').at(-1)!) as { step: number };

describeWithTorch('a run whose samples are made on the device', () => {
  test(
    'packed, trains where there is nothing but Python, without a network; its results are taken in',
    async () => {
      const archive = at('packed');
      await packRun(at('photo.yaml'), archive, { maxMib: 4, partMib: 1 });
      // Elsewhere, under a path with a space, and with nothing in the environment.
      cpSync(archive, at('other machine', 'run'), { recursive: true });
      const cutOff = spawnSync('unshare', ['-rn', 'true']).status === 0 ? ['unshare', '-rn'] : [];
      const start = (...more: string[]) => {
        const [command, ...rest] = [
          ...cutOff,
          at('other machine', 'run', 'start.sh'),
          at('other machine', 'out'),
          ...more,
        ] as [string, ...string[]];
        return spawnSync(command, rest, {
          encoding: 'utf8',
          cwd: '/',
          env: { PATH: '/usr/bin:/bin', PYTHON: python! },
        });
      };
      const trial = start('--trial', '--minutes', '0.02');
      expect(trial.stderr).toContain(join(at('other machine', 'out'), 'trial', 'results'));
      expect(trial.status).toBe(0);
      // A trial is not what is gone on with.
      const { status, stderr } = start();
      expect(stderr).toContain('24 steps, 100 % of the run');
      expect(status).toBe(0);

      const results = at('other machine', 'out', 'results');
      expect(readdirSync(results).sort()).toEqual([
        'best-0.part',
        'metrics.jsonl',
        'run.yaml',
        'samples.png',
        'weights-0.part',
      ]);
      const pretended = spawnSync(
        python!,
        [join(programFolder, 'pretended_gpu_test_tool.py'), archive, at('on a pretended GPU')],
        { encoding: 'utf8', env: torchEnvironment(1) },
      );
      expect(pretended.stderr).toContain('on a pretended GPU, of whose memory at most');
      expect(pretended.stderr).toContain('24 steps, 100 % of the run');
      expect(pretended.status).toBe(0);
      // Steps that are not looked at wait for nothing; nor do samples, but when a video is first used.
      expect(pretended.stderr).not.toMatch(
        / (sample_pool|sample_stream|batches|adam|synthesis\/(?!pictures|image_bank|video_source)\w+)\.py:/,
      );

      // Where the packed run is brought back, its pictures may be gone.
      const { step, runFolder, hasChanged } = await collectRun(at('photo.yaml'), results, at('collected'), {
        validation: { panoramas: 'gone' },
      });
      expect(step).toBe(24);
      expect(hasChanged).toBe(false);
      for (const name of ['weights.safetensors', 'best.safetensors']) {
        expect(photoFamily.readWeights(readFileSync(join(runFolder, name))).config.channels).toEqual([
          8, 8, 8, 8,
        ]);
      }
      const losses = lossesOf(runFolder);
      expect(losses).toHaveLength(24);
      expect(losses.slice(-6).reduce((a, b) => a + b)).toBeLessThan(
        losses.slice(0, 6).reduce((a, b) => a + b),
      );
      expect(
        readMetrics(join(runFolder, 'metrics.jsonl'))
          .filter(({ kind }) => kind === 'validation')
          .map((row) => row.step),
      ).toEqual([12, 24]);
      expect(readdirSync(runFolder).some((name) => name.startsWith('events.out.tfevents'))).toBe(true);
      expect(readFileSync(join(runFolder, 'report.html'), 'utf8')).toContain('validation PSNR');
      await expect(sharp(join(runFolder, 'samples', 'step-0000024.png')).metadata()).resolves.toMatchObject({
        width: 7 * 36 - 4,
        height: 6 * 36 - 4,
      });

      await expect(collectRun(at('photo.yaml'), results, runFolder)).rejects.toThrow(
        'holds one; choose another with --out',
      );
      const collected = readFileSync(join(runFolder, 'weights.safetensors'));
      await expect(train(at('photo.yaml'), { out: runFolder })).rejects.toThrow(
        'no checkpoint to continue from',
      );
      await expect(train(at('photo.yaml'), { out: runFolder, resume: true })).rejects.toThrow(
        'Expected a checkpoint to resume from',
      );
      expect(readFileSync(join(runFolder, 'weights.safetensors'))).toEqual(collected);

      // What was trained counts, not what the run file says now.
      writeFileSync(at('changed.yaml'), photo.replace('steps: 24', 'steps: 9999'));
      const changed = await collectRun(at('changed.yaml'), results, at('collected-changed'));
      expect(changed.hasChanged).toBe(true);
      expect(loadRun(join(changed.runFolder, 'run.yaml')).config).toMatchObject({ steps: 24 });
      await expect(collectRun(at('frame-extraction.yaml'), results, at('elsewhere'))).rejects.toThrow(
        "of the run file's network",
      );
      const bytes = readFileSync(join(results, 'weights-0.part'));
      bytes[bytes.length - 1]! ^= 1;
      writeFileSync(join(results, 'weights-0.part'), bytes);
      await expect(collectRun(at('photo.yaml'), results, at('elsewhere'))).rejects.toThrow(
        'do not belong together, or one is damaged',
      );
      expect(existsSync(at('elsewhere', 'weights.safetensors'))).toBe(false);

      rmSync(at('other machine', 'run', 'validation.safetensors'));
      const broken = start();
      expect(broken.status).toBe(1);
      expect(broken.stderr).toContain(
        'validation.safetensors is missing; copy all its files into one folder.',
      );
      expect(broken.stderr).not.toContain('Traceback');
    },
    longMilliseconds,
  );

  test(
    'goes on where it was, here as elsewhere',
    async () => {
      const half = await train(at('photo.yaml'), { out: at('run'), changes: { steps: 8 } });
      expect(half).toMatchObject({ step: 8, interrupted: false });
      await expect(train(at('photo.yaml'), { out: at('run') })).rejects.toThrow(
        'holds a checkpoint; continue from it (--resume)',
      );
      const { metadata } = readSafetensors(readFileSync(at('run', 'checkpoint.safetensors')));
      const progress = JSON.parse(metadata['unblur.checkpoint']!) as { step: number; done: number };
      expect(progress).toMatchObject({ step: 8, done: 1 });
      const goOn = (steps: number, signal?: AbortSignal) =>
        train(at('photo.yaml'), { out: at('run'), resume: true, changes: { steps }, signal });
      const stepsIn = (...log: string[]) =>
        existsSync(at('run', ...log))
          ? readMetrics(at('run', ...log)).filter(({ kind }) => kind === 'step').length
          : 0;
      const stop = new AbortController();
      const watch = setInterval(() => {
        if (stepsIn('results', 'metrics.jsonl') > 9) stop.abort();
      }, 10);
      const stopped = await goOn(100_000, stop.signal).finally(() => clearInterval(watch));
      expect(stopped).toMatchObject({ step: stepsIn('metrics.jsonl'), interrupted: true });
      const last = stopped.step + 2;
      expect(await goOn(last)).toMatchObject({ step: last, interrupted: false });
      expect(
        readMetrics(at('run', 'metrics.jsonl'))
          .filter(({ kind }) => kind === 'step')
          .map((row) => row.step),
      ).toEqual(Array.from({ length: last }, (_, index) => index + 1));
    },
    longMilliseconds,
  );

  const programStarts = () => existsSync(at('run', 'results'));
  /** Aborts as soon as it is time. @returns what ends the watch. */
  const watchFor = (isTime: () => boolean) => (stop: AbortController) => {
    const watch = setInterval(() => isTime() && stop.abort(), 1);
    return () => clearInterval(watch);
  };
  /** Aborts just before the program is told of it. */
  const abortUnheard = (stop: AbortController) => {
    const { signal } = stop;
    const listen = signal.addEventListener.bind(signal);
    signal.addEventListener = (...event: Parameters<typeof listen>) => {
      if (programStarts()) stop.abort();
      listen(...event);
    };
    return () => undefined;
  };

  test.each([
    ['while it is planned', watchFor(() => true)],
    ['while its program starts', watchFor(programStarts)],
    ['just before its program listens', abortUnheard],
  ])(
    'stops at once where it is interrupted %s, and leaves the run as it was',
    async (_, interrupt) => {
      const files = () => readdirSync(at('run'), { recursive: true, encoding: 'utf8' }).sort();
      const before = { files: files(), log: readFileSync(at('run', 'metrics.jsonl')) };
      const { step } = lastRowOf(before.log);
      const stop = new AbortController();
      let endWatch = () => {};
      const stopped = await train(at('photo.yaml'), {
        out: at('run'),
        resume: true,
        changes: { steps: step + 4 },
        signal: stop.signal,
        onStart: () => void (endWatch = interrupt(stop)),
      }).finally(() => endWatch());
      expect(stopped).toMatchObject({ step, interrupted: true });
      expect({ files: files(), log: readFileSync(at('run', 'metrics.jsonl')) }).toEqual(before);
    },
    longMilliseconds,
  );

  test(
    'leaves the run as it was where its program fails before the first step',
    async () => {
      cpSync(at('pictures'), at('damaged'), { recursive: true });
      writeFileSync(at('damaged', '2.png'), 'no picture');
      const files = () => readdirSync(at('run'), { recursive: true, encoding: 'utf8' }).sort();
      const before = { files: files(), log: readFileSync(at('run', 'metrics.jsonl')) };
      await expect(
        train(at('photo.yaml'), {
          out: at('run'),
          resume: true,
          changes: {
            steps: lastRowOf(before.log).step + 4,
            data: { sources: [{ kind: 'layers', folder: 'damaged' }] },
          },
        }),
      ).rejects.toThrow('ended early');
      expect({ files: files(), log: readFileSync(at('run', 'metrics.jsonl')) }).toEqual(before);
    },
    longMilliseconds,
  );

  test(
    'by minutes, ends on time, and schedules follow the clock',
    async () => {
      const startedAt = performance.now();
      const { step } = await train(at('photo.yaml'), { out: at('minutes'), minutes: 0.05 });
      const seconds = (performance.now() - startedAt) / 1000;
      expect(step).toBeGreaterThan(0);
      expect(seconds).toBeGreaterThan(2.5);
      const rows = readMetrics(at('minutes', 'metrics.jsonl')).filter(
        (row): row is StepRow & { done: number } => row.kind === 'step',
      );
      expect(rows).toHaveLength(step);
      expect(rows.at(-1)!.done).toBe(1);
      // However many steps the machine takes, each has the rate of the share of the time that was behind it.
      rows.forEach(({ learningRate }, index) => {
        const stepOfSchedule = Math.max(1, (rows[index - 1]?.done ?? 0) * 24);
        const expected =
          0.003 * scheduleFactor({ kind: 'cosine', warmupSteps: 2, finalShare: 0.01 }, stepOfSchedule, 24);
        expect(Math.abs(learningRate - expected)).toBeLessThan(0.1 * 0.003);
      });
    },
    longMilliseconds,
  );

  describe('in several processes', () => {
    /** The packed run, in a process group of its own. */
    const start = (out: string, options: string[], environment: NodeJS.ProcessEnv = torchEnvironment(1)) => {
      const program = spawn(at('for two', 'start.sh'), [at(out), '--processes', '2', ...options], {
        stdio: 'pipe',
        env: { ...environment, PYTHON: python! },
        detached: true,
      });
      const told = text(program.stderr);
      const ended = once(program, 'close');
      /** Whose row is printed. @throws with what the program says if it ends before. */
      const firstStep = async () => {
        const row: unknown = await Promise.race([once(program.stdout, 'data'), ended.then(() => undefined)]);
        if (row === undefined) throw new Error(`Expected a first step but the program said: ${await told}`);
      };
      program.stdout.resume();
      return { program, told, ended, firstStep };
    };
    const log = () => readMetrics(at('run of two', 'results', 'metrics.jsonl'));

    beforeAll(() => packRun(at('photo.yaml'), at('for two'), { maxMib: 4, partMib: 1 }), longMilliseconds);

    test(
      'stops in all of them after a step when it is interrupted, and goes on',
      async () => {
        const { program, told, ended, firstStep } = start('run of two', ['--minutes', '10']);
        await firstStep();
        // Ctrl-C in a terminal reaches the whole group; what has started the first process may tell it too.
        process.kill(-program.pid!, 'SIGINT');
        program.kill('SIGINT');
        expect([await told, await ended]).toEqual([
          expect.stringMatching(/\d+ steps, \d+ % of the run/),
          [0, null],
        ]);
        const steps = log().at(-1)!.step;
        expect(steps).toBeGreaterThan(0);

        const goesOn = start('run of two', ['--minutes', '0.05']);
        expect([await goesOn.told, await goesOn.ended]).toEqual([
          expect.stringContaining('100 % of the run'),
          [0, null],
        ]);
        expect(log().at(-1)!.step).toBeGreaterThan(steps);
      },
      longMilliseconds,
    );

    test(
      'ends with the process that has started it',
      async () => {
        const { program, ended, firstStep } = start('left run', ['--minutes', '10', '--end-with-input']);
        await firstStep();
        program.stdin.destroy();
        expect(await ended).toEqual([null, 'SIGKILL']);
      },
      longMilliseconds,
    );

    test(
      'says in a line what is wrong, and nothing when it is interrupted while it loads',
      async () => {
        const wrong = start('wrong run', ['--minutes', '0']);
        expect([await wrong.told, await wrong.ended]).toEqual([
          'unblur: Expected minutes above 0 but received 0.0.\n',
          [1, null],
        ]);
        // A torch that never ends loading.
        mkdirSync(at('slow', 'torch'), { recursive: true });
        writeFileSync(
          at('slow', 'torch', '__init__.py'),
          "import time\nprint('loading', flush=True)\ntime.sleep(600)\n",
        );
        const early = start('early run', [], { ...process.env, PYTHONPATH: at('slow') });
        await early.firstStep();
        process.kill(-early.program.pid!, 'SIGINT');
        expect([await early.told, await early.ended]).toEqual(['', [null, 'SIGINT']]);
      },
      longMilliseconds,
    );
  });

  test(
    'goes back to its last good weights when the loss is not finite',
    async () => {
      await expect(
        train(at('photo.yaml'), {
          out: at('wild'),
          changes: { optimizer: { learningRate: 1e30, clipNorm: null } },
        }),
      ).rejects.toThrow('ended early');
      const rows = readMetrics(at('wild', 'results', 'metrics.jsonl'));
      const setbacks = rows.filter(({ kind }) => kind === 'setback');
      expect(setbacks.length).toBeGreaterThan(1);
      expect(setbacks.map((row) => 'rateFactor' in row && row.rateFactor)[0]).toBeCloseTo(0.6, 6);
    },
    longMilliseconds,
  );

  test.each(Object.keys(others))(
    'trains %s',
    async (name) => {
      const { step } = await train(at(`${name}.yaml`), { out: at(`run-${name}`) });
      expect(step).toBe(name === 'frame-extraction' ? 4 : 2);
      const { definition, config } = loadRun(at(`${name}.yaml`));
      const system = definition.open(config);
      const { tensors } = readSafetensors(readFileSync(at(`run-${name}`, 'weights.safetensors')));
      const start = system.startingWeights();
      const moved = Object.keys(tensors).filter((weight) =>
        tensors[weight]!.values.some(
          (value, index) =>
            Math.abs(value - start[weight]!.values[index]!) >
            2e-3 * Math.abs(start[weight]!.values[index]!) + 1e-6,
        ),
      );
      expect(moved.length).toBeGreaterThan(Object.keys(tensors).length / 4);
    },
    longMilliseconds,
  );
});
