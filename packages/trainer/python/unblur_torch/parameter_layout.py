"""Where each weight lies in one flat vector of all parameters.

A traced graph turns every convolution filter from [height, width, in, out] into the order that convolutions
read, anew in every step. Here the turned filter itself is the parameter: the turning is done once, when
weights are loaded, and undone when they are saved. Adam, clipping and averages work element by element and do
not notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Tuple

import numpy
import torch
from torch import Tensor

from .onnx_file import Graph, Node

KERNEL_ORDER_CHANNELS_LAST = (0, 2, 3, 1)
# Every weight begins at a multiple of so many elements, 16 bytes in bfloat16: cuDNN is slower without.
ALIGNMENT_ELEMENTS = 8


@dataclass(frozen=True)
class Parameter:
    """A weight as the graph's operations read it."""

    weight: str
    value: str
    """Name of the value that the weight is in the graph."""
    shape: Tuple[int, ...]
    memory_order: Tuple[int, ...]
    """Axes of `shape` from the one that varies slowest in the flat vector to the one that varies fastest."""
    source: numpy.ndarray
    """For every element of the flat piece, its index in the weight's own row-major order."""

    @property
    def size(self) -> int:
        return self.source.size


class ParameterLayout:
    def __init__(self, graph: Graph, weights: List[str], channels_last: bool):
        """`weights`: names of the graph's inputs that are weights, in the order in which they are to lie."""
        consumers = graph.consumers()
        self.parameters: List[Parameter] = []
        absorbed: List[Node] = []
        for weight in weights:
            parameter, nodes = follow_rearrangements(graph, weight, consumers, channels_last)
            self.parameters.append(parameter)
            absorbed.extend(nodes)
        gone = {id(node) for node in absorbed}
        self.graph = graph.with_nodes([node for node in graph.nodes if id(node) not in gone])
        """The graph without the operations that the layout makes unnecessary; its weights are named
        `Parameter.value`.
        """
        self._begins, self.size = [], 0
        for parameter in self.parameters:
            self._begins.append(self.size)
            self.size += -(-parameter.size // ALIGNMENT_ELEMENTS) * ALIGNMENT_ELEMENTS

    def slices(self, groups: List[List[str]]) -> List[slice]:
        """Where groups of weights lie, which are the layout's first ones, in its order."""
        begins = [*self._begins, self.size]
        ends = [begins[count] for count in numpy.cumsum([len(group) for group in groups])]
        return [slice(begin, end) for begin, end in zip([0, *ends], ends)]

    def flatten(self, weights: Dict[str, numpy.ndarray]) -> Tensor:
        """Weights by name, in their own order, to one vector, with zeros between them."""
        vector = numpy.zeros(self.size, numpy.float32)
        for parameter, begin in zip(self.parameters, self._begins):
            own_order = weights[parameter.weight].reshape(-1)
            vector[begin : begin + parameter.size] = own_order[parameter.source]
        return torch.from_numpy(vector)

    def unflatten(self, vector: Tensor) -> Dict[str, numpy.ndarray]:
        """The inverse of `flatten`; every weight is flat, in its own row-major order."""
        values = vector.detach().cpu().numpy()
        weights = {}
        for parameter, begin in zip(self.parameters, self._begins):
            own_order = numpy.empty(parameter.size, values.dtype)
            own_order[parameter.source] = values[begin : begin + parameter.size]
            weights[parameter.weight] = own_order
        return weights

    def views(self, vector: Tensor) -> Dict[str, Tensor]:
        """Pieces of the vector with the shapes that the graph's operations read, by `Parameter.value`."""
        views = {}
        for parameter, begin in zip(self.parameters, self._begins):
            stored = [parameter.shape[axis] for axis in parameter.memory_order]
            piece = vector[begin : begin + parameter.size].view(stored)
            views[parameter.value] = piece.permute(
                [parameter.memory_order.index(axis) for axis in range(len(stored))]
            )
        return views


def follow_rearrangements(
    graph: Graph, weight: str, consumers: Dict[str, List[Node]], channels_last: bool
) -> Tuple[Parameter, List[Node]]:
    """Follows a weight through the operations that only rearrange it, as long as nothing else reads it on the
    way.
    """
    shape = graph.inputs[weight]
    indices = numpy.arange(int(numpy.prod(shape, dtype=numpy.int64))).reshape(shape)
    value, nodes = weight, []
    while len(consumers.get(value, [])) == 1 and value not in graph.outputs:
        node = consumers[value][0]
        rearranged = rearrange(indices, node, graph)
        if rearranged is None:
            break
        indices, value = rearranged, node.outputs[0]
        nodes.append(node)
    rank = indices.ndim
    memory_order = KERNEL_ORDER_CHANNELS_LAST if channels_last and rank == 4 else tuple(range(rank))
    return Parameter(
        weight, value, indices.shape, memory_order, indices.transpose(memory_order).reshape(-1)
    ), nodes


def rearrange(indices: numpy.ndarray, node: Node, graph: Graph) -> "numpy.ndarray | None":
    """What the node makes of the indices, or None where it does more than rearrange."""
    if node.operator == "Transpose":
        return indices.transpose(node.attributes["perm"])
    if node.operator == "Reshape":
        return indices.reshape(graph.constants[node.inputs[1]])
    if node.operator == "MatMul" and node.inputs[1] in graph.constants:
        # The trace multiplies by a permutation matrix where that is the faster way to move numbers.
        matrix = graph.constants[node.inputs[1]]
        is_permutation = (
            matrix.ndim == 2
            and ((matrix == 0) | (matrix == 1)).all()
            and (matrix.sum(0) == 1).all()
            and (matrix.sum(1) == 1).all()
        )
        return indices[..., matrix.argmax(0)] if is_permutation else None
    return None
