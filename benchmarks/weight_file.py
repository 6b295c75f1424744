"""Reads `.safetensors` files, as the packages write them."""

import json

import numpy

ELEMENT_TYPES = {"F32": "<f4", "F16": "<f2"}


def read_safetensors(path):
    """The tensors of a file as float32 numpy arrays by name, and its metadata."""
    with open(path, "rb") as file:
        header_bytes = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(header_bytes))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    arrays = {}
    for name, entry in header.items():
        if entry["dtype"] not in ELEMENT_TYPES:
            raise ValueError(
                f"Expected tensor '{name}' to be one of {', '.join(ELEMENT_TYPES)} but it is "
                f"{entry['dtype']}."
            )
        begin, end = entry["data_offsets"]
        arrays[name] = (
            numpy.frombuffer(data[begin:end], ELEMENT_TYPES[entry["dtype"]])
            .reshape(entry["shape"])
            .astype("<f4")
        )
    return arrays, metadata
