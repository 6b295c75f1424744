import { join } from 'node:path';
import {
  createRandom,
  createResponse,
  createViewfinder,
  defaultAugmentation,
  levelFor,
  listPanoramas,
  loadPanorama,
  matrixOf,
  openSensor,
  orientationsBetween,
  planRotationalBlur,
  resolvePanoramaOptions,
  ShardWriter,
  synthesizeRotationalBlur,
} from '@unblur/datasets';

/**
 * What a core makes: samples of one blurred picture and its frames, from decoding the panorama to the bytes
 * in a shard, in processor time, and how it is spent. Each stage is the library's own.
 *
 * @param {string} folder where the shard may go
 * @param samplesPerPanorama how often a decoded panorama is looked into
 * @returns milliseconds per sample by stage
 */
export async function measureSampleStages({
  panoramaFolder,
  folder,
  panoramas,
  samplesPerPanorama,
  sizePixels,
  frames,
}) {
  const options = resolvePanoramaOptions({ sizePixels, frames, augmentation: defaultAugmentation });
  const paths = listPanoramas(panoramaFolder).slice(0, panoramas);
  const count = paths.length * samplesPerPanorama;
  const writer = await ShardWriter.create(
    join(folder, 'stages.safetensors'),
    count,
    { sizePixels, frames },
    { rotationDegrees: true, flowsPixels: false },
  );
  const response = createResponse((value) => value);
  const stages = { decode: 0, projection: 0, averaging: 0, encode: 0 };
  let [rendered, index] = [0, 0];
  for (const path of paths) {
    let panorama;
    stages.decode += await processorMilliseconds(async () => (panorama = await loadPanorama(path)));
    for (let sample = 0; sample < samplesPerPanorama; sample++, index++) {
      const plan = planRotationalBlur(createRandom(1, index), panorama.levels[0].width, index, options);
      const whole = await processorMilliseconds(() => synthesizeRotationalBlur(panorama, plan, options));
      // The renders of the same sample again, alone; what the whole took beyond them is drawing, summing,
      // colours and noise.
      const projection = await processorMilliseconds(() => {
        const sensor = openSensor(
          levelFor(panorama, plan.camera.focalPixels),
          createViewfinder(plan.camera),
          response,
          1,
        );
        for (const orientation of orientationsBetween(plan.first, plan.last, plan.renderedFrames)) {
          sensor.expose(0, matrixOf(orientation));
        }
      });
      stages.projection += projection;
      stages.averaging += whole - projection;
      const { blurred, frames: latent, rotationDegrees } = synthesizeRotationalBlur(panorama, plan, options);
      stages.encode += await processorMilliseconds(() =>
        writer.add({ blurred: toBytes([blurred]), frames: toBytes(latent), rotationDegrees }),
      );
      rendered += plan.renderedFrames;
    }
  }
  stages.encode += await processorMilliseconds(() => writer.finish());
  return {
    stages: Object.fromEntries(
      Object.entries(stages).map(([stage, milliseconds]) => [stage, milliseconds / count]),
    ),
    renderedFrames: rendered / count,
  };
}

function toBytes(images) {
  const bytes = new Uint8ClampedArray(images.length * images[0].data.length);
  for (const [index, { data }] of images.entries()) {
    for (let i = 0; i < data.length; i++) bytes[index * data.length + i] = data[i] * 255;
  }
  return new Uint8Array(bytes.buffer);
}

async function processorMilliseconds(run) {
  const start = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
