"""What sources of samples make, and what they have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Protocol

import numpy
import torch
from torch import Tensor

from ..to_device import to_device
from .augmentation import Augmentation
from .degradation import degrade
from .softness import soften

MOTION_STRIDE_PIXELS = 4


@dataclass
class Samples:
    """B samples of F frames, S pixels a side; pictures are display values in float32."""

    blurred: Tensor
    """[B, S, S, 3] in [0, 1]; of windows, as many as frames: [B, F, S, S, 3]. As `frames`, channels last in
    shape but first in memory.
    """
    frames: Tensor
    """[B, F, S, S, 3] in [0, 1], evenly in time: the first when the shutter opens, the last when it closes;
    of windows, the middle of each exposure.
    """
    motion_pixels: Optional[Tensor]
    """[B, F, S / 4, S / 4, 2]: displacement from the frame at each time to the middle one, (dx, dy) in pixels
    of S, mean of 4x4 pixels: what the frame shows at p, the middle frame shows at p + displacement. That is
    how the photo network's trajectory counts (`displacementAt`), and the opposite sign of the flow from the
    middle frame: `motionPixels` of the Node synthesis, the scene's motion in half the exposure, is half the
    difference of the first and the last. Of windows it is minus that flow. 0 where not known; None where it
    is of no sample.
    """
    motion_known: Tensor
    """[B], 1 or 0."""
    frames_known: Tensor
    """[B, F], 1, or 0 where a recorded pair knows the middle frame only."""


class SampleSource(Protocol):
    def make(self, count: int, generator: torch.Generator) -> Samples:
        """`count` samples; the same for the same generator state, and the next ones of a curriculum. The
        generator may be on the device or, which spares a wait for the device, on the processor.
        """
        ...


def draw_sample_randoms(count: int, generator: torch.Generator) -> "List[numpy.random.Generator]":
    """One stream of random numbers for each sample."""
    seeds = torch.randint(2**62, (count,), generator=generator, device=generator.device)
    return [numpy.random.default_rng(seed) for seed in seeds.tolist()]


def device_generator(random: numpy.random.Generator, device: torch.device) -> torch.Generator:
    """For what is drawn pixel by pixel."""
    return torch.Generator(device).manual_seed(int(random.integers(2**62)))


def soften_some(pictures: Tensor, softness_pixels: List[float]) -> Tensor:
    """Blurs all pictures [B, n, 3, S, S] of the samples that have a softness, in place."""
    soft = [index for index, softness in enumerate(softness_pixels) if softness > 0]
    if soft:
        sigma = to_device(torch.tensor([softness_pixels[index] for index in soft]), pictures.device)
        places = to_device(torch.tensor(soft), pictures.device)
        softened = soften(pictures.index_select(0, places).movedim(2, -1), sigma).movedim(-1, 2)
        pictures.index_copy_(0, places, softened)
    return pictures


def degrade_some(blurred: Tensor, augmentations: List[Augmentation], generator: torch.Generator) -> Tensor:
    return degrade(
        blurred,
        [one.noise_sigma for one in augmentations],
        [one.jpeg_quality for one in augmentations],
        generator,
    )


def without_motion(blurred: Tensor, frames: Tensor) -> Samples:
    """Samples of pictures [B, 3, S, S] and [B, F, 3, S, S] whose motion is not known."""
    count, frame_count = frames.shape[:2]
    return Samples(
        blurred=blurred.permute(0, 2, 3, 1),
        frames=frames.permute(0, 1, 3, 4, 2),
        motion_pixels=None,
        motion_known=torch.zeros(count, device=blurred.device),
        frames_known=torch.ones(count, frame_count, device=blurred.device),
    )
