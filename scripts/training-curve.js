// Draws docs/pictures/photo-7-small-curve.svg: how validation went over all parts of the shipped weights' training, from training/logs.
import { readFileSync, writeFileSync } from 'node:fs';
import { lineChart } from '@unblur/trainer';

const logs = new URL('../training/logs/', import.meta.url);
const picture = new URL('../docs/pictures/photo-7-small-curve.svg', import.meta.url);

/** Parts in order, with the samples of a step. Where a part was begun again its steps count from 0 once more. */
const parts = [
  { log: 'photo-7-small-1-middle', batchSize: 8 },
  { log: 'photo-7-small-2-and-3', batchSize: 8 },
  { log: 'photo-7-small-4-frames', batchSize: 4 },
  { log: 'photo-7-small-5-middle', batchSize: 8 },
  { log: 'photo-7-small-6-frames', batchSize: 4 },
  { log: 'photo-7-small-7-reblur', batchSize: 8 },
  { log: 'photo-7-small-8-video', batchSize: 6 },
  { log: 'photo-7-small-9-still', batchSize: 6 },
  { log: 'photo-7-small-10-soft', batchSize: 6 },
  { log: 'photo-7-small-11-more-video', batchSize: 6 },
  { log: 'photo-7-small-13-together', batchSize: 6 },
  { log: 'photo-7-small-14-longer', batchSize: 6 },
  { log: 'photo-7-small-15-annealed', batchSize: 6 },
  { log: 'photo-7-small-16-larger-crops', batchSize: 4 },
];
const positions = ['first', 'middle', 'last', 'mean'];

/** The validations of all parts, by thousands of samples seen. */
function* validations() {
  let [seen, step] = [0, 0];
  for (const { log, batchSize } of parts) {
    for (const line of readFileSync(new URL(`${log}.jsonl`, logs), 'utf8').trim().split('\n')) {
      const row = JSON.parse(line);
      if (row.step < step) step = 0;
      seen += (row.step - step) * batchSize;
      step = row.step;
      if (row.kind === 'validation') yield { thousands: seen / 1000, gain: row.gain };
    }
    step = 0;
  }
}

const rows = [...validations()];
const series = positions.map((name) => ({ name, points: rows.map(({ thousands, gain }) => [thousands, gain[name]]) }));
const chart = lineChart(series, { title: 'Gain over the blurred photograph, 13 crops (dB)', xLabel: 'thousands of samples' });
writeFileSync(picture, `${chart.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="12" style="background:#fff" ')}\n`);
console.log(`${rows.length} validations, ${rows.at(-1).thousands} thousand samples -> ${picture.pathname}`);
