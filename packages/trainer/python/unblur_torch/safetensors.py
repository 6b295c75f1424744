"""Reads and writes `.safetensors`: a header of JSON, then the numbers of every tensor."""

from __future__ import annotations

import json
from typing import Dict, Mapping, Tuple, Union

import numpy

DTYPES = {
    "F32": numpy.dtype("<f4"),
    "F16": numpy.dtype("<f2"),
    "U8": numpy.dtype("u1"),
    "I32": numpy.dtype("<i4"),
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
ALIGNMENT_BYTES = 8


def read_safetensors(data: Union[bytes, memoryview]) -> Tuple[Dict[str, numpy.ndarray], Dict[str, str]]:
    """Tensors by name, views of `data`, and the file's metadata."""
    data = memoryview(data)
    header_bytes = int.from_bytes(data[:8], "little")
    header = json.loads(bytes(data[8 : 8 + header_bytes]))
    metadata = header.pop("__metadata__", {})
    body = data[8 + header_bytes :]
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = numpy.frombuffer(body[begin:end], DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors, metadata


def write_safetensors(tensors: Mapping[str, numpy.ndarray], metadata: Mapping[str, str]) -> bytes:
    header: Dict[str, object] = {"__metadata__": dict(metadata)}
    begin = 0
    for name, array in tensors.items():
        header[name] = {
            "dtype": NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [begin, begin + array.nbytes],
        }
        begin += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % ALIGNMENT_BYTES)
    return b"".join([len(text).to_bytes(8, "little"), text, *(array.tobytes() for array in tensors.values())])
