import { extname } from 'node:path';
import { UnblurError } from '@unblur/files';
import { keepingTheClock, probeClip, restartsClock, type ClipFacts, type StreamFacts } from './clip-facts.js';
import { planStream, type Container, type StreamPlan } from './containers.js';
import { clipInput, describeWriteFailure, outputFile, startFfmpeg, type FfmpegOptions } from './ffmpeg.js';

/** A file that holds only the new pictures. */
export interface NewPictures {
  path: string;
  beginSeconds: number;
  isHevc: boolean;
}

/** Tags that describe one file and its making, not what it shows; in lower case. */
const tagsOfOneFile = new Set([
  'major_brand',
  'minor_version',
  'compatible_brands',
  'encoder',
  'duration',
  'vendor_id',
  'handler_name',
  'alpha_mode',
  'rotate',
  'service_provider',
  'software',
]);
const isOfOneFile = (tag: string) =>
  tagsOfOneFile.has(tag.toLowerCase()) || /^(_?statistics|bps|number_of_)/i.test(tag);

/**
 * Puts new pictures beside the sound, subtitles, chapters, fonts, title and so on of the original, everything
 * at its own time.
 *
 * @param path the file to write.
 * @param name what messages call it.
 * @returns a line about what the file cannot hold; undefined where it holds everything.
 */
export async function joinStreams(
  path: string,
  name: string,
  container: Container,
  pictures: NewPictures,
  original: { path: string; facts: ClipFacts },
  options: FfmpegOptions,
): Promise<string | undefined> {
  const { facts } = original;
  const plans = facts.others.map((stream) => planStream(stream, container));
  const isMp4 = container.muxer === 'mp4' || container.muxer === 'mov';
  const isRestarted = restartsClock(facts.format);
  const ffmpeg = startFfmpeg(
    [
      ...['-v', 'error', '-nostdin', '-y'],
      ...(isRestarted ? ['-itsoffset', String(pictures.beginSeconds)] : ['-copyts']),
      ...['-i', outputFile(pictures.path), ...clipInput(original.path)],
      ...[
        '-map',
        '0:v:0',
        '-c:0',
        'copy',
        ...tagArguments(facts.picture),
        ...dispositionArguments(0, facts.picture),
      ],
      ...(pictures.isHevc && isMp4 ? ['-tag:0', 'hvc1'] : []),
      ...streamArguments(plans, 1, 1),
      ...[
        '-map_metadata',
        '1',
        '-map_chapters',
        '1',
        '-metadata',
        'major_brand=',
        '-metadata',
        'minor_version=',
        '-metadata',
        'compatible_brands=',
      ],
      ...['-max_muxing_queue_size', '9999', ...container.options],
      // Where phones write where and with what a clip was recorded.
      ...(isMp4 && [...facts.tags.keys()].some((tag) => tag.startsWith('com.'))
        ? ['-movflags', '+faststart+use_metadata_tags']
        : []),
      ...['-f', container.muxer, outputFile(path)],
      ...keepingTheClock(facts, 1),
    ],
    options,
  );
  if ((await ffmpeg.finished) !== 0) {
    throw new UnblurError(describeWriteFailure(ffmpeg.errorLines(), 'write a folder of frames'));
  }
  return describeLosses(name, facts, await probeClip(path, options), plans);
}

/**
 * Tries to write the beginnings of the original's streams to a container, so that what does not fit shows
 * before the work rather than after it.
 *
 * @param path a file to write, useless afterwards.
 * @throws UnblurError when ffmpeg refuses.
 */
export async function expectStreamsFit(
  path: string,
  container: Container,
  original: { path: string; facts: ClipFacts },
  options: FfmpegOptions,
): Promise<void> {
  const streams = streamArguments(
    original.facts.others.map((stream) => planStream(stream, container)),
    0,
    0,
  );
  if (streams.length === 0) return;
  const ffmpeg = startFfmpeg(
    [
      '-v',
      'error',
      '-nostdin',
      '-y',
      ...clipInput(original.path),
      ...streams,
      '-t',
      '0.5',
      ...container.options,
      '-f',
      container.muxer,
      outputFile(path),
    ],
    options,
  );
  if ((await ffmpeg.finished) !== 0) {
    throw new UnblurError(
      `The sound or subtitles of ${original.path} cannot be written (${ffmpeg.errorLines()[0] ?? 'ffmpeg gave no reason'}); choose a name that ends in .mkv, which holds most`,
    );
  }
}

/** The streams that are kept, from one input of ffmpeg, from a place of the output on. */
function streamArguments(plans: StreamPlan[], input: number, firstPosition: number): string[] {
  return plans
    .filter(({ encoder }) => encoder !== undefined)
    .flatMap(({ stream, encoder }, index) => [
      '-map',
      `${input}:${stream.index}`,
      `-c:${firstPosition + index}`,
      encoder!,
      ...dispositionArguments(firstPosition + index, stream),
    ]);
}

/** The language, title, time code and so on of the original's pictures, for those of the new file. */
function tagArguments({ tags }: StreamFacts): string[] {
  return [...tags]
    .filter(([tag]) => !isOfOneFile(tag))
    .flatMap(([tag, value]) => ['-metadata:s:0', `${tag}=${value}`]);
}

/** What a stream is for. ffmpeg would choose default tracks by itself. */
function dispositionArguments(position: number, { dispositions }: StreamFacts): string[] {
  return [`-disposition:${position}`, dispositions.join('+') || '0'];
}

function describeLosses(
  name: string,
  before: ClipFacts,
  after: ClipFacts,
  plans: StreamPlan[],
): string | undefined {
  const heldTags = new Set(
    [...after.tags.keys(), ...after.picture.tags.keys()].map((tag) => tag.toLowerCase()),
  );
  // Chapters and time codes of QuickTime are streams too, which ffmpeg writes anew.
  const isThereAnyway = ({ kind, codec }: StreamFacts) =>
    kind === 'data' &&
    ((codec === 'text' && after.chapters > 0) || (codec === 'tmcd' && heldTags.has('timecode')));
  const leftOut = plans.flatMap(({ stream, encoder }) =>
    encoder !== undefined || isThereAnyway(stream) ? [] : [nameStream(stream)],
  );
  const lostTags = [...before.tags.keys()].filter(
    (tag) => !isOfOneFile(tag) && !heldTags.has(tag.toLowerCase()),
  );
  const lost = [
    ...countEqual(leftOut),
    ...(before.chapters > after.chapters ? ['chapters'] : []),
    ...(lostTags.length > 0
      ? [`${lostTags.length === 1 ? 'the tag' : 'the tags'} ${lostTags.join(', ')}`]
      : []),
    ...before.picture.dynamicMetadata.map((metadata) => `${metadata} metadata`),
  ];
  const converted = plans.flatMap((plan) =>
    plan.encoder !== undefined && plan.convertedTo
      ? [`its sound (${plan.stream.codec}) was converted to ${plan.convertedTo}`]
      : [],
  );
  const isCoarser = after.picture.chroma === '4:2:0' && !/^4:[02]:0$/.test(before.picture.chroma);
  const parts = [
    ...(lost.length > 0 ? [`${lost.join(', ')} left out`] : []),
    ...new Set(converted),
    ...(isCoarser ? [`its colours (${before.picture.chroma}) were sampled down to 4:2:0`] : []),
  ];
  if (parts.length === 0) return undefined;
  return `${name} cannot hold everything of the original: ${parts.join('; ')}${extname(name).toLowerCase() === '.mkv' ? '' : '. A name that ends in .mkv holds more'}`;
}

function nameStream({ kind, codec, dispositions, tags }: StreamFacts): string {
  if (kind === 'attachment') return `an attachment (${tags.get('filename') ?? codec})`;
  if (kind === 'video') {
    return dispositions.includes('attached_pic') ? 'its cover' : `further pictures (${codec})`;
  }
  return `${{ audio: 'sound', subtitle: 'subtitles', data: 'data' }[kind]} (${codec})`;
}

/** `data (mebx)` three times as `3 x data (mebx)`. */
function countEqual(names: string[]): string[] {
  return [...new Set(names)].map((name) => {
    const count = names.filter((other) => other === name).length;
    return count === 1 ? name : `${count} x ${name}`;
  });
}
