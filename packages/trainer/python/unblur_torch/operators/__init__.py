"""The ONNX operators that @unblur/onnx emits, in torch.

Each entry of OPERATORS turns a node into a function of its tensors. Inputs that ONNX passes as tensors but
that say how the operator works (shapes, axes, pads) are constants in a traced graph; they are read when the
graph is compiled and are called settings here. Images are [batch, channels, height, width].
"""

from . import elementwise, images, not_of_onnx, reductions, shapes  # noqa: F401 each registers its own
from .registry import OPERATORS

__all__ = ["OPERATORS"]
