"""A shutter that opens before a moving scene: pictures at many times, and their average."""

from __future__ import annotations

import math
from typing import Sequence, Tuple

import numpy
import torch
from numpy import ndarray
from torch import Tensor

from .moving_object import Scene
from .transfer import boost_highlights, display_of

MOST_RENDERS = 4096
# Pictures rendered in one go: few enough for a processor's cache, many enough to keep a GPU busy.
RENDERS_AT_ONCE = {"cpu": 4, "cuda": 64}


def render_count(fastest_pixels: float, frames: int, step_pixels: float) -> int:
    """How many pictures to render: neighbouring ones move by `step_pixels` at most, and the `frames` at even
    times are among them (Argaw et al., section 3). Raises ValueError for more than 4096.
    """
    intervals = frames - 1
    count = max(math.ceil(fastest_pixels / step_pixels / intervals), 1) * intervals + 1
    if count > MOST_RENDERS:
        raise ValueError(
            f"Expected an exposure of at most {MOST_RENDERS} rendered frames but it takes {count}; use a "
            "smaller angle or a larger stepPixels."
        )
    return count


def even_times(count: int) -> ndarray:
    """From -1 to 1; the middle one of an odd count is exactly 0."""
    return (2 * numpy.arange(count) - (count - 1)) / (count - 1)


def expose(
    scene: Scene,
    times: ndarray,
    kept: Sequence[int],
    averaging: str,
    *,
    highlight_boost: float = 1.0,
    only_kept: bool = False,
) -> Tuple[Tensor, Tensor]:
    """Renders the scene at all times, averages with equal weights, keeps some.

    kept: indexes of the times whose pictures are kept. only_kept: they alone are averaged, as the frames of a
    high-speed video are. Returns the average [3, S, S] and the kept pictures [kept, 3, S, S] in display
    values.
    """
    if only_kept:
        times, kept = times[list(kept)], range(len(kept))
    total, pictures = None, []
    at_once = RENDERS_AT_ONCE[scene.device.type]
    for start in range(0, len(times), at_once):
        light = boost_highlights(scene.render(times[start : start + at_once]), highlight_boost)
        pictures += [light[:, index - start] for index in kept if start <= index < start + at_once]
        summed = light.sum(1)
        total = summed if total is None else total + summed
    return display_of(total / len(times), averaging), display_of(torch.stack(pictures), averaging)
