import { describe, expect, it } from '@jest/globals';
import { playbackRound } from './playback.js';

describe('playbackRound', () => {
  it('plays to and fro without showing an end twice', () => expect(playbackRound(4, 'ping-pong')).toEqual([0, 1, 2, 3, 2, 1]));
  it('plays forward', () => expect(playbackRound(3, 'forward')).toEqual([0, 1, 2]));
  it('plays in reverse', () => expect(playbackRound(3, 'reverse')).toEqual([2, 1, 0]));
});
