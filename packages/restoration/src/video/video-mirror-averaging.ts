import { mirrorMotion, mirrorRows } from '../mirroring.js';
import type { VideoNetworkSessions } from './video-network.js';

/**
 * A network whose sharp frames are the mean of what it makes of frames and of their mirror images
 * (self-ensemble, Timofte et al. 2016, "Seven ways to improve example-based single image super resolution").
 * Flows are not sought again but mirrored.
 */
export function averageWithMirrorImage(sessions: VideoNetworkSessions): VideoNetworkSessions {
  const { width, height } = sessions;
  const image = () => new Float32Array(height * width * 3);
  const flow = () => new Float32Array(height * width * 2);
  const mirrored = { previous: image(), centre: image(), next: image(), toPrevious: flow(), toNext: flow() };
  const [seen, mirroredBack] = [image(), image()];
  return {
    ...sessions,
    async reconstruct(previous, centre, next, toPrevious, toNext) {
      seen.set(await sessions.reconstruct(previous, centre, next, toPrevious, toNext));
      const sharp = await sessions.reconstruct(
        mirrorRows(previous, width, 3, mirrored.previous),
        mirrorRows(centre, width, 3, mirrored.centre),
        mirrorRows(next, width, 3, mirrored.next),
        mirrorMotion(toPrevious, width, mirrored.toPrevious),
        mirrorMotion(toNext, width, mirrored.toNext),
      );
      mirrorRows(sharp, width, 3, mirroredBack);
      for (let i = 0; i < seen.length; i++) seen[i] = (seen[i]! + mirroredBack[i]!) / 2;
      return seen;
    },
  };
}
