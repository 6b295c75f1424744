"""Which operations run in bfloat16, and which must not."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, List, Mapping, Set, Tuple

import numpy
import torch

from .onnx_file import Graph, Node
from .operators import OPERATORS
from .simplification import CONVOLUTIONS

# Most of the arithmetic is here.
LOW = (*CONVOLUTIONS, "MatMul")
# These move or scale single numbers, so they go on in the precision of what they are given.
FOLLOWING = (
    "LeakyRelu",
    "LeakyReluInPlace",
    "Reshape",
    "Transpose",
    "DepthToSpace",
    "Slice",
    "Split",
    "Pad",
    "Identity",
    "StopGradient",
)


def use_bfloat16(
    graph: Graph, weights: Mapping[str, Tuple[int, ...]], device: torch.device
) -> Tuple[Graph, Set[str]]:
    """Convolutions and products of matrices in bfloat16, as long as they do not make coordinates: a motion of
    some pixels in bfloat16 is off by up to a tenth of a pixel. All else (images, motions, sampling, losses)
    stays in float32, and on a processor what torch differentiates wrongly there (`has_odd_channels`).

    weights: their shapes by name. Returns the graph with its conversions, and the weights that it reads in
    bfloat16.
    """
    # A filter that is a constant works on images, not on features.
    constant_filters = {
        id(node)
        for node in graph.nodes
        if node.operator in CONVOLUTIONS and node.inputs[1] in graph.constants
    }
    coordinates = makers_of_coordinates(graph, constant_filters)
    consumers = graph.consumers()
    low_values: Set[str] = set()
    low_weights: Set[str] = set()
    converted: Dict[Tuple[str, bool], str] = {}
    nodes: List[Node] = []

    def runs_low(node: Node) -> bool:
        return (
            node.operator in LOW
            and id(node) not in coordinates
            and id(node) not in constant_filters
            and not (device.type == "cpu" and has_odd_channels(node, weights))
        )

    def wanted_low(value: str) -> bool:
        """Whether all that is done with a value is done in bfloat16."""
        readers = consumers.get(value, [])
        return value not in graph.outputs and all(
            runs_low(node) or (node.operator == "Concat" and wanted_low(node.outputs[0])) for node in readers
        )

    def in_precision(value: str, low: bool) -> str:
        if value == "" or (value in low_values) == low or is_integer(graph, value):
            return value
        if value in weights:
            if low:
                low_weights.add(value)
            return value
        key = (value, low)
        if key not in converted:
            converted[key] = f"{value}:{'low' if low else 'full'}"
            nodes.append(Node("ToBfloat16" if low else "ToFloat32", (value,), (converted[key],)))
        return converted[key]

    for node in graph.nodes:
        if runs_low(node):
            low = True
        elif node.operator in FOLLOWING:
            low = node.inputs[0] in low_values
        else:
            low = node.operator == "Concat" and wanted_low(node.outputs[0])
        settings = OPERATORS[node.operator].settings if node.operator in OPERATORS else ()
        inputs = tuple(
            name if at in settings else in_precision(name, low) for at, name in enumerate(node.inputs)
        )
        nodes.append(replace(node, inputs=inputs))
        if low:
            low_values.update(node.outputs)
    both = low_weights & {name for node in graph.nodes if not runs_low(node) for name in node.inputs}
    if both:
        raise ValueError(
            f"Expected every weight to be read in one precision but {', '.join(sorted(both))} is read in "
            "both."
        )
    return graph.with_nodes(nodes), low_weights


def has_odd_channels(node: Node, weights: Mapping[str, Tuple[int, ...]]) -> bool:
    """Whether a convolution's results have an odd number of channels. In bfloat16, torch 2.6 on a processor
    then fills the gradient of what it reads with whatever lay in memory. Only heads have.
    """
    shape = weights.get(node.inputs[1]) if node.operator == "Conv" else None
    return shape is not None and shape[0] % 2 == 1


def makers_of_coordinates(graph: Graph, constant_filters: Set[int]) -> Set[int]:
    """The convolutions and matrix products whose results become sampling coordinates without an activation in
    between. Those that make an image by which coordinates are found, taken as given, are not among them.
    """
    made_by = {name: node for node in graph.nodes for name in node.outputs}
    pending = [node.inputs[1] for node in graph.nodes if node.operator == "GridSample"]
    seen: Set[str] = set()
    makers: Set[int] = set()
    while pending:
        value = pending.pop()
        node = made_by.get(value)
        if value in seen or node is None:
            continue
        seen.add(value)
        if node.operator in LOW and id(node) not in constant_filters:
            makers.add(id(node))
        elif node.operator not in ("LeakyRelu", "LeakyReluInPlace", "GridSample", "StopGradient"):
            pending.extend(node.inputs)
    return makers


def is_integer(graph: Graph, value: str) -> bool:
    constant = graph.constants.get(value)
    return constant is not None and not numpy.issubdtype(constant.dtype, numpy.floating)
