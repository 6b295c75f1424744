"""Samples held beside the network, from which every step draws a batch: each sample is seen several times, never alike.

Making samples is slower than training on a GPU. So what the loop makes is kept on the device, as 8-bit pictures larger
than the crops that are trained on; a crop is cut at a random place, mirrored, turned, reversed in time and given other
colours. The oldest samples make room for new ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict

import torch
from torch import Tensor

PICTURES = ("blurred", "frames")
# Three standard deviations of a blur of 2 pixels.
SOFTNESS_RADIUS = 6
MOTION, MOTION_KNOWN = "motionPixels", "motionKnown"


@dataclass(frozen=True)
class PoolOptions:
    samples: int
    """Largest relative change of each colour channel's brightness."""
    colour_gain: float
    """Largest standard deviation of the noise added to the blurred picture, in [0, 1] of full white."""
    noise_sigma: float
    """Largest standard deviation of a Gaussian blur of photograph and frames alike, in pixels: not everything soft has moved."""
    softness_pixels: float


class SamplePool:
    def __init__(self, options: PoolOptions, device: torch.device):
        self._options = options
        self._device = device
        self._stored: Dict[str, Tensor] = {}
        self._added = 0

    @property
    def size(self) -> int:
        return min(self._added, self._options.samples)

    def add(self, samples: Dict[str, Tensor]) -> None:
        """
        Takes samples in: `blurred` [n, P, P, 3] and `frames` [n, N, P, P, 3] as uint8; where the loss needs them,
        `motionPixels` [n, P, P, 2] and `motionKnown` [n].
        """
        count = len(samples["blurred"])
        if not self._stored:
            dtypes = {name: torch.float16 if name == MOTION else values.dtype for name, values in samples.items()}
            self._stored = {name: torch.zeros((self._options.samples, *values.shape[1:]), dtype=dtypes[name], device=self._device) for name, values in samples.items()}
        places = torch.arange(self._added, self._added + count) % self._options.samples
        for name, values in samples.items():
            self._stored[name][places.to(self._device)] = values.to(self._device, self._stored[name].dtype)
        self._added += count

    def draw(self, batch_size: int, size_pixels: int, seed: int) -> Dict[str, Tensor]:
        """
        A batch in float32, the same for the same pool and seed: `blurred` [B, S, S, 3] and `frames` [B, N, S, S, 3] in
        [0, 1], and what else the samples have. Raises ValueError if there is no sample yet or the crop is too large.
        """
        if self.size == 0:
            raise ValueError("Expected samples in the pool but none has come yet.")
        stored_size = self._stored["blurred"].shape[1]
        if size_pixels > stored_size:
            raise ValueError(f"Expected pictures in the pool of at least {size_pixels} pixels, the size of a crop, but they have {stored_size}.")
        generator = torch.Generator().manual_seed(seed)
        random = lambda *shape: torch.rand(*shape, generator=generator).to(self._device)
        chance = lambda: random(batch_size) < 0.5

        sample = (random(batch_size) * self.size).long()
        corner = (random(2, batch_size) * (stored_size - size_pixels + 1)).long()
        mirror_x, mirror_y, transpose, reverse = chance(), chance(), chance(), chance()
        row, column = crop_places(corner, size_pixels, mirror_x, mirror_y, transpose)

        batch = {"blurred": self._stored["blurred"][sample[:, None, None], row, column].float() / 255}
        frame_count = self._stored["frames"].shape[1]
        time = torch.arange(frame_count, device=self._device).expand(batch_size, -1)
        time = torch.where(reverse[:, None], frame_count - 1 - time, time)
        batch["frames"] = self._stored["frames"][sample[:, None, None, None], time[:, :, None, None], row[:, None], column[:, None]].float() / 255

        gain = 1 + self._options.colour_gain * (2 * random(batch_size, 3) - 1)
        batch["blurred"] *= gain[:, None, None, :]
        batch["frames"] *= gain[:, None, None, None, :]
        if self._options.softness_pixels > 0:
            sigma_pixels = self._options.softness_pixels * random(batch_size)
            for name in PICTURES:
                batch[name] = soften(batch[name], sigma_pixels)
        if self._options.noise_sigma > 0:
            sigma = self._options.noise_sigma * random(batch_size, 1, 1, 1)
            batch["blurred"] += sigma * torch.randn(batch["blurred"].shape, generator=generator).to(self._device)
        for name in PICTURES:
            batch[name].clamp_(0, 1)
        if MOTION in self._stored:
            batch[MOTION] = move_with_picture(self._stored[MOTION][sample[:, None, None], row, column].float(), mirror_x, mirror_y, transpose, reverse)
        if MOTION_KNOWN in self._stored:
            batch[MOTION_KNOWN] = self._stored[MOTION_KNOWN][sample].float()
        return batch


def soften(pictures: Tensor, sigma_pixels: Tensor) -> Tensor:
    """Blurs every sample's pictures [B, ..., S, S, 3] by a Gaussian of its own standard deviation [B], edges repeated."""
    batch, size = len(pictures), pictures.shape[-2]
    planes = pictures.movedim(-1, 1).reshape(batch, -1, size, size)
    count = planes.shape[1]
    offset = torch.arange(-SOFTNESS_RADIUS, SOFTNESS_RADIUS + 1, device=pictures.device)
    # Below a tenth of a pixel the kernel is one point.
    kernel = torch.exp(-0.5 * (offset / sigma_pixels.clamp(min=0.1)[:, None]) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(count, 0)[:, None]
    planes = torch.nn.functional.pad(planes.reshape(1, batch * count, size, size), (SOFTNESS_RADIUS,) * 4, mode="replicate")
    for shaped in (kernel[:, :, :, None], kernel[:, :, None, :]):
        planes = torch.nn.functional.conv2d(planes, shaped, groups=batch * count)
    return planes.reshape(batch, 3, *pictures.shape[1:-1]).movedim(1, -1).contiguous()


def crop_places(corner: Tensor, size_pixels: int, mirror_x: Tensor, mirror_y: Tensor, transpose: Tensor) -> "tuple[Tensor, Tensor]":
    """
    Rows and columns [B, S, S] of the stored picture that a crop's pixels show: the crop is cut, then transposed, then
    mirrored, which together give every turn by a right angle too.

    corner: row and column of the crop's first pixel [2, B]; mirror_x, mirror_y, transpose: [B] of bool.
    """
    line = torch.arange(size_pixels, device=corner.device)
    backwards = size_pixels - 1 - line
    y = torch.where(mirror_y[:, None], backwards, line)[:, :, None].expand(-1, -1, size_pixels)
    x = torch.where(mirror_x[:, None], backwards, line)[:, None, :].expand(-1, size_pixels, -1)
    swapped = transpose[:, None, None]
    return corner[0, :, None, None] + torch.where(swapped, x, y), corner[1, :, None, None] + torch.where(swapped, y, x)


def move_with_picture(motion_pixels: Tensor, mirror_x: Tensor, mirror_y: Tensor, transpose: Tensor, reverse: Tensor) -> Tensor:
    """Vectors (dx, dy) [B, S, S, 2] of a picture that was transposed, then mirrored, and whose time may run backwards."""
    each = lambda chosen: chosen[:, None, None, None]
    motion = torch.where(each(transpose), motion_pixels.flip(-1), motion_pixels)
    signs = torch.stack([1 - 2 * mirror_x.float(), 1 - 2 * mirror_y.float()], -1) * (1 - 2 * reverse.float())[:, None]
    return motion * signs[:, None, None, :]
