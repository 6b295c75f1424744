"""Operators that work on every element by itself."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from .registry import Attributes, Settings, TensorFunction, operator, plain

for _name, _function in {
    "Abs": torch.abs,
    "Add": torch.add,
    "And": torch.logical_and,
    "Ceil": torch.ceil,
    "Cos": torch.cos,
    "Div": torch.div,
    "Equal": torch.eq,
    "Erf": torch.erf,
    "Exp": torch.exp,
    "Floor": torch.floor,
    "Greater": torch.gt,
    "GreaterOrEqual": torch.ge,
    "Identity": lambda x: x,
    "Less": torch.lt,
    "LessOrEqual": torch.le,
    "Log": torch.log,
    "MatMul": torch.matmul,
    "Max": torch.maximum,
    "Min": torch.minimum,
    "Mod": torch.remainder,
    "Mul": torch.mul,
    "Neg": torch.neg,
    "Not": torch.logical_not,
    "Or": torch.logical_or,
    "PRelu": lambda x, slope: torch.where(x < 0, x * slope, x),
    "Pow": torch.pow,
    "Reciprocal": torch.reciprocal,
    "Relu": torch.relu,
    "Round": torch.round,
    "Sigmoid": torch.sigmoid,
    "Sign": torch.sign,
    "Sin": torch.sin,
    "Softplus": F.softplus,
    "Sqrt": torch.sqrt,
    "Sub": torch.sub,
    "Tanh": torch.tanh,
    "Where": torch.where,
}.items():
    plain(_name, _function)


@operator("LeakyRelu")
def leaky_relu(attributes: Attributes, settings: Settings) -> TensorFunction:
    slope = attributes.get("alpha", 0.01)
    return lambda x: F.leaky_relu(x, slope)


@operator("Clip", settings=(1, 2))
def clip(attributes: Attributes, settings: Settings) -> TensorFunction:
    low, high = (None if bound is None else bound.item() for bound in settings)
    return lambda x: torch.clamp(x, low, high)


@operator("Cast")
def cast(attributes: Attributes, settings: Settings) -> TensorFunction:
    dtype = {1: torch.float32, 6: torch.int32, 7: torch.int64, 9: torch.bool}[attributes["to"]]
    return lambda x: x.to(dtype)
