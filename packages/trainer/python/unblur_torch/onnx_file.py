"""Reads the `.onnx` files that @unblur/onnx writes.

A file is a protocol buffer; the few messages that such a file holds are read here, so that no package beside
torch and numpy is needed. Field numbers are those of onnx.proto.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace
from typing import Dict, Iterator, List, Tuple, Union

import numpy

Attribute = Union[int, float, str, List[int]]

ELEMENT_TYPES = {
    1: numpy.dtype("<f4"),
    6: numpy.dtype("<i4"),
    7: numpy.dtype("<i8"),
    9: numpy.dtype("?"),
    10: numpy.dtype("<f2"),
}

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
FLOAT_ATTRIBUTE, INT_ATTRIBUTE, STRING_ATTRIBUTE, INTS_ATTRIBUTE = 1, 2, 3, 7


@dataclass(frozen=True)
class Node:
    """One operation. An input that is left out is named ''."""

    operator: str
    inputs: Tuple[str, ...]
    outputs: Tuple[str, ...]
    attributes: Dict[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """Nodes in an order in which they can run; shapes of inputs and outputs; constants by name."""

    nodes: List[Node]
    constants: Dict[str, numpy.ndarray]
    inputs: Dict[str, Tuple[int, ...]]
    outputs: Dict[str, Tuple[int, ...]]

    def with_nodes(self, nodes: List[Node]) -> Graph:
        return replace(self, nodes=nodes)

    def consumers(self) -> Dict[str, List[Node]]:
        """The nodes that read each value, once per reading; an output of the graph counts as read by no
        node.
        """
        readers: Dict[str, List[Node]] = {}
        for node in self.nodes:
            for name in node.inputs:
                readers.setdefault(name, []).append(node)
        return readers


def read_onnx(data: bytes) -> Graph:
    """The graph of an `.onnx` file. Raises ValueError if it holds an element type or attribute that traced
    graphs have not.
    """
    graph_bytes = next(value for number, value in read_fields(data) if number == 7)
    nodes: List[Node] = []
    constants: Dict[str, numpy.ndarray] = {}
    inputs: Dict[str, Tuple[int, ...]] = {}
    outputs: Dict[str, Tuple[int, ...]] = {}
    for number, value in read_fields(graph_bytes):
        if number == 1:
            nodes.append(read_node(value))
        elif number == 5:
            name, array = read_tensor(value)
            constants[name] = array
        elif number in (11, 12):
            name, shape = read_value_info(value)
            (inputs if number == 11 else outputs)[name] = shape
    return Graph(nodes, constants, inputs, outputs)


def read_node(data: bytes) -> Node:
    inputs, outputs, operator, attributes = [], [], "", {}
    for number, value in read_fields(data):
        if number == 1:
            inputs.append(value.decode())
        elif number == 2:
            outputs.append(value.decode())
        elif number == 4:
            operator = value.decode()
        elif number == 5:
            name, attribute = read_attribute(value)
            attributes[name] = attribute
    return Node(operator, tuple(inputs), tuple(outputs), attributes)


def read_attribute(data: bytes) -> Tuple[str, Attribute]:
    name, kind, ints = "", 0, []
    integer, real, text = 0, 0.0, ""
    for number, value in read_fields(data):
        if number == 1:
            name = value.decode()
        elif number == 2:
            real = struct.unpack("<f", value)[0]
        elif number == 3:
            integer = to_signed(value)
        elif number == 4:
            text = value.decode()
        elif number == 8:
            ints.extend(read_integers(value))
        elif number == 20:
            kind = value
    by_kind = {FLOAT_ATTRIBUTE: real, INT_ATTRIBUTE: integer, STRING_ATTRIBUTE: text, INTS_ATTRIBUTE: ints}
    if kind not in by_kind:
        raise ValueError(
            f"Expected attribute '{name}' to be a number, a text or a list of integers but it is of ONNX "
            f"attribute type {kind}."
        )
    return name, by_kind[kind]


def read_tensor(data: bytes) -> Tuple[str, numpy.ndarray]:
    name, shape, element_type, raw = "", [], 0, b""
    for number, value in read_fields(data):
        if number == 1:
            shape.extend(read_integers(value))
        elif number == 2:
            element_type = value
        elif number == 8:
            name = value.decode()
        elif number == 9:
            raw = value
    if element_type not in ELEMENT_TYPES:
        raise ValueError(
            f"Expected constant '{name}' to be float32, float16, int32, int64 or bool but it is of ONNX "
            f"element type {element_type}."
        )
    array = numpy.frombuffer(raw, ELEMENT_TYPES[element_type]).reshape(shape)
    # Stored so to halve a file; all that is computed with is float32.
    return name, array.astype(numpy.float32) if array.dtype == numpy.float16 else array


def read_value_info(data: bytes) -> Tuple[str, Tuple[int, ...]]:
    name, shape = "", ()
    for number, value in read_fields(data):
        if number == 1:
            name = value.decode()
        elif number == 2:
            tensor_type = dict(read_fields(value))[1]
            dimensions = [
                dict(read_fields(part))
                for kind, part in read_fields(dict(read_fields(tensor_type)).get(2, b""))
                if kind == 1
            ]
            shape = tuple(dimension.get(1, 0) for dimension in dimensions)
    return name, shape


def read_fields(data: bytes) -> Iterator[Tuple[int, Union[int, bytes]]]:
    """Field numbers and values of a message, in the file's order: varints as int, everything else as
    bytes.
    """
    position = 0
    while position < len(data):
        key, position = read_varint(data, position)
        number, wire_type = key >> 3, key & 7
        if wire_type == VARINT:
            value, position = read_varint(data, position)
        else:
            if wire_type == BYTES:
                length, position = read_varint(data, position)
            elif wire_type in (FIXED32, FIXED64):
                length = 4 if wire_type == FIXED32 else 8
            else:
                raise ValueError(
                    f"Expected an ONNX file but byte {position} starts a field of wire type {wire_type}."
                )
            value = data[position : position + length]
            position += length
        yield number, value


def read_varint(data: bytes, position: int) -> Tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position


def read_integers(value: Union[int, bytes]) -> List[int]:
    """A repeated integer field: one entry, or several packed."""
    if isinstance(value, int):
        return [to_signed(value)]
    integers, position = [], 0
    while position < len(value):
        integer, position = read_varint(value, position)
        integers.append(to_signed(integer))
    return integers


def to_signed(value: int) -> int:
    """Negative integers come as their 64-bit two's complement."""
    return value - (1 << 64) if value >= 1 << 63 else value
