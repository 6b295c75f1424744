"""Samples for networks that restore a photograph: one blurred picture, its true frames and motion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Mapping, Optional, Protocol

import numpy
import torch
import torch.nn.functional as F
from torch import Tensor

from .softness import soften
from .augmentation import Augmentation, rearrange_pixels, rearrange_vectors
from .degradation import degrade
from .exposure import even_times, expose, render_count
from .image_bank import ImageBank
from .options import read_options
from .shot import Shot, Shots

MOTION_STRIDE_PIXELS = 4


@dataclass
class Samples:
    """B samples of F frames, S pixels a side; pictures are display values in float32."""

    blurred: Tensor
    """[B, S, S, 3] in [0, 1]; as `frames`, channels last in shape but first in memory."""
    frames: Tensor
    """[B, F, S, S, 3] in [0, 1], evenly in time: the first when the shutter opens, the last when it closes."""
    motion_pixels: Optional[Tensor]
    """
    [B, F, S / 4, S / 4, 2]: displacement from the frame at each time to the middle one, (dx, dy) in pixels of S, mean of 4x4 pixels: what
    the frame shows at p, the middle frame shows at p + displacement. That is how the photo network's trajectory counts
    (`displacementAt`), and the opposite sign of the flow from the middle frame: `motionPixels` of the Node synthesis, the
    scene's motion in half the exposure, is half the difference of the first and the last. 0 where not known; None where it
    is of no sample.
    """
    motion_known: Tensor
    """[B], 1 or 0."""
    frames_known: Tensor
    """[B, F], 1, or 0 where a recorded pair knows the middle frame only."""


class SampleSource(Protocol):
    kind: str

    def make(self, count: int, generator: torch.Generator) -> Samples:
        """
        `count` samples; the same for the same generator state, and the next ones of a curriculum. The generator may be on the
        device or, which spares a wait for the device, on the processor.
        """
        ...


def open_source(source: Mapping[str, Any], images: Mapping[str, bytes], *, size_pixels: int, frames: int, device: torch.device, seed: int, workers: int) -> SampleSource:
    """
    Opens one entry of a run file's `data.sources`.

    images: encoded pictures by name: all that the source is to use. Panoramas and stills may have any name; `<clip>/<frame>.webp`
    are the frames of a video, and of recorded pairs `<...>/gt/<frame>.webp` with `<...>/blur/<frame>.webp`.
    size_pixels: of the samples, a multiple of 4. frames: an odd number of at least 3. seed: decides what is drawn when
    images are loaded. workers: threads that decode.

    Raises ValueError for options, sizes or images that cannot be used.
    """
    if size_pixels < 8 or size_pixels % MOTION_STRIDE_PIXELS != 0:
        raise ValueError(f"Expected a size of samples that is a multiple of {MOTION_STRIDE_PIXELS}, 8 or more, but got {size_pixels}.")
    if frames < 3 or frames % 2 == 0:
        raise ValueError(f"Expected an odd number of frames, 3 or more, but got {frames}.")
    options = read_options(source)
    bank = ImageBank.load(source, images, device, seed, workers)
    return ShotSource(source["kind"], open_shots(source["kind"], bank, options, size_pixels), frames, bank.device)


def open_shots(kind: str, bank: ImageBank, options: Mapping[str, Any], size_pixels: int) -> Shots:
    from .panorama_shots import PanoramaShots

    if kind != "panorama":
        raise ValueError(f"Sources of kind {kind!r} are not made on the device yet.")

    return PanoramaShots(bank, options, size_pixels)


def draw_sample_randoms(count: int, generator: torch.Generator) -> "List[numpy.random.Generator]":
    """One stream of random numbers for each sample."""
    seeds = torch.randint(2**62, (count,), generator=generator, device=generator.device)
    return [numpy.random.default_rng(seed) for seed in seeds.tolist()]


def device_generator(random: numpy.random.Generator, device: torch.device) -> torch.Generator:
    """For what is drawn pixel by pixel."""
    return torch.Generator(device).manual_seed(int(random.integers(2**62)))


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


def soften_some(pictures: Tensor, softness_pixels: List[float]) -> Tensor:
    """Blurs all pictures [B, n, 3, S, S] of the samples that have a softness, in place."""
    soft = [index for index, softness in enumerate(softness_pixels) if softness > 0]
    if soft:
        sigma = torch.tensor([softness_pixels[index] for index in soft], device=pictures.device)
        pictures[soft] = soften(pictures[soft].movedim(2, -1), sigma).movedim(-1, 2)
    return pictures


def degrade_some(blurred: Tensor, augmentations: List[Augmentation], generator: torch.Generator) -> Tensor:
    return degrade(blurred, [one.noise_sigma for one in augmentations], [one.jpeg_quality for one in augmentations], generator)
