"""
How things move during an exposure, in numpy. Time runs from -1 (shutter opens) over 0 (the middle frame) to 1 (it closes).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Sequence

import numpy
from numpy import ndarray


def progress_at(time: float, acceleration: float) -> float:
    """
    How far along its path something is that speeds up (or slows down, below 0): -1 + a at time -1, 0 at 0, 1 + a at 1.
    Below an acceleration of 0.5, nothing turns back.
    """
    return time + acceleration * time * time


@dataclass(frozen=True)
class PlaneMotion:
    """
    A flat thing's motion in the picture: it is moved by velocity * u + bend * u^2 pixels, turned by turn_radians * u and scaled
    by exp(log_zoom * u) about its centre, with u its progress.
    """

    centre: ndarray
    velocity: ndarray
    bend: ndarray
    turn_radians: float = 0.0
    log_zoom: float = 0.0
    acceleration: float = 0.0

    def shift_at(self, time: float) -> ndarray:
        """Displacement [2] of the centre since the middle frame, in pixels."""
        progress = progress_at(time, self.acceleration)
        return self.velocity * progress + self.bend * progress**2

    def map_at(self, time: float) -> ndarray:
        """The map (3x3, affine, of columns (x, y, 1)) from where a point lies in the middle frame to where it lies now."""
        progress = progress_at(time, self.acceleration)
        scale, angle = math.exp(self.log_zoom * progress), self.turn_radians * progress
        cosine, sine = scale * math.cos(angle), scale * math.sin(angle)
        turn = numpy.array([[cosine, -sine], [sine, cosine]])
        affine = numpy.eye(3)
        affine[:2, :2] = turn
        affine[:2, 2] = self.centre - turn @ self.centre + self.shift_at(time)
        return affine


def draw_plane_motion(
    random: numpy.random.Generator, centre: Sequence[float], length_pixels: float, *, turn_degrees: float, zoom_percent: float, bend: float, acceleration: float
) -> PlaneMotion:
    """
    A motion in any direction.

    length_pixels: how far the centre goes from opening to closing, the bend not counted. turn_degrees, zoom_percent: the most
    during the exposure. bend: the most sideways, as a share of the length. acceleration: the most, either way.
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


STEPS = 8


def longest_path_pixels(maps_at: "Sequence[ndarray]", points: ndarray) -> float:
    """The farthest that any of the points [n, 2] travels under maps (3x3) at successive times."""
    columns = numpy.concatenate([points, numpy.ones((len(points), 1))], 1).T
    places = numpy.stack([(affine @ columns)[:2] for affine in maps_at])
    return float(numpy.linalg.norm(numpy.diff(places, axis=0), axis=1).sum(0).max())
