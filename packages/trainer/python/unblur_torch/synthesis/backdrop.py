"""What lies behind all objects: a panorama before a camera that turns, or a still photograph on a plane that
moves.

A backdrop renders what the camera sees at given times, and knows where each thing it shows lies in the middle
frame. Tensors of pictures are [3, T, S, S], values of the averaging space (see `transfer`); positions are in
pixels of the picture, (x, y), pixel centres at integers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Callable, Optional

import numpy
import torch
import torch.nn.functional as F
from numpy import ndarray
from torch import Tensor

from ..to_device import to_device
from .camera import PinholeCamera, fastest_pixels_per_radian
from .motion_path import PATH_TIMES, PlaneMotion, longest_path_pixels, progress_at, still_at
from .panorama import look_along
from .rotation import rotation_of


class Backdrop:
    size_pixels: int
    device: torch.device

    def render(self, times: ndarray) -> Tensor:
        """[3, T, S, S] values of the averaging space."""
        raise NotImplementedError

    def middle_positions(self, times: ndarray, positions: Tensor) -> Tensor:
        """[T, S, S, 2]: where in the middle frame is what the frame at each time shows at `positions` [T or
        1, S, S, 2].
        """
        raise NotImplementedError

    def carry(self, times: ndarray, point: ndarray) -> ndarray:
        """The maps (affine, [T, 3, 3]) by which something near a point [2] that is part of the scene is moved
        from the middle frame to each time.
        """
        raise NotImplementedError

    def longest_path_pixels(self) -> float:
        """How far the fastest pixel moves while the shutter is open, about."""
        raise NotImplementedError

    @property
    def pixels(self) -> Tensor:
        """[1, S, S, 2]: every pixel's own place."""
        return affine_positions(numpy.eye(3)[None], 0, 0, self.size_pixels, self.size_pixels, self.device)

    def displacement(self, times: ndarray) -> Tensor:
        """[T, S, S, 2]: from where a pixel of the frame at each time lies to where the middle frame shows the
        same, (dx, dy) in pixels.
        """
        return self.middle_positions(times, self.pixels) - self.pixels

    def flow(self, times: ndarray) -> Tensor:
        """[T, S, S, 2]: from where a pixel of the middle frame lies to where the frame at each time shows the
        same, to a hundredth of a pixel.
        """
        positions = self.pixels
        for _ in range(INVERSION_STEPS):
            positions = positions - (self.middle_positions(times, positions) - self.pixels)
        return positions - self.pixels


# A map near the identity is inverted by steps of as much as it misses by.
INVERSION_STEPS = 12


@dataclass(frozen=True)
class Parallax:
    """Nearer and farther positions of the scene: depth [S, S] in [-1, 1] times `share` is how much more or
    less than the rest they are shifted.
    """

    depth: Tensor
    share: float

    def factor_at(self, positions: Optional[Tensor] = None) -> Tensor:
        """How far positions [T or 1, S, S, 2] are shifted, relative to the rest: [T or 1, S, S]. Default: the
        pixels' own.
        """
        depth = self.depth[None]
        if positions is not None:
            grid = (positions + 0.5) * (2 / self.depth.shape[-1]) - 1
            depth = F.grid_sample(
                self.depth.expand(len(grid), 1, -1, -1),
                grid,
                mode="bilinear",
                padding_mode="border",
                align_corners=False,
            )[:, 0]
        return 1 + self.share * depth


@dataclass(frozen=True)
class CameraTurn:
    """The orientation of a camera over time: `middle`, then a turn about half_turn * u + half_bend * u^2
    (radians, camera axes), with u its progress.
    """

    middle: ndarray
    half_turn: ndarray
    half_bend: ndarray = field(default_factory=lambda: numpy.zeros(3))
    acceleration: float = 0.0

    def orientations_at(self, times: ndarray) -> ndarray:
        """[T, 3, 3]: from camera axes to those of the world."""
        progress = progress_at(times, self.acceleration)[:, None]
        return self.middle @ rotation_of(self.half_turn * progress + self.half_bend * progress**2)


@dataclass(frozen=True)
class PanoramaBackdrop(Backdrop):
    level: Tensor
    """uint8 [3, h, w], of a `Panorama`."""
    camera: PinholeCamera
    turn: CameraTurn
    response: Callable[[Tensor], Tensor]
    """From interpolated bytes [3, T, S, S] to values of the averaging space, as a `Response` does."""
    shift: PlaneMotion = still_at((0, 0))
    """Beside the turn, the scene is moved as a plane (a camera that steps aside)."""
    parallax: Optional[Parallax] = None

    @property
    def size_pixels(self) -> int:
        return self.camera.size_pixels

    @property
    def device(self) -> torch.device:
        return self.level.device

    def render(self, times: ndarray) -> Tensor:
        positions = torch.arange(self.size_pixels, device=self.device, dtype=torch.float32)
        x, y, z = self._turned_rays(
            self.turn.orientations_at(times),
            times,
            positions.view(1, 1, -1),
            positions.view(1, -1, 1),
            self.parallax and self.parallax.factor_at(),
        )
        return self.response(look_along(self._levels, x, y, z))

    def middle_positions(self, times: ndarray, positions: Tensor) -> Tensor:
        turns = self.turn.middle.T @ self.turn.orientations_at(times)
        x, y, z = self._turned_rays(
            turns,
            times,
            positions[..., 0],
            positions[..., 1],
            self.parallax and self.parallax.factor_at(positions),
        )
        # A ray that the middle camera has behind it has no place in its picture; as far away as this is as
        # good as any.
        scale = self.camera.focal_pixels / z.clamp(min=0.05)
        return torch.stack([x * scale + self.camera.principal_x, y * scale + self.camera.principal_y], -1)

    def carry(self, times: ndarray, point: ndarray) -> ndarray:
        camera = self.camera
        principal = numpy.array([camera.principal_x, camera.principal_y])
        ray = numpy.array([*camera.slopes_at(*point), 1])
        # Rotations' inverses are their transposes: rays in each time's camera axes, as rows.
        rays = (self.turn.middle @ ray) @ self.turn.orientations_at(times)
        maps = numpy.tile(numpy.eye(3), (len(times), 1, 1))
        maps[:, :2, 2] = (
            rays[:, :2] / numpy.maximum(rays[:, 2:], 0.05) * camera.focal_pixels
            + principal
            - point
            + self.shift.shifts_at(times)
        )
        return maps

    def longest_path_pixels(self) -> float:
        bent_radians = 2 * float(numpy.linalg.norm(self.turn.half_bend))
        radians = 2 * float(numpy.linalg.norm(self.turn.half_turn))
        axis = self.turn.half_turn / (radians / 2) if radians > 0 else numpy.array([0.0, 0.0, 1.0])
        turned = (
            fastest_pixels_per_radian(self.camera, axis) * radians + self.camera.focal_pixels * bent_radians
        )
        nearest = 1 + (self.parallax.share if self.parallax else 0)
        return turned + longest_path_pixels(self.shift.maps_at(PATH_TIMES), numpy.zeros((1, 2))) * nearest

    @cached_property
    def _levels(self) -> Tensor:
        return self.level.float()

    def _turned_rays(
        self, turns: ndarray, times: ndarray, column: Tensor, row: Tensor, shift_factor: Optional[Tensor]
    ) -> "tuple[Tensor, Tensor, Tensor]":
        """Rays [T, S, S] through positions (column, row), in camera axes, each time's turned by a matrix of
        [T, 3, 3].
        """
        across, down = self.camera.slopes_at(column, row)
        shifts = self.shift.shifts_at(times) / self.camera.focal_pixels
        if shifts.any():
            shift = on_device(shifts, self.device).view(-1, 2, 1, 1)
            if shift_factor is not None:
                shift = shift * shift_factor[:, None]
            across, down = across - shift[:, 0], down - shift[:, 1]
        matrix = on_device(turns, self.device).view(-1, 9, 1, 1).unbind(1)
        x, y, z = (
            matrix[3 * axis] * across + (matrix[3 * axis + 1] * down + matrix[3 * axis + 2])
            for axis in range(3)
        )
        return x, y, z


@dataclass(frozen=True)
class PlaneBackdrop(Backdrop):
    texture: Tensor
    """[3, S + 2 M, S + 2 M] values of the averaging space: pixel (x, y) of the middle frame is at (x + M, y +
    M); beyond it, its outermost pixels go on.
    """
    size_pixels: int
    motion: PlaneMotion
    parallax: Optional[Parallax] = None

    @property
    def device(self) -> torch.device:
        return self.texture.device

    def render(self, times: ndarray) -> Tensor:
        grid_pixels = self.texture.shape[-1]
        positions = affine_positions(
            self._inverse_maps(times), 0, 0, self.size_pixels, self.size_pixels, self.device
        )
        if self.parallax:
            positions = positions - self._parallax_shift(times, self.parallax.factor_at())
        positions = positions + (0.5 + (grid_pixels - self.size_pixels) // 2)
        grid = (positions * (2 / grid_pixels) - 1).view(1, len(times) * self.size_pixels, self.size_pixels, 2)
        sampled = F.grid_sample(
            self.texture[None], grid, mode="bilinear", padding_mode="border", align_corners=False
        )
        return sampled.view(3, len(times), self.size_pixels, self.size_pixels)

    def middle_positions(self, times: ndarray, positions: Tensor) -> Tensor:
        m = on_device(self._inverse_maps(times)[:, :2], self.device).view(-1, 6, 1, 1).unbind(1)
        column, row = positions[..., 0], positions[..., 1]
        moved = torch.stack([m[0] * column + m[1] * row + m[2], m[3] * column + m[4] * row + m[5]], -1)
        return (
            moved - self._parallax_shift(times, self.parallax.factor_at(positions))
            if self.parallax
            else moved
        )

    def carry(self, times: ndarray, point: ndarray) -> ndarray:
        return self.motion.maps_at(times)

    def longest_path_pixels(self) -> float:
        nearest = 1 + (self.parallax.share if self.parallax else 0)
        return longest_path_pixels(self.motion.maps_at(PATH_TIMES), corners(self.size_pixels)) * nearest

    def _inverse_maps(self, times: ndarray) -> ndarray:
        return numpy.linalg.inv(self.motion.maps_at(times))

    def _parallax_shift(self, times: ndarray, factor: Tensor) -> Tensor:
        """[T, S, S, 2]: how much farther than the rest positions are shifted."""
        shifts = on_device(self.motion.shifts_at(times), self.device)
        return shifts.view(-1, 1, 1, 2) * (factor - 1)[..., None]


def corners(size_pixels: int) -> ndarray:
    far = size_pixels - 1
    return numpy.array([[0, 0], [far, 0], [0, far], [far, far]], float)


def on_device(values: ndarray, device: torch.device) -> Tensor:
    return to_device(torch.from_numpy(numpy.ascontiguousarray(values, numpy.float32)), device)


def affine_positions(
    maps: ndarray, left: int, top: int, columns: int, rows: int, device: torch.device
) -> Tensor:
    """[T, rows, columns, 2]: where the maps (affine, [T, 3, 3]) take the pixels of a window."""
    m = on_device(maps[:, :2], device).view(-1, 6, 1, 1).unbind(1)
    column = torch.arange(left, left + columns, device=device, dtype=torch.float32).view(1, 1, -1)
    row = torch.arange(top, top + rows, device=device, dtype=torch.float32).view(1, -1, 1)
    return torch.stack([m[0] * column + (m[1] * row + m[2]), m[3] * column + (m[4] * row + m[5])], -1)


def draw_depth(random: numpy.random.Generator, size_pixels: int, device: torch.device) -> Tensor:
    """A smooth random field [S, S] in [-1, 1], with 2 to 6 hills or hollows across."""
    hills = int(random.integers(2, 7))
    coarse = on_device(random.uniform(-1, 1, (1, 1, hills, hills)), device)
    return F.interpolate(coarse, size=(size_pixels, size_pixels), mode="bicubic", align_corners=True)[
        0, 0
    ].clamp(-1, 1)
