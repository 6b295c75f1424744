"""How things move during an exposure, in numpy. Time runs from -1 (shutter opens) over 0 (the middle frame)
to 1 (it closes).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Sequence

import numpy
from numpy import ndarray


def progress_at(times: ndarray, acceleration: float) -> ndarray:
    """How far along its path something is whose speed goes from 1 - acceleration when the shutter opens to
    1 + acceleration when it closes: 0 in the middle. As long as acceleration is from -1 to 1, nothing turns
    back.
    """
    return times + acceleration / 2 * times * times


@dataclass(frozen=True)
class PlaneMotion:
    """A flat thing's motion in the picture: it is moved by velocity * u + bend * u^2 pixels, turned by
    turn_radians * u and scaled by exp(log_zoom * u) about its centre, with u its progress.
    """

    centre: ndarray
    velocity: ndarray
    bend: ndarray
    turn_radians: float = 0.0
    log_zoom: float = 0.0
    acceleration: float = 0.0

    def shifts_at(self, times: ndarray) -> ndarray:
        """Displacements [T, 2] of the centre since the middle frame, in pixels."""
        progress = progress_at(times, self.acceleration)[:, None]
        return self.velocity * progress + self.bend * progress**2

    def maps_at(self, times: ndarray) -> ndarray:
        """The maps (affine, [T, 3, 3], of columns (x, y, 1)) from where a point lies in the middle frame to
        where it lies at each time.
        """
        progress = progress_at(times, self.acceleration)
        scale, angle = numpy.exp(self.log_zoom * progress), self.turn_radians * progress
        cosine, sine = scale * numpy.cos(angle), scale * numpy.sin(angle)
        maps = numpy.zeros((len(times), 3, 3))
        maps[:, 0, 0] = maps[:, 1, 1] = cosine
        maps[:, 0, 1], maps[:, 1, 0], maps[:, 2, 2] = -sine, sine, 1
        maps[:, :2, 2] = self.centre - maps[:, :2, :2] @ self.centre + self.shifts_at(times)
        return maps


def draw_plane_motion(
    random: numpy.random.Generator,
    centre: Sequence[float],
    length_pixels: float,
    *,
    turn_degrees: float,
    zoom_percent: float,
    bend: float,
    acceleration: float,
) -> PlaneMotion:
    """A motion in any direction.

    length_pixels: how far the centre goes from opening to closing, the bend not counted. turn_degrees,
    zoom_percent: the most during the exposure. bend: the most sideways, as a share of the length.
    acceleration: the most, either way.
    """
    direction = random.uniform(0, 2 * math.pi)
    along = numpy.array([math.cos(direction), math.sin(direction)])
    sideways = random.uniform(-bend, bend) * length_pixels
    return PlaneMotion(
        centre=numpy.asarray(centre, float),
        velocity=along * length_pixels / 2,
        bend=numpy.array([-along[1], along[0]]) * sideways,
        turn_radians=math.radians(random.uniform(-turn_degrees, turn_degrees)) / 2,
        log_zoom=math.log1p(random.uniform(-zoom_percent, zoom_percent) / 100) / 2,
        acceleration=random.uniform(-acceleration, acceleration),
    )


def still_at(centre: Sequence[float]) -> PlaneMotion:
    return PlaneMotion(numpy.asarray(centre, float), numpy.zeros(2), numpy.zeros(2))


# Moments at which the lengths of paths are measured.
PATH_TIMES = numpy.linspace(-1, 1, 9)


def longest_path_pixels(maps: ndarray, points: ndarray) -> float:
    """The farthest that any of the points [n, 2] travels under maps [T, 3, 3] at successive times."""
    positions = maps[:, :2, :2] @ points.T + maps[:, :2, 2:]
    return float(numpy.sqrt((numpy.diff(positions, axis=0) ** 2).sum(1)).sum(0).max())
