"""Full-sphere photographs to be looked into, made ready as a pyramid of halved sizes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import List, Optional

import torch
import torch.nn.functional as F
from torch import Tensor

SMALLEST_LEVEL_WIDTH = 64


@dataclass(frozen=True)
class Coverage:
    """The part of the sphere that was taken: longitudes and latitudes up to these, to either side of the
    middle.
    """

    longitude_radians: float
    latitude_radians: float


@dataclass(frozen=True)
class Panorama:
    levels: List[Tensor]
    """Full size first, each half as large as the one before: uint8 [3, h + 2, w + 2], with a border of one
    pixel that continues the sphere (the other side of the seam left and right; the row across the pole, half
    a turn away, above and below).
    """
    coverage: Optional[Coverage] = None

    @property
    def width(self) -> int:
        return self.levels[0].shape[2] - 2


def build_panorama(picture: Tensor, coverage_degrees: Optional[float] = None) -> Panorama:
    """A panorama of an equirectangular picture, uint8 [3, h, w]. With `coverage_degrees`, the picture shows
    so much of the horizon, which lies in its middle, and the rest of the sphere is black. Raises ValueError
    where the size does not fit.
    """
    _, height, width = picture.shape
    coverage = None
    if coverage_degrees is not None:
        picture, coverage = on_sphere(picture, coverage_degrees)
    elif width != 2 * height:
        raise ValueError(
            f"Expected a full-sphere panorama, twice as wide as high, but it is {width}x{height}; for part "
            "of one, say how many degrees across it shows (coverageDegrees)."
        )
    levels = [picture]
    while levels[-1].shape[1] // 2 * 2 >= SMALLEST_LEVEL_WIDTH:
        levels.append(halved(levels[-1]))
    return Panorama([with_border(level) for level in levels], coverage)


def on_sphere(picture: Tensor, coverage_degrees: float) -> "tuple[Tensor, Coverage]":
    _, height, width = picture.shape
    sphere_height = round(width * 180 / coverage_degrees)
    sphere_width = 2 * sphere_height
    if width > sphere_width or height > sphere_height:
        raise ValueError(
            f"Expected a part of a panorama, {coverage_degrees} degrees across and at most 180 down "
            f"({sphere_height} pixels), but it is {width}x{height}."
        )
    left, top = (sphere_width - width) // 2, (sphere_height - height) // 2
    sphere = picture.new_zeros(3, sphere_height, sphere_width)
    sphere[:, top : top + height, left : left + width] = picture
    # Two pixels less on either side: one for the odd half of the centring, one for what bilinear sampling
    # takes from beyond.
    within = lambda pixels: (pixels / 2 - 2) * math.pi / sphere_height
    return sphere, Coverage(
        math.pi if width == sphere_width else within(width),
        math.pi / 2 if height == sphere_height else within(height),
    )


def halved(level: Tensor) -> Tensor:
    """Half the height, rounded down, twice as wide as high: box filter in display values, rounded, the values
    that are interpolated too.
    """
    height = level.shape[1]
    if height % 2:
        # Boxes a little larger than two pixels a side, which take parts of pixels.
        rows, columns = box_shares(height, height // 2), box_shares(2 * height, height // 2 * 2)
        return (rows @ level.cpu().double() @ columns.T + 0.5).floor().to(torch.uint8).to(level.device)
    rows = level[:, 0::2].int() + level[:, 1::2]
    return ((rows[:, :, 0::2] + rows[:, :, 1::2] + 2) // 4).to(torch.uint8)


def box_shares(pixels: int, boxes: int) -> Tensor:
    """The share of each pixel in each of the boxes, all of one size, that a row of pixels is cut into
    [boxes, pixels].
    """
    side = pixels / boxes
    starts = torch.arange(boxes, dtype=torch.float64)[:, None] * side
    places = torch.arange(pixels, dtype=torch.float64)
    overlap = torch.minimum(starts + side, places + 1) - torch.maximum(starts, places)
    return overlap.clamp(min=0) / side


def with_border(level: Tensor) -> Tensor:
    half_turn = level.shape[2] // 2
    rows = torch.cat([level[:, :1].roll(half_turn, 2), level, level[:, -1:].roll(half_turn, 2)], 1)
    return torch.cat([rows[:, :, -1:], rows, rows[:, :, :1]], 2).contiguous()


def panorama_pixels_per_pixel(panorama_width: int, focal_pixels: float) -> float:
    """In the middle of the view; above 1, the camera sees less detail than the panorama has."""
    return panorama_width / (2 * math.pi) / focal_pixels


def level_for(panorama: Panorama, focal_pixels: float) -> Tensor:
    """The level whose pixels are nearest to the camera's in size: a finer one would alias, a coarser one
    would soften.
    """
    ratio = panorama_pixels_per_pixel(panorama.width, focal_pixels)
    # floor(x + 0.5): halves go up, as in the Node synthesis.
    index = min(max(math.floor(math.log2(ratio) + 0.5), 0), len(panorama.levels) - 1)
    return panorama.levels[index]


def look_along(level: Tensor, x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    """Bilinear samples of a level, float [3, h, w] (any values), where rays of any length meet the sphere: x,
    y, z [T, S, S] in world axes. Returns [3, T, S, S].
    """
    _, height, width = level.shape
    longitude = torch.atan2(x, z)
    latitude = torch.atan2(y, torch.sqrt(x * x + z * z))
    # From radians to grid_sample's [-1, 1] over the level with its border.
    grid = torch.stack(
        [longitude * ((width - 2) / (math.pi * width)), latitude * (2 * (height - 2) / (math.pi * height))],
        -1,
    )
    times, rows, columns = x.shape
    sampled = F.grid_sample(
        level[None],
        grid.view(1, times * rows, columns, 2),
        mode="bilinear",
        padding_mode="border",
        align_corners=False,
    )
    return sampled.view(3, times, rows, columns)
