"""What `simplification.py` and `precision.py` put into a graph."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from .registry import Attributes, Settings, TensorFunction, operator, plain

plain("StopGradient", torch.Tensor.detach)
plain("ToBfloat16", lambda x: x.to(torch.bfloat16))
plain("ToFloat32", lambda x: x.to(torch.float32))


@operator("LeakyReluInPlace")
def leaky_relu_in_place(attributes: Attributes, settings: Settings) -> TensorFunction:
    slope = attributes.get("alpha", 0.01)
    return lambda x: F.leaky_relu(x, slope, inplace=True)
