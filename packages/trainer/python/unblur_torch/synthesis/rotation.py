"""Rotations as 3x3 matrices (numpy, double) that turn camera axes into world axes: x right, y down, z along
the view.
"""

from __future__ import annotations

import math
from typing import Tuple

import numpy
from numpy import ndarray


def rotation_of(vectors: ndarray) -> ndarray:
    """The rotations [..., 3, 3] about vectors [..., 3] by their lengths in radians (Rodrigues)."""
    angle = numpy.sqrt((vectors**2).sum(-1))[..., None, None]
    x, y, z = numpy.moveaxis(vectors, -1, 0)
    zero = numpy.zeros_like(x)
    cross = numpy.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*x.shape, 3, 3)
    # sin(a) / a and (1 - cos(a)) / a^2; numpy's sinc is of multiples of pi, and 1 at 0.
    return (
        numpy.eye(3)
        + numpy.sinc(angle / math.pi) * cross
        + 0.5 * numpy.sinc(angle / (2 * math.pi)) ** 2 * (cross @ cross)
    )


def orientation_of_angles(yaw_degrees: float, pitch_degrees: float, roll_degrees: float) -> ndarray:
    """A camera that first rolls about its view, then pitches (positive looks down), then yaws (positive looks
    right).
    """
    yaw, pitch, roll = (math.radians(degrees) for degrees in (yaw_degrees, pitch_degrees, roll_degrees))
    return (
        rotation_of(numpy.array([0, yaw, 0]))
        @ rotation_of(numpy.array([-pitch, 0, 0]))
        @ rotation_of(numpy.array([0, 0, roll]))
    )


def axis_angle_of(rotation: ndarray) -> Tuple[ndarray, float]:
    """Axis (unit vector [3]) and angle in [0, pi) radians of a rotation; the z axis for none at all."""
    doubled_sine_axis = numpy.array(
        [rotation[2, 1] - rotation[1, 2], rotation[0, 2] - rotation[2, 0], rotation[1, 0] - rotation[0, 1]]
    )
    length = float(numpy.linalg.norm(doubled_sine_axis))
    if length == 0:
        return numpy.array([0.0, 0.0, 1.0]), 0.0
    return doubled_sine_axis / length, math.atan2(length, float(numpy.trace(rotation)) - 1)


def draw_shake_axis(random: numpy.random.Generator, roll_share: float) -> ndarray:
    """A camera's hand-shake axis, a unit vector in camera axes: it lies in the image plane in any direction,
    tilted out of it by `roll_share` times a standard normal number.
    """
    direction = random.uniform(0, 2 * math.pi)
    axis = numpy.array([math.cos(direction), math.sin(direction), roll_share * random.standard_normal()])
    return axis / numpy.linalg.norm(axis)


def draw_euler_rotation(random: numpy.random.Generator, limit_degrees: float) -> ndarray:
    """Rotation by uniform Euler angles about x, y, z in turn, each in [-limit, limit]: the paper's random
    rotation.
    """
    about_x, about_y, about_z = numpy.radians(random.uniform(-limit_degrees, limit_degrees, 3))
    return (
        rotation_of(numpy.array([about_x, 0, 0]))
        @ rotation_of(numpy.array([0, about_y, 0]))
        @ rotation_of(numpy.array([0, 0, about_z]))
    )
