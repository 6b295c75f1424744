"""Run with `python3 -m unittest discover packages/trainer/python`, or by the package's tests."""

import unittest

import torch

from unblur_torch.sample_pool import PoolOptions, SamplePool, soften

STORED, CROP, BATCH = 12, 5, 64
MOTION = (3.0, -2.0)


def ramp(shift):
    """A picture [P, P, 3] in 0 to 255 whose red is its column and whose green is its row, moved by `shift` times MOTION."""
    line = torch.arange(STORED, dtype=torch.float32)
    column, row = line.expand(STORED, STORED), line[:, None].expand(STORED, STORED)
    return torch.stack([50 + column - shift * MOTION[0], 50 + row - shift * MOTION[1], torch.full((STORED, STORED), 7.0)], -1).to(torch.uint8)


def filled_pool(**changes):
    pool = SamplePool(PoolOptions(**{"samples": 4, "colour_gain": 0, "noise_sigma": 0, "softness_pixels": 0, **changes}), torch.device("cpu"))
    frames = torch.stack([ramp(-1), ramp(0), ramp(1)])
    pool.add({"blurred": ramp(0)[None], "frames": frames[None], "motionPixels": torch.tensor(MOTION).expand(1, STORED, STORED, 2), "motionKnown": torch.ones(1)})
    return pool


class SamplePoolTest(unittest.TestCase):
    def test_crops_are_mirrored_turned_and_reversed_with_their_motion(self):
        batch = filled_pool().draw(BATCH, CROP, seed=1)
        frames = batch["frames"] * 255
        self.assertEqual(tuple(frames.shape), (BATCH, 3, CROP, CROP, 3))
        torch.testing.assert_close(batch["blurred"], batch["frames"][:, 1])
        # How the stored position (column, row) changes with the crop's column and row.
        by_column = (frames[:, 1, 0, 1, :2] - frames[:, 1, 0, 0, :2]).round()
        by_row = (frames[:, 1, 1, 0, :2] - frames[:, 1, 0, 0, :2]).round()
        seen = set()
        for index in range(BATCH):
            x, y = by_column[index], by_row[index]
            self.assertEqual(sorted(map(abs, x.tolist())), [0, 1])
            self.assertEqual(float(x @ y), 0)
            # The last frame shows at p what the middle one shows at p less the motion.
            motion = batch["motionPixels"][index, 0, 0]
            moved = -(x * motion[0] + y * motion[1])
            torch.testing.assert_close(frames[index, 2, 0, 0, :2] - frames[index, 1, 0, 0, :2], moved, atol=1e-3, rtol=0)
            seen.add((*x.tolist(), *y.tolist(), tuple(motion.tolist())))
        self.assertEqual(len(seen), 16)

    def test_every_crop_lies_within_the_picture_and_all_places_come_up(self):
        middles = filled_pool().draw(400, CROP, seed=2)["blurred"][:, CROP // 2, CROP // 2] * 255 - 50
        places = {(int(column), int(row)) for column, row, _ in middles.round().tolist()}
        allowed = range(CROP // 2, STORED - CROP // 2)
        self.assertEqual(places, {(column, row) for column in allowed for row in allowed})

    def test_a_draw_follows_from_its_seed(self):
        pool = filled_pool(colour_gain=0.1, noise_sigma=0.02)
        torch.testing.assert_close(pool.draw(4, CROP, seed=3), pool.draw(4, CROP, seed=3), rtol=0, atol=0)
        self.assertFalse(torch.equal(pool.draw(4, CROP, seed=3)["blurred"], pool.draw(4, CROP, seed=4)["blurred"]))

    def test_colours_change_alike_in_the_blurred_picture_and_the_frames(self):
        batch = filled_pool(colour_gain=0.1).draw(BATCH, CROP, seed=5)
        torch.testing.assert_close(batch["blurred"], batch["frames"][:, 1])
        gain = batch["frames"][:, 1, 0, 0, 2] * 255 / 7
        self.assertTrue(0.9 <= float(gain.min()) < 0.93 and 1.07 < float(gain.max()) <= 1.1)

    def test_softness_is_a_gaussian_of_each_samples_own_width(self):
        point = torch.zeros(2, 3, 31, 31, 3)
        point[:, :, 15, 15] = 1
        sigma = torch.tensor([1.0, 1.6])
        softened = soften(point, sigma)
        offset = torch.arange(31.0) - 15
        for axis in (2, 3):
            variance = (softened.sum(axis)[..., 0] * offset**2).sum(-1)
            torch.testing.assert_close(variance, sigma[:, None].expand(-1, 3) ** 2, rtol=0.02, atol=0)
        torch.testing.assert_close(softened.sum((2, 3)), torch.ones(2, 3, 3))
        # A plain picture stays as it is up to its edges.
        torch.testing.assert_close(soften(torch.full((1, 9, 9, 3), 0.3), torch.tensor([2.0])), torch.full((1, 9, 9, 3), 0.3))

    def test_the_blurred_picture_and_the_frames_are_alike_soft(self):
        batch = filled_pool(softness_pixels=2).draw(BATCH, CROP, seed=7)
        torch.testing.assert_close(batch["blurred"], batch["frames"][:, 1])

    def test_the_oldest_samples_make_room(self):
        pool = filled_pool(samples=2)
        for brightness in (10, 20):
            plain = torch.full((1, STORED, STORED, 3), brightness, dtype=torch.uint8)
            pool.add({"blurred": plain, "frames": plain[:, None].expand(-1, 3, -1, -1, -1), "motionPixels": torch.zeros(1, STORED, STORED, 2), "motionKnown": torch.zeros(1)})
        self.assertEqual(pool.size, 2)
        batch = pool.draw(BATCH, CROP, seed=6)
        self.assertEqual(set((batch["blurred"] * 255).round().flatten().int().tolist()), {10, 20})
        self.assertEqual(float(batch["motionKnown"].sum()), 0)

    def test_an_empty_pool_and_a_crop_that_is_too_large_are_refused(self):
        with self.assertRaisesRegex(ValueError, "none has come yet"):
            SamplePool(PoolOptions(4, 0, 0, 0), torch.device("cpu")).draw(1, CROP, seed=0)
        with self.assertRaisesRegex(ValueError, "at least 13 pixels"):
            filled_pool().draw(1, 13, seed=0)


if __name__ == "__main__":
    unittest.main()
