"""Samples of recorded pairs: a photograph blurred by a real camera, and the sharp one of the middle of its
exposure.
"""

from __future__ import annotations

from typing import Any, Mapping

import torch

from .augmentation import draw_augmentation, rearrange_pixels
from .image_bank import ImageBank, expect_large_enough
from .samples import Samples, device_generator, degrade_some, draw_sample_randoms, without_motion
from .transfer import recolour
from .video_source import cut


class PairSource:
    """Of the frames, only the middle one is known: the others repeat it and are marked as not known."""

    def __init__(self, bank: ImageBank, options: Mapping[str, Any], size_pixels: int, frames: int):
        self._options = options
        self._size_pixels = size_pixels
        self._frames = frames
        self._device = bank.device
        # Every pair as often as another.
        self._pairs = [
            (blurred[index], sharp[index])
            for blurred, sharp in bank.pairs.values()
            for index in range(len(sharp))
        ]
        for name, (blurred, sharp) in bank.pairs.items():
            if blurred.shape != sharp.shape:
                raise ValueError(
                    f"Expected blurred and sharp pictures of one size but those of {name} are "
                    f"{blurred.shape[3]}x{blurred.shape[2]} and {sharp.shape[3]}x{sharp.shape[2]}."
                )
        expect_large_enough(
            {name: sharp for name, (_, sharp) in bank.pairs.items()}, size_pixels * options["shrink"][0]
        )

    @torch.no_grad()
    def make(self, count: int, generator: torch.Generator) -> Samples:
        pictures, augmentations = [], []
        randoms = draw_sample_randoms(count, generator)
        for random in randoms:
            pair = torch.stack(self._pairs[int(random.integers(len(self._pairs)))])
            height, width = pair.shape[2:]
            smallest, largest = self._options["shrink"]
            shrink = int(random.integers(smallest, min(largest, min(height, width) // self._size_pixels) + 1))
            top, left = (
                int(random.integers(extent - self._size_pixels * shrink + 1)) for extent in (height, width)
            )
            augmentation = draw_augmentation(random, self._options["augmentation"])
            shown = rearrange_pixels(cut(pair, top, left, self._size_pixels, shrink), augmentation)
            pictures.append(
                recolour(shown.movedim(1, 0), augmentation.gains, augmentation.gamma).movedim(1, 0)
            )
            augmentations.append(augmentation)
        blurred, sharp = torch.stack(pictures).unbind(1)
        samples = without_motion(
            degrade_some(blurred, augmentations, device_generator(randoms[0], self._device)),
            sharp[:, None].expand(-1, self._frames, -1, -1, -1),
        )
        samples.frames_known.zero_()
        samples.frames_known[:, (self._frames - 1) // 2] = 1
        return samples
