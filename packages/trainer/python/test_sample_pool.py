"""Run with `python3 -m unittest discover packages/trainer/python`, or by the package's tests."""

import unittest

import torch

from unblur_torch.batches import BatchMaker, choose_frames
from unblur_torch.sample_pool import Crop, PoolOptions, SamplePool, between_blocks, soften
from unblur_torch.synthesis import Samples

STORED, SIZE, BATCH = 24, 8, 96
MOTION = (3.0, -2.0)


def ramp(shift):
    """A picture [P, P, 3] in [0, 1] whose red is its column and whose green is its row, moved by `shift`
    times MOTION.
    """
    line = torch.arange(STORED, dtype=torch.float32)
    column, row = line.expand(STORED, STORED), line[:, None].expand(STORED, STORED)
    return (
        torch.stack(
            [
                50 + column - shift * MOTION[0],
                50 + row - shift * MOTION[1],
                torch.full((STORED, STORED), 7.0),
            ],
            -1,
        )
        / 255
    )


def moving_samples(motion_known=1.0, frames_known=(1.0, 1.0, 1.0)):
    """One scene that goes by MOTION from the middle frame to the last: where the last frame shows something,
    the middle one shows it at -MOTION from there.
    """
    blocks = STORED // 4
    to_middle = torch.stack([-time * torch.tensor(MOTION).expand(blocks, blocks, 2) for time in (-1, 0, 1)])
    return Samples(
        blurred=ramp(0)[None],
        frames=torch.stack([ramp(-1), ramp(0), ramp(1)])[None],
        motion_pixels=to_middle[None],
        motion_known=torch.tensor([motion_known]),
        frames_known=torch.tensor([frames_known]),
    )


def filled_pool(**changes):
    pool = SamplePool(
        PoolOptions(**{"samples": 4, "colour_gain": 0, "noise_sigma": 0, "softness_pixels": 0, **changes}),
        torch.device("cpu"),
    )
    pool.add(moving_samples())
    return pool


def draw(pool, count=BATCH, seed=1, **crop):
    return pool.draw(count, Crop(SIZE, **crop), torch.Generator().manual_seed(seed))


def turned_by(frames):
    """How the stored position (column, row) changes with the crop's column, and with its row, of every
    sample: [B, 2] each.
    """
    middle = frames[:, 1] * 255
    return (middle[:, 0, 1, :2] - middle[:, 0, 0, :2]).round(), (
        middle[:, 1, 0, :2] - middle[:, 0, 0, :2]
    ).round()


class SamplePoolTest(unittest.TestCase):
    def test_crops_are_mirrored_turned_and_reversed_with_their_motion(self):
        batch = draw(filled_pool())
        frames = batch["frames"] * 255
        self.assertEqual(tuple(frames.shape), (BATCH, 3, SIZE, SIZE, 3))
        torch.testing.assert_close(batch["blurred"], batch["frames"][:, 1])
        by_column, by_row = turned_by(batch["frames"])
        seen = set()
        for index in range(BATCH):
            x, y = by_column[index], by_row[index]
            self.assertEqual(sorted(map(abs, x.tolist())), [0, 1])
            self.assertEqual(float(x @ y), 0)
            for frame in (0, 2):
                # A frame shows at p what the middle one shows at p less the scene's motion to it.
                motion = batch["motion"][index, frame, 0, 0]
                moved = -(x * motion[0] + y * motion[1])
                torch.testing.assert_close(
                    frames[index, frame, 0, 0, :2] - frames[index, 1, 0, 0, :2], moved, atol=1e-3, rtol=0
                )
            seen.add((*x.tolist(), *y.tolist(), *batch["motion"][index, 2, 0, 0].tolist()))
        self.assertEqual(len(seen), 16)

    def test_every_crop_begins_where_a_square_of_known_motion_does(self):
        middles = draw(filled_pool(), count=600)["blurred"] * 255 - 50
        corners = {tuple(corner) for corner in middles[..., :2].amin((1, 2)).round().int().tolist()}
        self.assertEqual(
            corners,
            {
                (column, row)
                for column in range(0, STORED - SIZE + 1, 4)
                for row in range(0, STORED - SIZE + 1, 4)
            },
        )

    def test_in_the_canonical_order_every_scene_goes_to_the_right(self):
        batch = draw(filled_pool(), canonical=True)
        clear = batch["orderKnown"] > 0
        # Where the picture was transposed, the scene goes more down or up than aside, yet clearly aside.
        self.assertTrue(clear.all())
        self.assertTrue((batch["motion"][:, 2, ..., 0] > 0).all())
        self.assertTrue((batch["motion"][:, 0, ..., 0] < 0).all())
        by_column, by_row = turned_by(batch["frames"])
        moved = (batch["frames"][:, 2, 0, 0, :2] - batch["frames"][:, 1, 0, 0, :2]) * 255
        motion = batch["motion"][:, 2, 0, 0]
        torch.testing.assert_close(
            moved, -(by_column * motion[:, :1] + by_row * motion[:, 1:]), atol=1e-3, rtol=0
        )
        self.assertFalse(draw(filled_pool())["orderKnown"].any())

    def test_scenes_of_unknown_motion_have_no_canonical_order(self):
        pool = SamplePool(PoolOptions(4, 0, 0, 0), torch.device("cpu"))
        pool.add(moving_samples(motion_known=0.0))
        self.assertFalse(draw(pool, canonical=True)["orderKnown"].any())

    def test_of_a_sequence_some_frames_are_taken_with_their_motion_and_what_is_known(self):
        pool = SamplePool(PoolOptions(4, 0, 0, 0), torch.device("cpu"))
        pool.add(moving_samples(frames_known=(0.0, 1.0, 0.5)))
        batch = draw(pool, frames=[0, 1])
        self.assertEqual(tuple(batch["frames"].shape[:2]), (BATCH, 2))
        # Reversed samples give their last frame as the first.
        first = batch["framesKnown"][:, 0]
        self.assertEqual(set(first.tolist()), {0.0, 0.5})
        scene = (batch["motion"][:, 0, 0, 0]).norm(dim=1)
        torch.testing.assert_close(scene, torch.full((BATCH,), 13.0).sqrt())

    def test_blurred_windows_are_reversed_with_their_sharp_frames(self):
        samples = moving_samples()
        samples.blurred = samples.frames
        pool = SamplePool(PoolOptions(4, 0, 0, 0), torch.device("cpu"))
        pool.add(samples)
        batch = draw(pool)
        torch.testing.assert_close(batch["blurred"], batch["frames"])

    def test_a_draw_follows_from_its_seed(self):
        pool = filled_pool(colour_gain=0.1, noise_sigma=0.02)
        torch.testing.assert_close(draw(pool, seed=3), draw(pool, seed=3), rtol=0, atol=0)
        self.assertFalse(torch.equal(draw(pool, seed=3)["blurred"], draw(pool, seed=4)["blurred"]))

    def test_colours_change_alike_in_the_blurred_picture_and_the_frames(self):
        batch = draw(filled_pool(colour_gain=0.1))
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
        torch.testing.assert_close(
            soften(torch.full((1, 9, 9, 3), 0.3), torch.tensor([2.0])), torch.full((1, 9, 9, 3), 0.3)
        )

    def test_the_oldest_samples_make_room(self):
        pool = filled_pool(samples=2)
        for brightness in (10, 20):
            plain = torch.full((1, STORED, STORED, 3), brightness / 255)
            pool.add(
                Samples(
                    plain, plain[:, None].expand(-1, 3, -1, -1, -1), None, torch.zeros(1), torch.ones(1, 3)
                )
            )
        self.assertEqual(pool.size, 2)
        batch = draw(pool, seed=6)
        self.assertEqual(set((batch["blurred"] * 255).round().flatten().int().tolist()), {10, 20})
        self.assertEqual(float(batch["motionKnown"].sum()), 0)

    def test_an_empty_pool_and_a_crop_that_is_too_large_are_refused(self):
        with self.assertRaisesRegex(ValueError, "none has come yet"):
            draw(SamplePool(PoolOptions(4, 0, 0, 0), torch.device("cpu")))
        with self.assertRaisesRegex(ValueError, "at least 28 pixels"):
            filled_pool().draw(1, Crop(28), torch.Generator())


class BatchMakerTest(unittest.TestCase):
    def make(self, shapes, **pool):
        return BatchMaker(shapes, frames=3).make(
            filled_pool(**pool), torch.Generator().manual_seed(1), canonical=True
        )

    def test_a_batch_has_what_the_step_asks_for_by_name(self):
        shapes = {
            "blurred": (4, SIZE, SIZE, 3),
            "frames": (4, 3, SIZE, SIZE, 3),
            "times": (3,),
            "motionPixels": (4, SIZE, SIZE, 2),
            "motionsPixels": (4, 3, SIZE // 4, SIZE // 4, 2),
            "gt": (4, 1, SIZE, SIZE, 3),
            "randomMask": (4, SIZE, SIZE, 1),
        }
        batch = self.make(shapes)
        self.assertEqual({name: tuple(values.shape) for name, values in batch.items()}, shapes)
        self.assertEqual(batch["times"].tolist(), [-1, 0, 1])
        # Half of the way from the first frame to the last is the motion from the middle one to the last,
        # where a scene moves evenly.
        torch.testing.assert_close(batch["motionPixels"], between_blocks(batch["motionsPixels"][:, 2]))
        torch.testing.assert_close(batch["gt"], batch["frames"][:, 1:2])
        self.assertEqual(batch["randomMask"].sum((1, 2, 3)).tolist(), [SIZE * SIZE // 10] * 4)

    def test_what_samples_cannot_give_is_refused(self):
        with self.assertRaisesRegex(ValueError, "also wants flowPixels"):
            BatchMaker({"blurred": (1, 8, 8, 3), "flowPixels": (1, 8, 8, 2)}, frames=3)
        with self.assertRaisesRegex(ValueError, "Expected 'gt' of a batch to be"):
            self.make({"blurred": (4, SIZE, SIZE, 3), "gt": (4, 3, SIZE, SIZE, 3)})

    def test_frames_are_chosen_in_pairs_about_the_middle_one(self):
        generator = torch.Generator().manual_seed(1)
        chosen = {tuple(choose_frames(7, 5, generator)) for _ in range(50)}
        self.assertEqual(chosen, {(0, 1, 3, 5, 6), (0, 2, 3, 4, 6), (1, 2, 3, 4, 5)})
        self.assertEqual(choose_frames(7, 7, generator), list(range(7)))


if __name__ == "__main__":
    unittest.main()
