"""Augmentation of one sample, drawn; and its geometric part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Optional, Tuple

import numpy
import torch
from torch import Tensor


@dataclass(frozen=True)
class Augmentation:
    mirror_x: bool = False
    mirror_y: bool = False
    transpose: bool = False
    """Swaps rows and columns; with the mirrors, this makes every quarter turn."""
    reverse_time: bool = False
    gains: Tuple[float, float, float] = (1.0, 1.0, 1.0)
    gamma: float = 1.0
    noise_sigma: float = 0.0
    jpeg_quality: Optional[int] = None


def draw_augmentation(random: numpy.random.Generator, options: Mapping[str, Any]) -> Augmentation:
    flip_x, flip_y, turn, half_turn, reverse = random.uniform(size=5) < 0.5
    gain = random.uniform(*options["gain"])
    gains = (
        gain * random.uniform(*options["whiteBalance"]),
        gain,
        gain * random.uniform(*options["whiteBalance"]),
    )
    half_turned, quarter_turned = options["quarterTurns"] and half_turn, options["quarterTurns"] and turn
    compressed = options["jpegQuality"] is not None and random.uniform() < options["jpegShare"]
    return Augmentation(
        # A quarter turn is a transposition and one mirror; a half turn is both mirrors.
        mirror_x=bool((options["flips"] and flip_x) ^ half_turned ^ quarter_turned),
        mirror_y=bool((options["flips"] and flip_y) ^ half_turned),
        transpose=bool(quarter_turned),
        reverse_time=bool(options["timeReversal"] and reverse),
        gains=gains,
        gamma=random.uniform(*options["gamma"]),
        noise_sigma=random.uniform(*options["noiseSigma"]),
        jpeg_quality=round(random.uniform(*options["jpegQuality"])) if compressed else None,
    )


def rearrange_pixels(pictures: Tensor, augmentation: Augmentation) -> Tensor:
    """Square pictures [..., S, S], transposed, then mirrored."""
    if augmentation.transpose:
        pictures = pictures.transpose(-1, -2)
    mirrored = [axis for axis, mirror in ((-1, augmentation.mirror_x), (-2, augmentation.mirror_y)) if mirror]
    return pictures.flip(mirrored) if mirrored else pictures


def rearrange_vectors(vectors: Tensor, augmentation: Augmentation) -> Tensor:
    """Fields of vectors (dx, dy) [..., 2, S, S], moved as `rearrange_pixels` does pictures, and turned with
    them.
    """
    moved = rearrange_pixels(vectors, augmentation)
    if augmentation.transpose:
        moved = moved.flip(-3)
    if not (augmentation.mirror_x or augmentation.mirror_y):
        return moved
    along_x, along_y = moved.unbind(-3)
    return torch.stack(
        [-along_x if augmentation.mirror_x else along_x, -along_y if augmentation.mirror_y else along_y], -3
    )


def draw_averaging(random: numpy.random.Generator, choice: Any) -> str:
    """An averaging space: the one that is given, or one of several by weight, {name: weight}."""
    if isinstance(choice, str):
        return choice
    names = list(choice)
    weights = numpy.array([choice[name] for name in names], float)
    return names[int(random.choice(len(names), p=weights / weights.sum()))]
