"""Rewrites of a graph before torch runs it: what it must know to differentiate, and what is faster with the
same results.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, Tuple

from .onnx_file import Graph, Node

CONVOLUTIONS = ("Conv", "ConvTranspose")


def simplify(graph: Graph, parameter_shapes: Dict[str, Tuple[int, ...]]) -> Graph:
    """Marks become stops of the gradient, biases become inputs of their convolutions, and leaky ReLUs of a
    value that nothing else reads work in place.

    parameter_shapes: of the weights, by the names that they have in the graph.
    """
    return activate_in_place(add_biases(stop_gradients(graph), parameter_shapes))


def stop_gradients(graph: Graph) -> Graph:
    """An Identity gives an output its name, or else marks a value through which no gradient flows."""
    return graph.with_nodes(
        [
            replace(node, operator="StopGradient")
            if node.operator == "Identity" and node.outputs[0] not in graph.outputs
            else node
            for node in graph.nodes
        ]
    )


def add_biases(graph: Graph, parameter_shapes: Dict[str, Tuple[int, ...]]) -> Graph:
    consumers = graph.consumers()
    made_by = {name: node for node in graph.nodes for name in node.outputs}
    replaced: Dict[int, "Node | None"] = {}
    for node in graph.nodes:
        if node.operator != "Add":
            continue
        for value, bias in (node.inputs, node.inputs[::-1]):
            convolution = made_by.get(value)
            is_bias = is_per_channel(parameter_shapes.get(bias))
            if (
                is_bias
                and convolution
                and convolution.operator in CONVOLUTIONS
                and len(convolution.inputs) == 2
                and len(consumers[value]) == 1
            ):
                replaced[id(convolution)] = None
                replaced[id(node)] = replace(
                    convolution, inputs=(*convolution.inputs, bias), outputs=node.outputs
                )
                break
    nodes = (replaced.get(id(node), node) for node in graph.nodes)
    return graph.with_nodes([node for node in nodes if node])


def is_per_channel(shape: "Tuple[int, ...] | None") -> bool:
    """[C, 1, 1] or [1, C, 1, 1]."""
    return (
        shape is not None
        and len(shape) >= 3
        and shape[-2:] == (1, 1)
        and all(length == 1 for length in shape[:-3])
    )


def activate_in_place(graph: Graph) -> Graph:
    """Only after a convolution: its own gradient does not need its result."""
    consumers = graph.consumers()
    convolved = {node.outputs[0] for node in graph.nodes if node.operator in CONVOLUTIONS}
    return graph.with_nodes(
        [
            replace(node, operator="LeakyReluInPlace")
            if node.operator == "LeakyRelu"
            and node.inputs[0] in convolved
            and len(consumers[node.inputs[0]]) == 1
            else node
            for node in graph.nodes
        ]
    )
