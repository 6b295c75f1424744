"""What a packed run holds, and what it leaves: see trainer/src/device/archive.ts and results.ts, which write
the one and read the other.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any, Dict, List, Mapping, Optional, Tuple

import numpy
import torch

from .initial_weights import draw_weights
from .onnx_file import Graph, read_onnx
from .safetensors import read_safetensors, write_safetensors
from .scores import Sample
from .synthesis.pictures import PICTURE_EXTENSIONS

PLAN = "plan.json"
CHECKPOINT_KEY = "unblur.checkpoint"
MIB = 1 << 20


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
            return read_pictures(source["folder"], source["videos"])
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


class RunFolder:
    """`checkpoint.safetensors` to go on from, and `results`: `metrics.jsonl`, sample pictures, the averaged
    weights of the end and of the best validation in parts of at most 16 MB.
    """

    def __init__(self, folder: str, part_bytes: int = 15 * MIB):
        self._checkpoint = os.path.join(folder, "checkpoint.safetensors")
        self._results = os.path.join(folder, "results")
        self._part_bytes = part_bytes
        os.makedirs(self._results, exist_ok=True)

    def read_checkpoint(self) -> "Optional[Tuple[Dict[str, numpy.ndarray], Dict[str, Any]]]":
        """State and progress; None if nothing has been trained yet."""
        if not os.path.exists(self._checkpoint):
            return None
        with open(self._checkpoint, "rb") as file:
            tensors, metadata = read_safetensors(file.read())
        return tensors, json.loads(metadata[CHECKPOINT_KEY])

    def write_checkpoint(self, state: Mapping[str, numpy.ndarray], progress: Mapping[str, Any]) -> None:
        replace_file(self._checkpoint, write_safetensors(state, {CHECKPOINT_KEY: json.dumps(progress)}))

    def open_log(self, last_step: int) -> None:
        """Drops rows of later steps, left by a session that ended without a checkpoint."""
        path, kept = self._path("metrics.jsonl"), []
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                kept = [
                    line for line in file if line.endswith("\n") and json.loads(line)["step"] <= last_step
                ]
        replace_file(path, "".join(kept).encode())

    def write_run_file(self, yaml: str) -> None:
        """What is trained, for whoever takes the results in."""
        replace_file(self._path("run.yaml"), yaml.encode())

    def log(self, row: Mapping[str, Any]) -> None:
        """A row of the log, which also goes to standard output."""
        line = json.dumps(row)
        with open(self._path("metrics.jsonl"), "a", encoding="utf-8") as file:
            file.write(line + "\n")
        print(line, flush=True)

    def write_weights(
        self, name: str, weights: Mapping[str, numpy.ndarray], metadata: Mapping[str, Any]
    ) -> None:
        """`name`-0.part and so on: pieces of a `.safetensors` file in float16."""
        halves = {weight: values.astype(numpy.float16) for weight, values in weights.items()}
        # Pieces of two moments must not be taken for one file.
        digest = hashlib.sha256(b"".join(values.tobytes() for values in halves.values())).hexdigest()
        data = write_safetensors(
            halves, {**{key: str(value) for key, value in metadata.items()}, "sha256": digest}
        )
        for index, begin in enumerate(range(0, len(data), self._part_bytes)):
            replace_file(self._path(f"{name}-{index}.part"), data[begin : begin + self._part_bytes])

    def write_picture(self, png: bytes) -> None:
        """Of the last validation; the ones before it are not kept, so that results stay few and small."""
        replace_file(self._path("samples.png"), png)

    def _path(self, name: str) -> str:
        return os.path.join(self._results, name)


def replace_file(path: str, data: bytes) -> None:
    """Whole new contents in the place of a file, or it stays as it was."""
    temporary = f"{path}.new"
    try:
        # What a killed run has left there goes; a symbolic link would be followed.
        if os.path.lexists(temporary):
            os.remove(temporary)
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        if os.path.lexists(temporary):
            os.remove(temporary)
