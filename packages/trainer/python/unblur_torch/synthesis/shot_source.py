"""Samples of shots: scenes of panoramas and stills, exposed."""

from __future__ import annotations

from dataclasses import replace
from typing import Tuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .augmentation import rearrange_pixels, rearrange_vectors
from .exposure import even_times, expose, render_count
from .samples import (
    MOTION_STRIDE_PIXELS,
    Samples,
    degrade_some,
    device_generator,
    draw_sample_randoms,
    soften_some,
)
from .shot import Shot, Shots


# Frames farther apart than this are not averaged alone: their mean would show ghosts instead of blur.
MOST_SPARSE_PIXELS = 4


class ShotSource:
    def __init__(self, shots: Shots, frames: int, device: torch.device):
        self._shots = shots
        self._frames = frames
        self._device = device

    @torch.no_grad()
    def make(self, count: int, generator: torch.Generator) -> Samples:
        randoms = draw_sample_randoms(count, generator)
        pictures, motion, augmentations, softness = [], [], [], []
        for random in randoms:
            shot = self._shots.draw(random, exposures=1)
            path_pixels = shot.scene.longest_path_pixels()
            if path_pixels > MOST_SPARSE_PIXELS * (self._frames - 1):
                shot = replace(shot, only_kept=False)
            blurred, frames, displacement = expose_shot(
                shot, self._frames, render_count(path_pixels, self._frames, shot.step_pixels)
            )
            pictures.append(torch.cat([blurred[None], frames]))
            motion.append(F.avg_pool2d(displacement, MOTION_STRIDE_PIXELS))
            augmentations.append(shot.augmentation)
            softness.append(shot.softness_pixels)
        softened = soften_some(torch.stack(pictures), softness)
        blurred = degrade_some(softened[:, 0], augmentations, device_generator(randoms[0], self._device))
        return Samples(
            blurred=blurred.permute(0, 2, 3, 1),
            frames=softened[:, 1:].permute(0, 1, 3, 4, 2),
            motion_pixels=torch.stack(motion).permute(0, 1, 3, 4, 2),
            motion_known=torch.ones(count, device=self._device),
            frames_known=torch.ones(count, self._frames, device=self._device),
        )


def expose_shot(shot: Shot, frames: int, renders: int) -> Tuple[Tensor, Tensor, Tensor]:
    """The blurred picture [3, S, S] and the frames [F, 3, S, S] in display values, before noise and softness,
    and the displacement from each frame to the middle one [F, 2, S, S] in pixels; rearranged and reversed as
    the shot's augmentation says.

    renders: see `render_count`.
    """
    augmentation = shot.augmentation
    kept = range(0, renders, (renders - 1) // (frames - 1))
    blurred, pictures = expose(
        shot.scene,
        even_times(renders),
        kept,
        shot.averaging,
        highlight_boost=shot.highlight_boost,
        only_kept=shot.only_kept,
    )
    pictures = rearrange_pixels(pictures, augmentation)
    displacement = rearrange_vectors(
        shot.scene.displacement(even_times(frames)).permute(0, 3, 1, 2), augmentation
    )
    if augmentation.reverse_time:
        pictures, displacement = pictures.flip(0), displacement.flip(0)
    return rearrange_pixels(blurred, augmentation), pictures, displacement
