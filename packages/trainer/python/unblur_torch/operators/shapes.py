"""Operators that move elements, or pick some."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .registry import Attributes, Settings, TensorFunction, integers, operator


@operator("Reshape", settings=(1,))
def reshape(attributes: Attributes, settings: Settings) -> TensorFunction:
    shape = integers(settings[0])
    return lambda x: x.reshape(shape)


@operator("Transpose")
def transpose(attributes: Attributes, settings: Settings) -> TensorFunction:
    order = attributes["perm"]
    return lambda x: x.permute(order)


@operator("Expand", settings=(1,))
def expand(attributes: Attributes, settings: Settings) -> TensorFunction:
    shape = integers(settings[0])
    return lambda x: x.expand(torch.broadcast_shapes(x.shape, shape))


@operator("Tile", settings=(1,))
def tile(attributes: Attributes, settings: Settings) -> TensorFunction:
    repeats = integers(settings[0])
    return lambda x: x.repeat(repeats)


@operator("Concat")
def concat(attributes: Attributes, settings: Settings) -> TensorFunction:
    axis = attributes["axis"]
    return lambda *tensors: torch.cat(tensors, axis)


@operator("Split", settings=(1,))
def split(attributes: Attributes, settings: Settings) -> TensorFunction:
    sizes, axis = integers(settings[0]), attributes["axis"]
    return lambda x: torch.split(x, sizes, axis)


@operator("Slice", settings=(1, 2, 3, 4))
def slice_axes(attributes: Attributes, settings: Settings) -> TensorFunction:
    begins, ends, axes, steps = (integers(setting) for setting in settings)

    def run(x: Tensor) -> Tensor:
        for begin, end, axis, step in zip(begins, ends, axes, steps):
            places = range(x.shape[axis])[begin : (None if step < 0 and end < -x.shape[axis] else end) : step]
            if step > 0:
                index = slice(places.start, places.stop, step)
            else:
                # torch has no negative steps: the same places upwards, then turned round.
                index = slice(places[-1], places[0] + 1, -step)
            x = x[(slice(None),) * axis + (index,)]
            x = x.flip(axis) if step < 0 else x
        return x

    return run


@operator("Pad", settings=(1, 2))
def pad(attributes: Attributes, settings: Settings) -> TensorFunction:
    amounts = integers(settings[0])
    mode = {"constant": "constant", "reflect": "reflect", "edge": "replicate"}[
        attributes.get("mode", "constant")
    ]
    rank = len(amounts) // 2
    # torch counts axes from the last one, and its other modes take those of an image only.
    per_axis = [amount for axis in reversed(range(rank)) for amount in (amounts[axis], amounts[axis + rank])]
    if mode != "constant":
        if any(per_axis[4:]):
            raise ValueError(
                f"Expected Pad with mode '{mode}' along height and width only but received {amounts}."
            )
        return lambda x: F.pad(x, per_axis[:4], mode)
    value = settings[1].item() if len(settings) > 1 and settings[1] is not None else 0
    return lambda x: F.pad(x, per_axis, "constant", value)


@operator("Gather")
def gather(attributes: Attributes, settings: Settings) -> TensorFunction:
    axis = attributes["axis"]

    def run(x: Tensor, indices: Tensor) -> Tensor:
        picked = torch.index_select(x, axis, indices.reshape(-1).long())
        return picked.reshape(x.shape[:axis] + indices.shape + x.shape[axis + 1 :])

    return run


@operator("TopK", settings=(1,))
def largest_or_smallest(attributes: Attributes, settings: Settings) -> TensorFunction:
    """Values and indices along an axis."""
    count, axis = integers(settings[0])[0], attributes["axis"]
    largest, in_order = bool(attributes.get("largest", 1)), bool(attributes.get("sorted", 1))
    return lambda x: torch.topk(x, count, axis, largest, in_order)
