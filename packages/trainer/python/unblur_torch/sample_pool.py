"""Samples held beside the network, from which every step draws a batch: each sample is seen several times,
never alike.

Samples are kept on the device as 8-bit pictures larger than the crops that are trained on; a crop is cut at a
random place, mirrored, turned, reversed in time, made softer and given other colours. The oldest samples make
room for new ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Optional, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .synthesis import Samples
from .synthesis.samples import MOTION_STRIDE_PIXELS
from .synthesis.softness import soften
from .to_device import generator_on, to_device

# A scene has a clear side if its mean motion goes this much of its length to the left or right, as in
# frame-order.ts.
CLEAR_SIDE = 0.25


@dataclass(frozen=True)
class PoolOptions:
    samples: int
    colour_gain: float
    """Largest relative change of each colour channel's brightness."""
    noise_sigma: float
    """Largest standard deviation of the noise added to the blurred picture, in [0, 1] of full white."""
    softness_pixels: float
    """Largest standard deviation of a Gaussian blur of photograph and frames alike, in pixels: not everything
    soft has moved.
    """


@dataclass(frozen=True)
class Crop:
    """What a step wants of each sample."""

    size_pixels: int
    frames: Optional[Sequence[int]] = None
    """Frames, in time order and evenly about the middle one; None: all."""
    canonical: bool = False
    """Whether a scene whose motion has a clear side is put in the order in which it goes to the right."""


class SamplePool:
    """Pictures are [n, P, P, 3], or [n, N, P, P, 3] where they are a sequence in time."""

    def __init__(self, options: PoolOptions, device: torch.device):
        self._options = options
        self._device = device
        self._stored: Dict[str, Tensor] = {}
        self.added = 0

    @property
    def size(self) -> int:
        return min(self.added, self._options.samples)

    def add(self, samples: Samples) -> None:
        """Takes samples in, all of one size and number of frames, which is that of all that came before."""
        count = len(samples.blurred)
        new = {
            "blurred": to_bytes(samples.blurred),
            "frames": to_bytes(samples.frames),
            "framesKnown": samples.frames_known,
            "motionKnown": samples.motion_known,
        }
        frames, size = new["frames"].shape[1:3]
        blocks = size // MOTION_STRIDE_PIXELS
        # As the losses have it: where the scene goes to, not where a frame's pixels come from. In half
        # precision 100 pixels are good to a twentieth of one.
        to_middle = (
            torch.zeros(count, frames, blocks, blocks, 2, device=self._device)
            if samples.motion_pixels is None
            else samples.motion_pixels
        )
        new["motion"] = (-to_middle).clamp(-1000, 1000).half()
        if not self._stored:
            self._stored = {
                name: torch.zeros(
                    (self._options.samples, *values.shape[1:]), dtype=values.dtype, device=self._device
                )
                for name, values in new.items()
            }
        slots = torch.arange(self.added, self.added + count, device=self._device) % self._options.samples
        for name, values in new.items():
            self._stored[name][slots] = values.to(self._device)
        self.added += count

    def draw(self, count: int, crop: Crop, generator: torch.Generator) -> Dict[str, Tensor]:
        """`count` crops of random samples, S pixels wide, n frames each:

        blurred [B, S, S, 3] (or [B, N, S, S, 3]), frames [B, n, S, S, 3] in [0, 1]; framesKnown [B, n], 1 or
        0; motionKnown [B], 1 or 0; motion [B, n, S/4, S/4, 2], displacement (dx, dy) of the scene from the
        middle frame to each frame, in pixels; orderKnown [B], 1 where the sample was put in the canonical
        order, else 0.

        generator: of the processor; decides which samples are drawn, and how each is cut, turned and
        coloured. Nothing waits for the device. Raises ValueError if the pool is empty or its pictures are
        smaller than the crop.
        """
        if not self._stored:
            raise ValueError("Expected samples in the pool but none has come yet.")
        stored, options = self._stored, self._options
        size, stored_size = crop.size_pixels, stored["frames"].shape[2]
        if size > stored_size:
            raise ValueError(
                f"Expected pictures in the pool of at least {size} pixels, the size of a crop, but they have "
                f"{stored_size}."
            )
        # All that is drawn per sample, in one copy.
        drawn = [1, 2, 4, 3, int(options.softness_pixels > 0), int(options.noise_sigma > 0)]
        place, corner, chances, gain, softness, noise = to_device(
            torch.rand(sum(drawn), count, generator=generator), self._device
        ).split(drawn)
        sample = (place[0] * self.size).long()
        corner = (corner * ((stored_size - size) // MOTION_STRIDE_PIXELS + 1)).long()
        mirror_x, mirror_y, transpose, reverse = chances < 0.5
        motion = crop_motion(
            stored["motion"][sample], corner, size // MOTION_STRIDE_PIXELS, mirror_x, mirror_y, transpose
        )
        motion_known = stored["motionKnown"][sample].float()
        order_known = torch.zeros(count, device=self._device)
        if crop.canonical:
            reverse, order_known = in_canonical_order(motion, motion_known, reverse)

        every = stored["frames"].shape[1]
        time = torch.arange(every, device=self._device).expand(count, -1)
        time = torch.where(reverse[:, None], every - 1 - time, time)
        chosen = (
            time
            if crop.frames is None
            else time.index_select(1, to_device(torch.tensor(crop.frames), self._device))
        )
        row, column = crop_places(corner * MOTION_STRIDE_PIXELS, size, mirror_x, mirror_y, transpose)
        pictures = {
            "blurred": self._cut("blurred", sample, time, row, column),
            "frames": self._cut("frames", sample, chosen, row, column),
        }
        at_times = lambda values: values.gather(
            1, chosen.view(*chosen.shape, *[1] * (values.dim() - 2)).expand(-1, -1, *values.shape[2:])
        )
        return {
            **self._varied(pictures, gain, softness, noise, generator),
            "framesKnown": at_times(stored["framesKnown"][sample].float()),
            "motion": at_times(motion),
            "motionKnown": motion_known,
            "orderKnown": order_known,
        }

    def _cut(self, name: str, sample: Tensor, moments: Tensor, row: Tensor, column: Tensor) -> Tensor:
        """Crops of stored pictures, in [0, 1]; of a sequence, those at `moments` [B, n].

        sample: [B]; row, column: of `crop_places`.
        """
        pictures = self._stored[name]
        if pictures.dim() == 4:
            return pictures[sample[:, None, None], row, column].float() / 255
        cut = pictures[sample[:, None, None, None], moments[:, :, None, None], row[:, None], column[:, None]]
        return cut.float() / 255

    def _varied(
        self,
        pictures: Dict[str, Tensor],
        gain: Tensor,
        softness: Tensor,
        noise: Tensor,
        generator: torch.Generator,
    ) -> Dict[str, Tensor]:
        """Other colours [3, B], softer [1, B], and the blurred picture noisier [1, B], from 0 to 1 of what
        the options allow.
        """
        options, count = self._options, gain.shape[1]
        gain = 1 + options.colour_gain * (2 * gain.reshape(count, 3) - 1)
        for values in pictures.values():
            values *= gain.view(count, *[1] * (values.dim() - 2), 3)
        if options.softness_pixels > 0:
            sigma_pixels = options.softness_pixels * softness[0]
            pictures = {name: soften(values, sigma_pixels) for name, values in pictures.items()}
        if options.noise_sigma > 0:
            blurred = pictures["blurred"]
            sigma = options.noise_sigma * noise[0].view(count, *[1] * (blurred.dim() - 1))
            of_pixels = generator_on(self._device, generator)
            blurred += sigma * torch.randn(blurred.shape, generator=of_pixels, device=self._device)
        for values in pictures.values():
            values.clamp_(0, 1)
        return pictures


def to_bytes(pictures: Tensor) -> Tensor:
    """Values in [0, 1] as 8 bits."""
    return (pictures * 255 + 0.5).clamp(0, 255).to(torch.uint8)


def side_of(motion_pixels: Tensor) -> "tuple[Tensor, Tensor]":
    """Of motions [B, h, w, 2]: whether the scene goes to the right, and whether that is clear [B]."""
    to_right = motion_pixels[..., 0].mean((1, 2))
    length = motion_pixels.abs().sum(-1).mean((1, 2))
    return to_right > 0, to_right.abs() > CLEAR_SIDE * length


def in_canonical_order(motion: Tensor, motion_known: Tensor, reverse: Tensor) -> "tuple[Tensor, Tensor]":
    """Which samples are to be reversed [B] so that scenes with a clear side go to the right, the others by
    `reverse`; and which have one, 1 or 0.

    motion: [B, N, h, w, 2]; motion_known: [B], 1 or 0.
    """
    last = torch.where(reverse[:, None, None, None], motion[:, 0], motion[:, -1])
    to_right, clear = side_of(last)
    clear &= motion_known > 0
    return torch.where(clear, reverse ^ ~to_right, reverse), clear.float()


def crop_places(
    corner: Tensor, size: int, mirror_x: Tensor, mirror_y: Tensor, transpose: Tensor
) -> "tuple[Tensor, Tensor]":
    """Rows and columns [B, S, S] of the stored picture that a crop's pixels show: the crop is cut, then
    transposed, then mirrored, which together give every turn by a right angle too.

    corner: row and column of the crop's first pixel [2, B]; mirror_x, mirror_y, transpose: [B] of bool.
    """
    line = torch.arange(size, device=corner.device)
    backwards = size - 1 - line
    y = torch.where(mirror_y[:, None], backwards, line)[:, :, None].expand(-1, -1, size)
    x = torch.where(mirror_x[:, None], backwards, line)[:, None, :].expand(-1, size, -1)
    swapped = transpose[:, None, None]
    return corner[0, :, None, None] + torch.where(swapped, x, y), corner[1, :, None, None] + torch.where(
        swapped, y, x
    )


def crop_motion(
    motion: Tensor, corner: Tensor, size: int, mirror_x: Tensor, mirror_y: Tensor, transpose: Tensor
) -> Tensor:
    """Motions [B, N, P, P, 2] in the crop of `crop_places`, [B, N, S, S, 2] in float32, their vectors turned
    with the picture.
    """
    row, column = crop_places(corner, size, mirror_x, mirror_y, transpose)
    sample = torch.arange(len(motion), device=motion.device)[:, None, None, None]
    moment = torch.arange(motion.shape[1], device=motion.device)[None, :, None, None]
    cut = motion[sample, moment, row[:, None], column[:, None]].float()
    swapped = torch.where(transpose[:, None, None, None, None], cut.flip(-1), cut)
    signs = torch.stack([1 - 2 * mirror_x.float(), 1 - 2 * mirror_y.float()], -1)
    return swapped * signs[:, None, None, None]


def between_blocks(motion: Tensor) -> Tensor:
    """Motions of squares of 4 x 4 pixels [B, h, w, 2] as those of pixels [B, 4 h, 4 w, 2], bilinearly."""
    return F.interpolate(
        motion.permute(0, 3, 1, 2), scale_factor=MOTION_STRIDE_PIXELS, mode="bilinear", align_corners=False
    ).permute(0, 2, 3, 1)
