"""How far things move between neighbouring frames of a video, as @unblur/datasets measures it: blocks of
16x16 pixels that have texture are matched within 8 pixels, at a size of at most 480 pixels.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

LONGEST_SIDE = 480
BLOCK = 16
SEARCH = 8
# Blocks whose grey values deviate less look the same wherever they go: they say nothing about motion.
LEAST_TEXTURE = 0.02
PERCENTILE = 0.95


def motion_lengths(frames: Tensor) -> "tuple[Tensor, int]":
    """Of frames uint8 [n, 3, h, w]: for each pair of neighbours and each block, how far it moves in pixels of
    the frames, [n - 1, rows, columns], NaN where it has no texture; and the side of a block in pixels of the
    frames. To about a pixel of the reduced size.
    """
    factor = max(math.ceil(max(frames.shape[2:]) / LONGEST_SIDE), 1)
    grey = F.avg_pool2d(frames.float().mean(1, keepdim=True) / 255, factor)
    before, after = grey[:-1], F.pad(grey[1:], (SEARCH,) * 4, mode="replicate")
    height, width = before.shape[2:]
    best = length = None
    for down, across in shifts_from_rest():
        moved = after[:, :, SEARCH + down : SEARCH + down + height, SEARCH + across : SEARCH + across + width]
        difference = F.avg_pool2d((before - moved).abs(), BLOCK)
        distance = torch.full_like(difference, math.hypot(down, across))
        if best is None:
            best, length = difference, distance
            continue
        # What stays where it is, unless it looks clearly more alike elsewhere.
        better = difference < best
        best, length = torch.where(better, difference, best), torch.where(better, distance, length)
    mean = F.avg_pool2d(before, BLOCK)
    texture = (F.avg_pool2d(before**2, BLOCK) - mean**2).clamp(min=0).sqrt()
    return torch.where(texture >= LEAST_TEXTURE, length * factor, torch.full_like(length, math.nan))[
        :, 0
    ], BLOCK * factor


def shifts_from_rest():
    """All shifts (down, across), the shortest first."""
    reach = range(-SEARCH, SEARCH + 1)
    return sorted(
        ((down, across) for down in reach for across in reach),
        key=lambda shift: shift[0] ** 2 + shift[1] ** 2,
    )


def fastest_in(lengths: Tensor, block_pixels: int, top: int, left: int, extent: int) -> Tensor:
    """The 95th percentile of the lengths [n, rows, columns] in a square window of the frames: [n], 0 where
    nothing has texture.
    """
    rows, columns = (
        slice(start // block_pixels, max(-(-(start + extent) // block_pixels), start // block_pixels + 1))
        for start in (top, left)
    )
    inside = lengths[:, rows, columns].reshape(len(lengths), -1)
    return torch.nanquantile(inside, PERCENTILE, dim=1, interpolation="lower").nan_to_num(0.0)
