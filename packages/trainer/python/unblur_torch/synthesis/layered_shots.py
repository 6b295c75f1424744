"""A still photograph that moves as a plane, as before a camera that shakes, with objects cut out of other
stills before it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from ..to_device import to_device
from .augmentation import draw_augmentation, rearrange_pixels
from .backdrop import Parallax, PlaneBackdrop, draw_depth
from .image_bank import ImageBank
from .motion_path import draw_plane_motion
from .moving_object import Scene
from .shot import Random, Shot, draw_exposure_settings, draw_length, draw_shot_start


class LayeredShots:
    def __init__(self, bank: ImageBank, options: Mapping[str, Any], size_pixels: int):
        self._bank = bank
        self._options = options
        self._size_pixels = size_pixels

    def draw(self, random: Random, sample_index: int, exposures: int) -> Shot:
        options, size = self._options, self._size_pixels
        drawn = draw_shot_start(
            random, options, size_pixels=size, exposures=exposures, texture=self._texture, bank=self._bank
        )
        moves = 0 if drawn.stillness.camera else exposures
        motion = draw_plane_motion(
            random,
            [(size - 1) / 2] * 2,
            moves * draw_length(random, options["cameraPixels"], options["pathExponent"]),
            turn_degrees=moves * options["turnDegrees"],
            zoom_percent=moves * options["zoomPercent"],
            bend=options["bend"],
            acceleration=options["acceleration"],
        )
        parallax = (
            Parallax(draw_depth(random, size, self._bank.device), options["parallax"])
            if options["parallax"] > 0 and moves
            else None
        )
        backdrop = PlaneBackdrop(
            drawn.response(self._texture(random, size + 2 * self._margin_pixels(moves))),
            size,
            motion,
            parallax,
        )
        # Every still was rearranged on its own.
        taken = replace(drawn.augmentation, mirror_x=False, mirror_y=False, transpose=False)
        return Shot(
            Scene(backdrop, drawn.objects), drawn.averaging, taken, **draw_exposure_settings(random, options)
        )

    def _margin_pixels(self, exposures: int) -> int:
        """How far beyond the picture its edges move: by half a way with its bend, and a corner by turn and
        zoom.
        """
        options = self._options
        swing = self._size_pixels * (math.radians(options["turnDegrees"]) + options["zoomPercent"] / 100)
        way = (
            options["cameraPixels"][1]
            * (0.5 + options["bend"])
            * (1 + options["acceleration"] / 2)
            * (1 + options["parallax"])
        )
        return math.ceil(exposures * (way + swing)) + 2

    def _texture(self, random: Random, side: int) -> Tensor:
        """Bytes [3, side, side], as float: a random part of a still, shrunk by a box filter, flipped and
        turned at random.
        """
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
