"""Samples of scenes, exposed."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .augmentation import rearrange_pixels, rearrange_vectors
from .exposure import even_times, expose, render_count
from .samples import MOTION_STRIDE_PIXELS, Samples, degrade_some, device_generator, draw_sample_randoms, soften_some
from .shot import Shot, Shots


class ShotSource:
    """Exposes shots of panoramas and stills."""

    def __init__(self, kind: str, shots: Shots, frames: int, device: torch.device):
        self.kind = kind
        self.made = 0
        """How many samples were made: the position in a curriculum."""
        self._shots = shots
        self._frames = frames
        self._device = device

    @torch.no_grad()
    def make(self, count: int, generator: torch.Generator) -> Samples:
        blurred, frames, motion, shots = [], [], [], []
        randoms = draw_sample_randoms(count, generator)
        for random in randoms:
            shot = self._shots.draw(random, self.made, exposures=1)
            self.made += 1
            exposed, kept = self._expose(shot)
            displacement = shot.scene.displacement(even_times(self._frames)).permute(0, 3, 1, 2)
            coarse = rearrange_vectors(F.avg_pool2d(displacement, MOTION_STRIDE_PIXELS), shot.augmentation)
            blurred.append(rearrange_pixels(exposed, shot.augmentation))
            kept = rearrange_pixels(kept, shot.augmentation)
            frames.append(kept.flip(0) if shot.augmentation.reverse_time else kept)
            motion.append(coarse.flip(0) if shot.augmentation.reverse_time else coarse)
            shots.append(shot)
        pictures = soften_some(torch.cat([torch.stack(blurred)[:, None], torch.stack(frames)], 1), [shot.softness_pixels for shot in shots])
        return Samples(
            blurred=degrade_some(pictures[:, 0], [shot.augmentation for shot in shots], device_generator(randoms[0], self._device)).permute(0, 2, 3, 1),
            frames=pictures[:, 1:].permute(0, 1, 3, 4, 2),
            motion_pixels=torch.stack(motion).permute(0, 1, 3, 4, 2),
            motion_known=torch.ones(count, device=self._device),
            frames_known=torch.ones(count, self._frames, device=self._device),
        )

    def _expose(self, shot: Shot) -> "tuple[Tensor, Tensor]":
        renders = render_count(shot.scene.longest_path_pixels(), self._frames, shot.step_pixels)
        kept = range(0, renders, (renders - 1) // (self._frames - 1))
        return expose(shot.scene, even_times(renders), kept, shot.averaging, highlight_boost=shot.highlight_boost, only_kept=shot.only_kept)
