"""Drawn outlines of things that move before a scene: coverage masks, [side, side] in [0, 1], that fill their
square.
"""

from __future__ import annotations

import math
from typing import Callable, Dict

import numpy
from numpy import ndarray

Random = numpy.random.Generator


def draw_shape(random: Random, name: str, side: int) -> ndarray:
    """A random shape of a kind in `SHAPES`, its edge one pixel soft."""
    # From -1 to 1 over the mask; a hair's breadth is left free so that nothing touches the border.
    positions = (numpy.arange(side) + 0.5) / side * 2 - 1
    x, y = numpy.meshgrid(positions, positions)
    inside = SHAPES[name](random, x / 0.96, y / 0.96)
    return numpy.clip(inside * side / 2 + 0.5, 0, 1).astype(numpy.float32)


# Each shape: how far inside its edge a place (x, y) lies, about, in units in which the mask goes from -1 to
# 1; below 0, outside.


def blob(random: Random, x: ndarray, y: ndarray) -> ndarray:
    """A circle whose radius lobes with the angle."""
    angle, radius = numpy.arctan2(y, x), numpy.ones_like(x)
    largest = 1.0
    for frequency in (2, 3, 4, 5):
        height = random.uniform(0, 0.6 / frequency)
        radius += height * numpy.cos(frequency * angle + random.uniform(0, 2 * math.pi))
        largest += height
    return radius / largest - numpy.hypot(x, y)


def box(random: Random, x: ndarray, y: ndarray) -> ndarray:
    return oblong(
        random,
        x,
        y,
        width=random.uniform(0.3, 1),
        height=random.uniform(0.3, 1),
        tilt=random.uniform(0, math.pi) if random.uniform() < 0.5 else 0,
    )


def pole(random: Random, x: ndarray, y: ndarray) -> ndarray:
    return oblong(
        random,
        x,
        y,
        width=random.uniform(0.03, 0.15),
        height=1,
        tilt=random.normal(0, 0.1) + (math.pi / 2 if random.uniform() < 0.3 else 0),
    )


def oblong(random: Random, x: ndarray, y: ndarray, width: float, height: float, tilt: float) -> ndarray:
    cosine, sine = math.cos(tilt), math.sin(tilt)
    across, down = cosine * x + sine * y, cosine * y - sine * x
    # A tilted corner must stay within the mask.
    fit = 1 / max(abs(cosine) * width + abs(sine) * height, abs(sine) * width + abs(cosine) * height, 1)
    return numpy.minimum(width * fit - numpy.abs(across), height * fit - numpy.abs(down))


def ellipse(
    x: ndarray,
    y: ndarray,
    centre_x: float,
    centre_y: float,
    radius_x: float,
    radius_y: float,
    tilt_degrees: float,
) -> ndarray:
    tilt = math.radians(tilt_degrees)
    across, down = x - centre_x, y - centre_y
    across, down = (
        math.cos(tilt) * across + math.sin(tilt) * down,
        math.cos(tilt) * down - math.sin(tilt) * across,
    )
    return (1 - numpy.hypot(across / radius_x, down / radius_y)) * min(radius_x, radius_y)


def person(random: Random, x: ndarray, y: ndarray) -> ndarray:
    """Head, body, two arms and two legs, roughly."""
    build, head = random.uniform(0.18, 0.3), 0.11 * random.uniform(0.85, 1.25)
    parts = [
        ellipse(x, y, 0, -0.98 + 1.2 * head, head, 1.2 * head, 0),
        ellipse(x, y, 0, -0.28, build, 0.5, random.uniform(-8, 8)),
    ]
    for side in (-1, 1):
        leg, arm = random.uniform(-16, 16), random.uniform(-25, 25)
        parts.append(ellipse(x, y, side * build * 0.5 + 0.006 * leg, 0.45, build * 0.45, 0.5, -leg))
        parts.append(ellipse(x, y, side * build * 1.1, -0.25, build * 0.28, 0.38, arm))
    return numpy.max(parts, 0)


def foliage(random: Random, x: ndarray, y: ndarray) -> ndarray:
    """Smooth noise above a threshold that rises outwards: leaves and gaps."""
    leaves = numpy.zeros_like(x)
    frequency = random.uniform(4, 14)
    for _ in range(24):
        angle = random.uniform(0, 2 * math.pi)
        pitch = frequency * random.uniform(0.6, 1.4)
        leaves += numpy.cos(
            pitch * (math.cos(angle) * x + math.sin(angle) * y) + random.uniform(0, 2 * math.pi)
        )
    radius = numpy.hypot(x, y)
    # 12: the variance of a sum of 24 cosines; its slope is about the frequency.
    grown = (leaves / math.sqrt(12) - 3.2 * radius**2 + 1) / frequency
    return numpy.minimum(grown, 1 - radius)


SHAPES: Dict[str, Callable[[Random, ndarray, ndarray], ndarray]] = {
    "blob": blob,
    "box": box,
    "pole": pole,
    "person": person,
    "foliage": foliage,
}
