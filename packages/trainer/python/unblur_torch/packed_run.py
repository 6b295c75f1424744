"""What a packed run holds: see trainer/src/device/archive.ts, which writes it."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, List, Mapping, Optional

import numpy
import torch

from .initial_weights import draw_weights
from .onnx_file import Graph, read_onnx
from .safetensors import read_safetensors
from .scores import Sample
from .synthesis.pictures import PICTURE_EXTENSIONS

PLAN = "plan.json"


class PackedRun:
    """The archive, which nothing writes to."""

    def __init__(self, folder: str):
        self._folder = folder
        with open(os.path.join(folder, PLAN), encoding="utf-8") as file:
            self.plan: Dict[str, Any] = json.load(file)
        missing = [name for name in self.plan["files"] if not os.path.exists(os.path.join(folder, name))]
        if missing:
            raise ValueError(
                f"Expected all files of the packed run in '{folder}' but {', '.join(missing)} is missing; "
                "copy all its files into one folder."
            )

    @property
    def is_in_place(self) -> bool:
        """Whether it was planned on this machine, whose pictures are read where they are."""
        return any("folder" in source for source in self.plan["sources"])

    def graph(self, name: str) -> Graph:
        return read_onnx(self._read(name))

    def starting_weights(self) -> Dict[str, numpy.ndarray]:
        """By name, as float32: those of its file, or drawn."""
        if "drawing" in self.plan:
            return draw_weights(self.plan["drawing"])
        tensors, _ = read_safetensors(self._read("weights.safetensors"))
        return {name: values.astype(numpy.float32) for name, values in tensors.items()}

    def images(self, source: Mapping[str, Any]) -> Dict[str, bytes]:
        """The encoded pictures of a source, by their paths in its folder: packed ones, or, of a run on the
        machine that planned it, those in the folder itself.
        """
        if "folder" in source:
            return read_pictures(source["folder"], source["options"].get("videos"))
        prefix, pictures = f"{source['images']}/", {}
        for part in (name for name in self.plan["files"] if name.startswith("images-")):
            tensors, _ = read_safetensors(self._read(part))
            pictures.update(
                {
                    name[len(prefix) :]: array.tobytes()
                    for name, array in tensors.items()
                    if name.startswith(prefix)
                }
            )
        return pictures

    def validation(self, device: torch.device) -> List[Sample]:
        tensors, _ = read_safetensors(self._read("validation.safetensors"))
        image = lambda name: torch.from_numpy(tensors[name].astype(numpy.float32)).to(device) / 255
        count = sum(name.startswith("frames/") for name in tensors)
        return [
            Sample(image(f"input/{index}"), image(f"blurred/{index}"), image(f"frames/{index}"))
            for index in range(count)
        ]

    def _read(self, name: str) -> bytes:
        """A file, or the pieces that it came in."""
        pieces = (
            [name]
            if name in self.plan["files"]
            else [
                f"{name}.{index}"
                for index in range(len(self.plan["files"]))
                if f"{name}.{index}" in self.plan["files"]
            ]
        )
        parts = []
        for piece in pieces:
            with open(os.path.join(self._folder, piece), "rb") as file:
                parts.append(file.read())
        return b"".join(parts)


def read_pictures(folder: str, sub_folders: Optional[List[str]]) -> Dict[str, bytes]:
    """All pictures of a folder and its sub-folders, or of some of these, by their paths in it with slashes;
    hidden files, such as the `._a.jpg` of macOS, are none.
    """
    pictures = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            relative = os.path.relpath(path, folder).replace(os.sep, "/")
            is_picture = name.lower().endswith(PICTURE_EXTENSIONS) and not name.startswith(".")
            if is_picture and (not sub_folders or relative.split("/")[0] in sub_folders):
                with open(path, "rb") as file:
                    pictures[relative] = file.read()
    return pictures
