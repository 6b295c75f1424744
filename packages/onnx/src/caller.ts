const isTensorFlowFrame = (frame: string): boolean => /@tensorflow[\\/]|tfjs-core/.test(frame);

/**
 * The place, outside TensorFlow.js, that called the op a stack was taken in: the first frame behind the
 * TensorFlow.js frames nearest to the top.
 *
 * @returns `file:line:column` with the function's name if known, or a plain "unknown place".
 */
export function findCaller(stack: string | undefined): string {
  const frames = (stack ?? '').split('\n').filter((line) => /:\d+:\d+/.test(line));
  const top = frames.findIndex(isTensorFlowFrame);
  const caller =
    top < 0
      ? undefined
      : frames.slice(top).find((frame) => !isTensorFlowFrame(frame) && !frame.includes('node:internal'));
  return caller?.trim().replace(/^at /, '') ?? 'an unknown place';
}
