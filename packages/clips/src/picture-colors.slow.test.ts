import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ffmpeg, ffprobe, hasFfmpegHere, openClipFolder, passThrough } from './clip-passes.test-tool.js';
import { probeClip, readClip, type ClipFacts, type ReadingChoice } from './index.js';

const { place, remove } = openClipFolder();
afterAll(remove);

/** Colours that are easy to lose to rounding: smooth, and within what ordinary video can hold. */
const scene = "color=black:s=128x96:r=10:d=0.3,format=gbrp,geq=r='40+X':g='200-X/2-Y/2':b='60+Y'";
const accurate = 'flags=accurate_rnd+full_chroma_int+full_chroma_inp+bicubic';
const lossless264 = ['-c:v', 'libx264', '-qp', '0', '-preset', 'ultrafast'];
const hevc10 = ['-c:v', 'libx265', '-x265-params', 'log-level=error:lossless=1', '-tag:v', 'hvc1'];

interface StreamTags {
  pix_fmt: string;
  color_range?: string;
  color_space?: string;
  color_transfer?: string;
  color_primaries?: string;
  sample_aspect_ratio?: string;
  width: number;
  height: number;
}
const tagsOf = (path: string): StreamTags =>
  ffprobe<{ streams: StreamTags[] }>(path, '-select_streams', 'v:0', '-show_streams').streams[0]!;

/** The mean of each plane, in levels of 8 bits. */
function planeMeans(path: string, { pix_fmt: format, width, height }: StreamTags): number[] {
  const bytes = ffmpeg('-i', path, '-map', '0:v:0', '-f', 'rawvideo', '-pix_fmt', format, '-');
  const isDeep = format.includes('10');
  const values = isDeep
    ? new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
    : bytes;
  const frameLength = (width * height * 3) / 2;
  const mean = (from: number, to: number): number => {
    let [sum, count] = [0, 0];
    for (let frame = 0; frame < values.length; frame += frameLength) {
      for (let i = from; i < to; i++) [sum, count] = [sum + values[frame + i]!, count + 1];
    }
    return sum / count / (isDeep ? 4 : 1);
  };
  return [
    mean(0, width * height),
    mean(width * height, width * height * 1.25),
    mean(width * height * 1.25, frameLength),
  ];
}

/** Peak signal-to-noise ratio of a clip's first frame, as its viewer sees it, against pictures. */
async function psnrOfFirstFrame(
  path: string,
  facts: ClipFacts,
  rgb: Buffer,
  choice: ReadingChoice = { hdr: 'keep', deinterlace: true },
): Promise<number> {
  for await (const { data } of readClip(path, facts, choice)) {
    return (
      -10 * Math.log10(data.reduce((sum, value, i) => sum + (value - rgb[i]! / 255) ** 2, 0) / data.length)
    );
  }
  throw new Error('no frame');
}

(hasFfmpegHere ? describe : describe.skip)('colours', () => {
  let sceneAsRgb: Buffer;
  beforeAll(() => {
    sceneAsRgb = ffmpeg(
      ...['-f', 'lavfi', '-i', scene, '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'],
    );
  });

  test.each([
    {
      name: '601-limited',
      matrix: 'smpte170m',
      scale: 'bt601',
      range: 'tv',
      format: 'yuv420p',
      codec: lossless264,
    },
    { name: '709-full', matrix: 'bt709', scale: 'bt709', range: 'pc', format: 'yuv420p', codec: lossless264 },
    {
      name: '709-ten-bits',
      matrix: 'bt709',
      scale: 'bt709',
      range: 'tv',
      format: 'yuv420p10le',
      codec: hevc10,
    },
  ])(
    'of $name are read as they are and change by less than 0.3 level in a pass',
    async ({ name, matrix, scale, range, format, codec }) => {
      const clip = place(`${name}.mp4`);
      ffmpeg(
        '-f',
        'lavfi',
        '-i',
        scene,
        '-vf',
        `scale=out_color_matrix=${scale}:out_range=${range}:${accurate},format=${format}`,
        ...codec,
        '-colorspace',
        matrix,
        '-color_range',
        range,
        clip,
      );
      const facts = await probeClip(clip);
      expect(await psnrOfFirstFrame(clip, facts, sceneAsRgb)).toBeGreaterThan(40);
      const out = place(`${name}-out.mp4`);
      await passThrough(clip, out, undefined, facts);
      const [tags, tagsAfter] = [tagsOf(clip), tagsOf(out)];
      expect(tagsAfter).toMatchObject({
        pix_fmt: tags.pix_fmt,
        color_space: matrix,
        color_range: range,
      });
      const [before, after] = [planeMeans(clip, tags), planeMeans(out, tagsAfter)];
      before.forEach((mean, plane) => expect(Math.abs(after[plane]! - mean)).toBeLessThan(0.3));
    },
  );

  test.each([
    { hdr: 'PQ', transfer: 'smpte2084' },
    { hdr: 'HLG', transfer: 'arib-std-b67' },
  ])(
    'of $hdr are kept at 10 bits with their tags, or become those of an ordinary clip',
    async ({ hdr, transfer }) => {
      const clip = place(`${hdr}.mp4`);
      const toHdr = `format=gbrp16le,zscale=min=gbr:rin=full:pin=bt709:tin=bt709:m=bt2020nc:r=limited:p=bt2020:t=${transfer},format=yuv420p10le`;
      ffmpeg(
        '-f',
        'lavfi',
        '-i',
        scene,
        '-vf',
        toHdr,
        '-c:v',
        'libx265',
        '-x265-params',
        'log-level=error:lossless=1:max-cll=800,300',
        '-tag:v',
        'hvc1',
        clip,
      );
      const facts = await probeClip(clip);
      expect(facts.picture).toMatchObject({
        hdr,
        bitDepth: 10,
        contentLight: { brightestPixelNits: 800, brightestFrameNits: 300 },
      });
      expect(
        await psnrOfFirstFrame(clip, facts, sceneAsRgb, { hdr: 'tonemap', deinterlace: true }),
      ).toBeGreaterThan(30);
      expect(await psnrOfFirstFrame(clip, facts, sceneAsRgb)).toBeLessThan(25);
      const kept = place(`${hdr}-kept.mp4`);
      await passThrough(clip, kept, undefined, facts);
      const tagsAfter = tagsOf(kept);
      expect(tagsAfter).toMatchObject({
        pix_fmt: 'yuv420p10le',
        color_space: 'bt2020nc',
        color_transfer: transfer,
        color_primaries: 'bt2020',
      });
      expect((await probeClip(kept)).picture.contentLight).toEqual({
        brightestPixelNits: 800,
        brightestFrameNits: 300,
      });
      const [before, after] = [planeMeans(clip, tagsOf(clip)), planeMeans(kept, tagsAfter)];
      before.forEach((mean, plane) => expect(Math.abs(after[plane]! - mean)).toBeLessThan(0.3));
      await passThrough(clip, place(`${hdr}-mapped.mp4`), { hdr: 'tonemap', deinterlace: true }, facts);
      expect(tagsOf(place(`${hdr}-mapped.mp4`))).toMatchObject({
        pix_fmt: 'yuv420p',
        color_space: 'bt709',
        color_transfer: 'bt709',
        color_primaries: 'bt709',
      });
    },
  );

  test.each([
    { chroma: '4:4:4', format: 'yuv444p', codec: lossless264 },
    { chroma: '4:2:2', format: 'yuv422p', codec: lossless264 },
    { chroma: '4:2:2', format: 'yuv422p10le', codec: hevc10 },
  ])(
    'sampled as $format stay so in Matroska, and become 4:2:0 in MP4, which is said',
    async ({ chroma, format, codec }) => {
      const clip = place(`${format}.mov`);
      // Rows of different colours, and of the same brightness.
      ffmpeg(
        ...[
          '-f',
          'lavfi',
          '-i',
          "color=black:s=128x96:r=10:d=0.3,format=yuv444p,geq=lum=120:cb='60+mod(Y,2)*130':cr=128",
        ],
        ...['-pix_fmt', format, ...codec, '-colorspace', 'bt709', '-color_range', 'tv', clip],
      );
      const facts = await probeClip(clip);
      expect(facts.picture.chroma).toBe(chroma);
      const kept = place(`${format}-out.mkv`);
      expect(await passThrough(clip, kept, undefined, facts)).toBeUndefined();
      expect(tagsOf(kept).pix_fmt).toBe(format);
      const common = place(`${format}-out.mp4`);
      expect(await passThrough(clip, common, undefined, facts)).toBe(
        `${common} cannot hold everything of the original: its colours (${chroma}) were sampled down to 4:2:0. A name that ends in .mkv holds more`,
      );
      expect(tagsOf(common).pix_fmt).toBe(format.replace(/4[24][24]/, '420'));
      const rowsApart = async (path: string) => {
        for await (const { width, data } of readClip(path, await probeClip(path), {
          hdr: 'keep',
          deinterlace: true,
        })) {
          const blueOf = (row: number) => data[(row * width + 64) * 3 + 2]!;
          return Math.abs(blueOf(40) - blueOf(41));
        }
        return 0;
      };
      const before = await rowsApart(clip);
      expect(before).toBeGreaterThan(0.3);
      expect(await rowsApart(kept)).toBeGreaterThan(0.85 * before);
      expect(await rowsApart(common)).toBeLessThan(0.15 * before);
    },
  );

  test('that are transparent lie on white', async () => {
    const clip = place('alpha.mov');
    ffmpeg(
      '-f',
      'lavfi',
      '-i',
      `${scene},format=gbrap,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='2*X'`,
      '-c:v',
      'png',
      clip,
    );
    const rgba = ffmpeg('-i', clip, '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'rgba', '-');
    const onWhite = Buffer.from(
      Array.from({ length: (rgba.length / 4) * 3 }, (_, i) => {
        const [pixel, channel] = [Math.floor(i / 3), i % 3];
        return 255 - (rgba[pixel * 4 + 3]! / 255) * (255 - rgba[pixel * 4 + channel]!);
      }),
    );
    const facts = await probeClip(clip);
    expect(facts.picture.hasAlpha).toBe(true);
    expect(await psnrOfFirstFrame(clip, facts, onWhite)).toBeGreaterThan(45);
  });
});

(hasFfmpegHere ? describe : describe.skip)('shape', () => {
  test('of pixels is kept, turned with the picture', async () => {
    ffmpeg(
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=128x96:r=10:d=0.3,setsar=32/27',
      '-c:v',
      'libx264',
      place('wide.mp4'),
    );
    ffmpeg('-i', place('wide.mp4'), '-c', 'copy', '-metadata:s:v:0', 'rotate=90', place('turned.mp4'));
    const facts = await probeClip(place('turned.mp4'));
    expect(facts.picture).toMatchObject({ width: 96, height: 128 });
    await passThrough(place('turned.mp4'), place('turned-out.mkv'), undefined, facts);
    expect(tagsOf(place('turned-out.mkv'))).toMatchObject({
      width: 96,
      height: 128,
      sample_aspect_ratio: '27:32',
    });
  });

  test('of interlaced frames becomes progressive, as many as there were', async () => {
    // Every field is grey in another way: lines of a frame are equal only when it is made progressive.
    ffmpeg(
      '-f',
      'lavfi',
      '-i',
      "color=black:s=64x64:r=50:d=0.4,format=gray,geq=lum='16+mod(73*N,200)',format=yuv420p,tinterlace=interleave_top",
      '-c:v',
      'libx264',
      '-qp',
      '0',
      '-flags',
      '+ildct+ilme',
      place('interlaced.mp4'),
    );
    const facts = await probeClip(place('interlaced.mp4'));
    const roughness = async (deinterlace: boolean) => {
      const frames: number[] = [];
      for await (const { width, data } of readClip(place('interlaced.mp4'), facts, {
        hdr: 'keep',
        deinterlace,
      })) {
        frames.push(Math.abs(data[32 * width * 3]! - data[33 * width * 3]!));
      }
      return frames;
    };
    const [combed, progressive] = [await roughness(false), await roughness(true)];
    expect(facts.picture.isInterlaced).toBe(true);
    expect(combed).toHaveLength(10);
    expect(progressive).toHaveLength(10);
    expect(Math.min(...combed)).toBeGreaterThan(0.2);
    expect(Math.max(...progressive.slice(1, -1))).toBeLessThan(0.1);
  });
});
