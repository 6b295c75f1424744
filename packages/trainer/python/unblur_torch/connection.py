"""Messages between the training loop, which is TypeScript, and its torch processes: a length, then a
`.safetensors` file.
"""

from __future__ import annotations

import json
import socket
from typing import Any, Dict, Mapping, Optional, Tuple

import numpy

from .safetensors import read_safetensors, write_safetensors

LENGTH_BYTES = 8

Message = Tuple[str, Dict[str, Any], Dict[str, numpy.ndarray]]


class Connection:
    def __init__(self, address: str):
        """`address`: path of the loop's Unix socket."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(address)

    def receive(self) -> Optional[Message]:
        """The next command, its settings and its tensors; None once the loop has hung up."""
        length = self._read(LENGTH_BYTES)
        if length is None:
            return None
        data = self._read(int.from_bytes(length, "little"))
        if data is None:
            return None
        tensors, metadata = read_safetensors(data)
        return metadata["command"], json.loads(metadata["settings"]), tensors

    def send(self, reply: Mapping[str, Any], tensors: Mapping[str, numpy.ndarray] = {}) -> None:
        data = write_safetensors(tensors, {"reply": json.dumps(reply)})
        self._socket.sendall(len(data).to_bytes(LENGTH_BYTES, "little"))
        self._socket.sendall(data)

    def _read(self, length: int) -> Optional[bytearray]:
        data = bytearray(length)
        view, filled = memoryview(data), 0
        while filled < length:
            received = self._socket.recv_into(view[filled:])
            if received == 0:
                return None
            filled += received
        return data
