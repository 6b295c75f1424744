"""What a packed run leaves: see trainer/src/device/results.ts, which reads it."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any, Dict, Mapping, Optional, Tuple

import numpy

from .safetensors import read_safetensors, write_safetensors

CHECKPOINT_KEY = "unblur.checkpoint"
MIB = 1 << 20


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
