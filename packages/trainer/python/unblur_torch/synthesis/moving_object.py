"""Things cut out of other pictures that move before a backdrop, and the scene that both make."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import List, Optional, Tuple

import numpy
import torch
import torch.nn.functional as F
from numpy import ndarray
from torch import Tensor

from .backdrop import Backdrop, affine_positions
from .motion_path import PATH_TIMES, PlaneMotion, longest_path_pixels


@dataclass(frozen=True)
class MovingObject:
    premultiplied: Tensor
    """[4, h, w]: values of the averaging space times coverage, and coverage; its middle lies at
    `motion.centre` in the middle frame.
    """
    motion: PlaneMotion
    follows: bool
    """Whether it moves within the scene, on top of the scene's own motion, or only by itself."""

    @property
    def corner(self) -> ndarray:
        """Where its first pixel lies in the middle frame."""
        height, width = self.premultiplied.shape[1:]
        return self.motion.centre - [(width - 1) / 2, (height - 1) / 2]

    @property
    def outline(self) -> ndarray:
        """Its corners [4, 2] in the middle frame."""
        height, width = self.premultiplied.shape[1:]
        return self.corner + [
            [-0.5, -0.5],
            [width - 0.5, -0.5],
            [-0.5, height - 0.5],
            [width - 0.5, height - 0.5],
        ]


@dataclass(frozen=True)
class Patch:
    """The part of a picture that an object can be seen in, at some times."""

    rows: slice
    columns: slice
    positions: Tensor
    """[T, rows, columns, 2]: where in the middle frame is what its pixels show, if they show the object."""
    layer: Tensor
    """[4, T, rows, columns], premultiplied."""


@dataclass(frozen=True)
class Scene:
    backdrop: Backdrop
    objects: List[MovingObject] = field(default_factory=list)
    """From the farthest to the nearest."""

    @property
    def size_pixels(self) -> int:
        return self.backdrop.size_pixels

    @property
    def device(self) -> torch.device:
        return self.backdrop.device

    def render(self, times: ndarray) -> Tensor:
        """[3, T, S, S] values of the averaging space."""
        picture = self.backdrop.render(times)
        for thing in self.objects:
            patch = self._patch(thing, times)
            if patch is not None:
                behind = picture[:, :, patch.rows, patch.columns]
                behind.mul_(1 - patch.layer[3:]).add_(patch.layer[:3])
        return picture

    def displacement(self, times: ndarray) -> Tensor:
        """[T, S, S, 2]: from where a pixel of the frame at each time lies to where the middle frame shows the
        same thing (or would, were nothing before it), (dx, dy) in pixels. A pixel shows the nearest object
        that covers it by half or more.
        """
        displacement = self.backdrop.displacement(times)
        for thing in self.objects:
            patch = self._patch(thing, times)
            if patch is not None:
                pixels = affine_positions(
                    numpy.eye(3)[None],
                    patch.columns.start,
                    patch.rows.start,
                    *patch.layer.shape[:1:-1],
                    self.device,
                )
                behind = displacement[:, patch.rows, patch.columns]
                behind.copy_(torch.where(patch.layer[3, ..., None] >= 0.5, patch.positions - pixels, behind))
        return displacement

    def flow(self, times: ndarray) -> Tensor:
        """[T, S, S, 2]: from where a pixel of the middle frame lies to where the frame at each time shows the
        same thing (or would, were nothing before it), (dx, dy) in pixels.
        """
        flow = self.backdrop.flow(times)
        for thing in self.objects:
            patch = self._patch(thing, numpy.zeros(1))
            if patch is not None:
                window = (patch.columns.start, patch.rows.start, *patch.layer.shape[:1:-1], self.device)
                moved = affine_positions(self.maps_at(thing, times), *window) - affine_positions(
                    numpy.eye(3)[None], *window
                )
                behind = flow[:, patch.rows, patch.columns]
                behind.copy_(torch.where(patch.layer[3, ..., None] >= 0.5, moved, behind))
        return flow

    def longest_path_pixels(self) -> float:
        """How far anything in view moves while the shutter is open, about."""
        paths = [
            longest_path_pixels(self.maps_at(thing, PATH_TIMES), thing.outline) for thing in self.objects
        ]
        return max([self.backdrop.longest_path_pixels(), *paths])

    def maps_at(self, thing: MovingObject, times: ndarray) -> ndarray:
        """The maps (affine, [T, 3, 3]) from where the object lies in the middle frame to where it lies at
        each time.
        """
        own = thing.motion.maps_at(times)
        return self.backdrop.carry(times, thing.motion.centre) @ own if thing.follows else own

    def _patch(self, thing: MovingObject, times: ndarray) -> Optional[Patch]:
        maps = self.maps_at(thing, times)
        window = visible_window(maps, thing.outline, self.size_pixels)
        if window is None:
            return None
        left, top, columns, rows = window
        positions = affine_positions(numpy.linalg.inv(maps), left, top, columns, rows, self.device)
        _, height, width = thing.premultiplied.shape
        corner_x, corner_y = thing.corner
        grid = torch.stack(
            [
                (positions[..., 0] + (0.5 - corner_x)) * (2 / width) - 1,
                (positions[..., 1] + (0.5 - corner_y)) * (2 / height) - 1,
            ],
            -1,
        )
        layer = F.grid_sample(
            thing.premultiplied[None],
            grid.view(1, -1, columns, 2),
            mode="bilinear",
            padding_mode="zeros",
            align_corners=False,
        )
        return Patch(
            slice(top, top + rows),
            slice(left, left + columns),
            positions,
            layer.view(4, len(times), rows, columns),
        )


def visible_window(maps: ndarray, outline: ndarray, size_pixels: int) -> Optional[Tuple[int, int, int, int]]:
    """Left, top, columns and rows of the window of the picture that the outline [n, 2] stays within under all
    maps [T, 3, 3]; None if it is never in view.
    """
    positions = maps[:, :2, :2] @ outline.T + maps[:, :2, 2:]
    left, top = (min(max(math.floor(low), 0), size_pixels) for low in positions.min((0, 2)))
    right, bottom = (min(max(math.ceil(high) + 1, 0), size_pixels) for high in positions.max((0, 2)))
    return (left, top, right - left, bottom - top) if right > left and bottom > top else None
