"""Starting weights, drawn as core-model/src/weights/initial-weights.ts draws them, to the last bit: they need
not travel with a packed run.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, Mapping

import numpy

UNIFORMS_PER_NORMAL = 12
# So many fit a processor's cache.
NORMALS_AT_ONCE = 1 << 14


def draw_weights(drawing: Mapping[str, Any]) -> Dict[str, numpy.ndarray]:
    """drawing: `seed`, and the shape and the deviation of every weight, as a plan has them."""
    weights, drawn = {}, 0
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        for name, weight in drawing["weights"].items():
            values = numpy.zeros(int(numpy.prod(weight["shape"], dtype=numpy.int64)), numpy.float32)
            if weight["deviation"] != 0:

                def fill(begin: int) -> None:
                    piece = values[begin : begin + NORMALS_AT_ONCE]
                    piece[:] = weight["deviation"] * normal_numbers(
                        drawing["seed"], drawn + begin, piece.size
                    )

                list(threads.map(fill, range(0, values.size, NORMALS_AT_ONCE)))
                drawn += values.size
            weights[name] = values.reshape(weight["shape"])
    return weights


def normal_numbers(seed: int, first: int, count: int) -> numpy.ndarray:
    """Numbers `first` and on of a seed's sequence: sums of twelve uniforms, less six."""
    draws = numpy.arange(1, count * UNIFORMS_PER_NORMAL + 1, dtype=numpy.uint32)
    draws += numpy.uint32(first * UNIFORMS_PER_NORMAL & 0xFFFFFFFF)
    # mulberry32, whose state grows by the same number with every draw.
    state = draws * numpy.uint32(0x6D2B79F5)
    state += numpy.uint32((seed ^ 0x9E3779B9) & 0xFFFFFFFF)
    mixed = (state ^ (state >> numpy.uint32(15))) * (state | numpy.uint32(1))
    mixed ^= mixed + (mixed ^ (mixed >> numpy.uint32(7))) * (mixed | numpy.uint32(61))
    mixed ^= mixed >> numpy.uint32(14)
    uniforms = mixed.astype(numpy.float64) / 2**32
    return uniforms.reshape(count, UNIFORMS_PER_NORMAL).sum(1) - UNIFORMS_PER_NORMAL / 2
