"""A still photograph that moves as a plane, as before a camera that shakes, with objects cut out of other
stills before it.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from ..to_device import to_device
from .augmentation import Augmentation, draw_augmentation, rearrange_pixels
from .backdrop import PlaneBackdrop
from .motion_path import draw_plane_motion
from .shot import Random, Shots, Stillness, draw_length
from .transfer import Response


class LayeredShots(Shots):
    def _draw_backdrop(
        self, random: Random, exposures: int, stillness: Stillness, response: Response
    ) -> PlaneBackdrop:
        options, size = self._options, self._size_pixels
        moves = 0 if stillness.camera else exposures
        motion = draw_plane_motion(
            random,
            [(size - 1) / 2] * 2,
            moves * draw_length(random, options["cameraPixels"], options["pathExponent"]),
            turn_degrees=moves * options["turnDegrees"],
            zoom_percent=moves * options["zoomPercent"],
            bend=options["bend"],
            acceleration=options["acceleration"],
        )
        parallax = self._draw_parallax(random) if moves else None
        texture = response(self._texture(random, size + 2 * self._margin_pixels(moves)))
        return PlaneBackdrop(texture, size, motion, parallax)

    def _rearranged(self, augmentation: Augmentation) -> Augmentation:
        """Every still is rearranged on its own."""
        return replace(augmentation, mirror_x=False, mirror_y=False, transpose=False)

    def _margin_pixels(self, exposures: int) -> int:
        """How far beyond the picture its edges move: by the way, and a corner by turn and zoom."""
        options = self._options
        swing = self._size_pixels * (math.radians(options["turnDegrees"]) + options["zoomPercent"] / 100)
        return math.ceil(exposures * (self._reach_pixels(options["cameraPixels"][1]) + swing)) + 2

    def _texture(self, random: Random, side: int) -> Tensor:
        """A random part of a still, shrunk by a box filter, flipped and turned at random."""
        options = self._options
        still = self._bank.stills[int(random.integers(len(self._bank.stills)))]
        step = random.uniform(*options["shrink"])
        extent = math.ceil(side * step)
        _, height, width = still.shape
        top, left = (int(random.uniform(0, max(available - extent, 0) + 1)) for available in (height, width))
        part = mirrored_part(still, top, left, extent).float()
        if extent != side:
            part = F.interpolate(part[None], size=(side, side), mode="area")[0]
        return rearrange_pixels(part, draw_augmentation(random, options["augmentation"]))


def mirrored_part(picture: Tensor, top: int, left: int, extent: int) -> Tensor:
    """A square part of a picture [3, h, w], which goes on beyond its borders as in a mirror."""
    _, height, width = picture.shape
    if top + extent <= height and left + extent <= width:
        return picture[:, top : top + extent, left : left + extent]
    rows, columns = mirrored_indexes(top, extent, height), mirrored_indexes(left, extent, width)
    return picture.index_select(1, to_device(rows, picture.device)).index_select(
        2, to_device(columns, picture.device)
    )


def mirrored_indexes(start: int, count: int, length: int) -> Tensor:
    folded = torch.arange(start, start + count) % (2 * length)
    return torch.where(folded < length, folded, 2 * length - 1 - folded)
