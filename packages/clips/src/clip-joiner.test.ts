import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ffmpeg, ffprobe, hasFfmpegHere, openClipFolder, passThrough } from './clip-passes.test-tool.js';

const { place, remove } = openClipFolder();
afterAll(remove);

interface Probed {
  streams: {
    codec_name?: string;
    codec_type: string;
    disposition: Record<string, number>;
    tags?: Record<string, string>;
  }[];
  chapters: { tags: { title: string } }[];
  format: { tags: Record<string, string> };
}
const probe = (path: string) => ffprobe<Probed>(path, '-show_streams', '-show_chapters', '-show_format');

(hasFfmpegHere ? describe : describe.skip)('beside the pictures', () => {
  beforeAll(() => {
    writeFileSync(place('words.srt'), '1\n00:00:00,000 --> 00:00:00,200\nGood morning\n');
    writeFileSync(
      place('chapters.txt'),
      ';FFMETADATA1\ntitle=Holiday: "1=2"\ndate=2021-05-06\nDIRECTOR=Me\ncreation_time=2021-05-06T07:08:09Z\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=200\ntitle=one\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=200\nEND=400\ntitle=two\n',
    );
    writeFileSync(place('font.ttf'), 'a font');
    ffmpeg(
      ...[
        '-f',
        'lavfi',
        '-i',
        'testsrc2=s=64x48:r=10:d=0.4',
        '-f',
        'lavfi',
        '-i',
        'sine=d=0.4',
        '-i',
        place('words.srt'),
        '-i',
        place('chapters.txt'),
      ],
      ...[
        '-map',
        '0',
        '-map',
        '1',
        '-map',
        '1',
        '-map',
        '2',
        '-map_metadata',
        '3',
        '-map_chapters',
        '3',
        '-c:v',
        'libx264',
        '-c:a:0',
        'aac',
        '-c:a:1',
        'flac',
        '-c:s',
        'srt',
      ],
      ...[
        '-metadata:s:a:0',
        'language=deu',
        '-metadata:s:a:1',
        'language=fra',
        '-metadata:s:a:1',
        'title=Commentary',
        '-disposition:a:0',
        '0',
        '-disposition:a:1',
        'default+comment',
        '-disposition:s:0',
        'forced',
      ],
      ...['-attach', place('font.ttf'), '-metadata:s:t', 'mimetype=font/ttf', place('rich.mkv')],
    );
  });

  test('Matroska keeps everything', async () => {
    expect(await passThrough(place('rich.mkv'), place('kept.mkv'))).toBeUndefined();
    const [before, after] = [probe(place('rich.mkv')), probe(place('kept.mkv'))];
    const facts = ({
      codec_name: codec,
      codec_type: type,
      disposition,
      tags = {},
    }: Probed['streams'][number]) => ({
      codec,
      type,
      disposition,
      language: tags.language,
      title: tags.title,
      font: tags.filename,
    });
    expect(after.streams.map(facts)).toEqual(before.streams.map(facts));
    expect(after.chapters.map(({ tags }) => tags.title)).toEqual(['one', 'two']);
    expect(after.format.tags).toMatchObject({ title: 'Holiday: "1=2"', DATE: '2021-05-06', DIRECTOR: 'Me' });
  });

  test('MP4 names what it cannot hold, once', async () => {
    const loss = await passThrough(place('rich.mkv'), place('less.mp4'));
    expect(loss).toBe(
      `${place('less.mp4')} cannot hold everything of the original: an attachment (font.ttf), the tag DIRECTOR left out. A name that ends in .mkv holds more`,
    );
    const { streams, chapters, format } = probe(place('less.mp4'));
    expect(streams.map(({ codec_name: codec }) => codec).slice(0, 4)).toEqual([
      'h264',
      'aac',
      'flac',
      'mov_text',
    ]);
    expect(streams.slice(1, 3).map(({ disposition, tags }) => [tags?.language, disposition.default])).toEqual(
      [
        ['deu', 0],
        ['fra', 1],
      ],
    );
    expect(chapters.map(({ tags }) => tags.title)).toEqual(['one', 'two']);
    expect(format.tags).toMatchObject({
      title: 'Holiday: "1=2"',
      date: '2021-05-06',
      creation_time: '2021-05-06T07:08:09.000000Z',
    });
  });

  test('sound that WebM does not take is converted, and said', async () => {
    const loss = await passThrough(place('rich.mkv'), place('less.webm'));
    expect(loss).toContain('its sound (aac) was converted to Opus; its sound (flac) was converted to Opus');
    expect(probe(place('less.webm')).streams.map(({ codec_name: codec }) => codec)).toEqual([
      'vp9',
      'opus',
      'opus',
      'webvtt',
    ]);
  });
});
