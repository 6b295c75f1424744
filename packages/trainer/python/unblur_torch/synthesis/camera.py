"""A pinhole camera without distortion, which sees a square window of a photograph."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy
from numpy import ndarray


@dataclass(frozen=True)
class PinholeCamera:
    """Pixel centres lie at integers. The principal point may lie off the centre, or outside: the picture is
    then a window into a larger photograph.
    """

    size_pixels: int
    focal_pixels: float
    principal_x: float
    principal_y: float

    def slopes_at(self, column, row):
        """How far to the right and down the rays through positions, in pixels, go for each step along the
        view: numbers, arrays or tensors, as they are given.
        """
        return (column - self.principal_x) / self.focal_pixels, (row - self.principal_y) / self.focal_pixels


def focal_pixels_of(field_of_view_degrees: float, extent_pixels: float) -> float:
    """Focal length of a photograph `extent_pixels` wide that sees `field_of_view_degrees` across."""
    return extent_pixels / 2 / math.tan(math.radians(field_of_view_degrees) / 2)


def draw_window(
    random: numpy.random.Generator, photo_pixels: int, size_pixels: int, focal_pixels: float
) -> PinholeCamera:
    """The camera of a random window of `size_pixels` a side in a square photograph of `photo_pixels`."""
    left, top = random.integers(photo_pixels - size_pixels + 1, size=2)
    middle = (photo_pixels - 1) / 2
    return PinholeCamera(size_pixels, focal_pixels, middle - left, middle - top)


# A pixel's speed is largest at the border; so many positions along each side find it within a hundredth.
POSITIONS_PER_SIDE = 17


def fastest_pixels_per_radian(camera: PinholeCamera, axis: ndarray) -> float:
    """The fastest that any pixel moves, in pixels per radian, while the camera turns about an axis [3] fixed
    in camera axes.
    """
    positions = numpy.linspace(0, camera.size_pixels - 1, POSITIONS_PER_SIDE)
    x, y = camera.slopes_at(positions[None, :], positions[:, None])
    along_x = x * y * axis[0] - (1 + x * x) * axis[1] + y * axis[2]
    along_y = (1 + y * y) * axis[0] - x * y * axis[1] - x * axis[2]
    return float(numpy.sqrt(along_x**2 + along_y**2).max()) * camera.focal_pixels
