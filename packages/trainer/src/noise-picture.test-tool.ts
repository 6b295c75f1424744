import sharp from 'sharp';

/** Writes soft grey noise as PNG: a picture with something to see everywhere. */
export async function writeNoise(file: string, width: number, height: number): Promise<void> {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  await sharp({ create: { width, height, channels: 3, background: 'grey', noise } })
    .blur(2)
    .png()
    .toFile(file);
}
