/**
 * Which of the restored frames to keep so that `wanted` of them are evenly spaced in time, the first, middle and last among them.
 *
 * @param available odd number of frames that the network restores
 * @param wanted odd number of frames, 3 or more
 * @returns indices in time order
 * @throws RangeError that lists the numbers that are possible
 */
export function selectFrames(available: number, wanted: number): number[] {
  const possible = possibleFrameCounts(available);
  if (!possible.includes(wanted)) {
    throw new RangeError(`These weights restore ${available} frames, of which ${possible.join(' or ')} can be kept evenly spaced, but --frames asks for ${wanted}.`);
  }
  const step = (available - 1) / (wanted - 1);
  return Array.from({ length: wanted }, (_, index) => index * step);
}

function possibleFrameCounts(available: number): number[] {
  const counts: number[] = [];
  for (let count = 3; count <= available; count += 2) {
    if ((available - 1) % (count - 1) === 0) counts.push(count);
  }
  return counts;
}
