"""Softness of photographs that did not move: not everything soft has."""

from __future__ import annotations

from typing import Optional, Sequence

import numpy
import torch
import torch.nn.functional as F
from torch import Tensor

# Three standard deviations of a blur of 2 pixels.
SOFTNESS_RADIUS = 6


def draw_softness(random: numpy.random.Generator, limits_pixels: Optional[Sequence[float]]) -> float:
    """The standard deviation of a blur, in pixels, between two limits; 0 where there are none."""
    return random.uniform(*limits_pixels) if limits_pixels else 0.0


def soften(pictures: Tensor, sigma_pixels: Tensor) -> Tensor:
    """Blurs every sample's pictures [B, ..., S, S, 3] by a Gaussian of its own standard deviation [B], edges
    repeated.
    """
    batch, size = len(pictures), pictures.shape[-2]
    planes = pictures.movedim(-1, 1).reshape(batch, -1, size, size)
    count = planes.shape[1]
    offset = torch.arange(-SOFTNESS_RADIUS, SOFTNESS_RADIUS + 1, device=pictures.device)
    # Below a tenth of a pixel the kernel is one point.
    kernel = torch.exp(-0.5 * (offset / sigma_pixels.clamp(min=0.1)[:, None]) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(count, 0)[:, None]
    planes = F.pad(planes.reshape(1, batch * count, size, size), (SOFTNESS_RADIUS,) * 4, mode="replicate")
    for shaped in (kernel[:, :, :, None], kernel[:, :, None, :]):
        planes = F.conv2d(planes, shaped, groups=batch * count)
    return planes.reshape(batch, 3, *pictures.shape[1:-1]).movedim(1, -1).contiguous()
