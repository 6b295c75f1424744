"""Operators that sum up, or compare, along axes."""

from __future__ import annotations

from typing import Callable, List

import torch
from torch import Tensor

from .registry import Attributes, Settings, TensorFunction, integers, operator


def reduction(
    function: Callable[[Tensor, List[int], bool], Tensor],
) -> Callable[[Attributes, Settings], TensorFunction]:
    def build(attributes: Attributes, settings: Settings) -> TensorFunction:
        axes, keep = integers(settings[0]), bool(attributes["keepdims"])
        return lambda x: function(x, axes, keep)

    return build


operator("ReduceSum", settings=(1,))(reduction(torch.sum))
operator("ReduceMean", settings=(1,))(reduction(torch.mean))
operator("ReduceMax", settings=(1,))(reduction(torch.amax))
operator("ReduceMin", settings=(1,))(reduction(torch.amin))


@operator("Softmax")
def softmax(attributes: Attributes, settings: Settings) -> TensorFunction:
    axis = attributes["axis"]
    return lambda x: torch.softmax(x, axis)


@operator("Einsum")
def einsum(attributes: Attributes, settings: Settings) -> TensorFunction:
    equation = attributes["equation"]
    return lambda *tensors: torch.einsum(equation, *tensors)
