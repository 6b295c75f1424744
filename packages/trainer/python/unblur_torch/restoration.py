"""The network as it restores, with the weights that it has by then."""

from __future__ import annotations

from typing import Callable, Dict, List

import numpy
import torch
from torch import Tensor

from .onnx_file import Graph
from .parameter_layout import ParameterLayout
from .program import write_program
from .simplification import simplify


class Restoration:
    """The restoring network, in float32 whatever training uses, since that is how its weights will be
    used.
    """

    def __init__(self, graph: Graph, weights: List[str], channels_last: bool, device: torch.device):
        self._layout = ParameterLayout(graph, weights, channels_last)
        shapes = {parameter.value: parameter.shape for parameter in self._layout.parameters}
        simplified = simplify(self._layout.graph, shapes)
        self._outputs = list(graph.outputs)
        self._program = write_program(simplified, [*shapes, "blurred"], self._outputs, device)
        self._device = device
        self._values: List[Tensor] = []

    def forget(self) -> None:
        """The weights have changed."""
        self._values = []

    @torch.no_grad()
    def restore(
        self, read_weights: Callable[[], Dict[str, numpy.ndarray]], blurred: Tensor
    ) -> Dict[str, Tensor]:
        """By the names of the graph's outputs, in their order. read_weights: asked if they have changed."""
        if not self._values:
            vector = self._layout.flatten(read_weights()).to(self._device)
            self._values = list(self._layout.views(vector).values())
        return dict(zip(self._outputs, self._program(*self._values, blurred)))
