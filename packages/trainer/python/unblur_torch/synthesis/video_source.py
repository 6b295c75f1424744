"""Samples cut from high-speed video: consecutive frames are averaged, as by a slower camera (Nah et al., CVPR
2017).
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

import torch
import torch.nn.functional as F
from numpy.random import Generator as Random
from torch import Tensor

from .augmentation import Augmentation, draw_augmentation, draw_averaging, rearrange_pixels
from .image_bank import ImageBank, expect_large_enough
from .samples import Samples, degrade_some, device_generator, draw_sample_randoms, soften_some, without_motion
from .softness import draw_softness
from .transfer import display_of, light_of, recolour
from .video_motion import fastest_in, motion_lengths

# How often an exposure is drawn again before the videos count as unfit.
MOST_DRAWS = 100


class VideoSource:
    def __init__(self, bank: ImageBank, options: Mapping[str, Any], size_pixels: int, frames: int):
        self._options = options
        self._size_pixels = size_pixels
        self._frames = frames
        self._device = bank.device
        self._window_frames: List[int] = options.get("windowFrames", [frames])
        for length in self._window_frames:
            if (length - 1) % (frames - 1) != 0:
                raise ValueError(
                    f"Expected windowFrames of 1 above multiples of {frames - 1} (frames - 1) but received "
                    f"{length}."
                )
        sharp = {**bank.clips, **{name: pair[1] for name, pair in bank.pairs.items()}}
        self._clips = [clip for clip in sharp.values() if len(clip) >= min(self._window_frames)]
        if not self._clips:
            raise ValueError(
                f"Expected a video of at least {min(self._window_frames)} frames but the longest has "
                f"{max(len(clip) for clip in sharp.values())}."
            )
        expect_large_enough(sharp, size_pixels * options["shrink"][0])
        self._motions: Dict[int, Tuple[Tensor, int]] = {}

    @torch.no_grad()
    def make(self, count: int, generator: torch.Generator) -> Samples:
        blurred, frames, augmentations, softness = [], [], [], []
        randoms = draw_sample_randoms(count, generator)
        for random in randoms:
            window = self._draw_window(random)
            augmentation = draw_augmentation(random, self._options["augmentation"])
            exposed, kept = self._expose(
                window,
                augmentation,
                draw_averaging(random, self._options["averaging"]),
                is_sharp=random.uniform() < self._options["sharpShare"],
            )
            blurred.append(exposed)
            frames.append(kept)
            augmentations.append(augmentation)
            softness.append(draw_softness(random, self._options["softnessPixels"]))
        pictures = soften_some(torch.cat([torch.stack(blurred)[:, None], torch.stack(frames)], 1), softness)
        return without_motion(
            degrade_some(pictures[:, 0], augmentations, device_generator(randoms[0], self._device)),
            pictures[:, 1:],
        )

    def _expose(
        self, window: Tensor, augmentation: Augmentation, averaging: str, is_sharp: bool
    ) -> "tuple[Tensor, Tensor]":
        """The average [3, S, S] of a window [n, 3, S, S], and the frames [F, 3, S, S]."""
        shown = window.movedim(1, 0)
        if is_sharp:
            shown = shown[:, len(window) // 2][:, None].expand_as(shown)
        light = light_of(
            recolour(rearrange_pixels(shown, augmentation), augmentation.gains, augmentation.gamma), averaging
        )
        kept = display_of(light[:, :: (len(window) - 1) // (self._frames - 1)], averaging).movedim(1, 0)
        return display_of(light.mean(1), averaging), kept.flip(0) if augmentation.reverse_time else kept

    def _draw_window(self, random: Random) -> Tensor:
        """Consecutive frames of a clip, cut to size: display values [n, 3, S, S]."""
        for _ in range(MOST_DRAWS):
            index = int(random.integers(len(self._clips)))
            clip = self._clips[index]
            fitting = [length for length in self._window_frames if length <= len(clip)]
            length = fitting[int(random.integers(len(fitting)))]
            start = int(random.integers(len(clip) - length + 1))
            window = self._place_window(random, index, start, length)
            if window is not None:
                return window
        least, most = self._options["neighbourPixels"]
        raise ValueError(
            f"Expected videos whose neighbouring frames move by {least} to {most} pixels but {MOST_DRAWS} "
            "random windows had none; allow more with neighbourPixels or shrink."
        )

    def _place_window(self, random: Random, index: int, start: int, length: int) -> Optional[Tensor]:
        """At a random place, and the least factor to shrink by at which neighbouring frames are close enough
        to be averaged; None if there is none.
        """
        clip, (least, most), (smallest, largest) = (
            self._clips[index],
            self._options["neighbourPixels"],
            self._options["shrink"],
        )
        down, across = random.uniform(size=2)
        height, width = clip.shape[2:]
        for shrink in range(smallest, largest + 1):
            extent = self._size_pixels * shrink
            if extent > min(height, width):
                return None
            top, left = int(down * (height - extent + 1)), int(across * (width - extent + 1))
            lengths, block_pixels = self._motion(index)
            steps = fastest_in(lengths[start : start + length - 1], block_pixels, top, left, extent) / shrink
            slowest, fastest = float(steps.min()), float(steps.max())
            # A larger factor makes motion smaller still.
            if slowest < least:
                return None
            if fastest <= most:
                return cut(clip[start : start + length], top, left, self._size_pixels, shrink)
        return None

    def _motion(self, index: int) -> "tuple[Tensor, int]":
        """Measured when a clip is first used; kept on the processor, where windows are drawn."""
        if index not in self._motions:
            lengths, block_pixels = motion_lengths(self._clips[index])
            self._motions[index] = (lengths.cpu(), block_pixels)
        return self._motions[index]


def cut(frames: Tensor, top: int, left: int, size_pixels: int, shrink: int) -> Tensor:
    """A square of frames uint8 [n, 3, h, w] as display values [n, 3, S, S], each the mean of shrink x shrink
    pixels; frames that are smaller are mirrored at their borders.
    """
    extent = size_pixels * shrink
    shown = frames[:, :, top : top + extent, left : left + extent].float() / 255
    down, across = (extent - size for size in shown.shape[2:])
    if down or across:
        sides = (across // 2, across - across // 2, down // 2, down - down // 2)
        shown = F.pad(shown, sides, mode="reflect")
    return F.avg_pool2d(shown, shrink) if shrink > 1 else shown
