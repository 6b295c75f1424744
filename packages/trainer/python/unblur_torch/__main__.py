"""One process of a training run: `python -m unblur_torch SOCKET RENDEZVOUS`, started once per device.

RANK, LOCAL_RANK and WORLD_SIZE say which of how many it is; RENDEZVOUS is a file through which they find each
other. It does what the training loop of @unblur/trainer asks for over the socket, until the loop hangs up.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Dict

import numpy
import torch

from .connection import Connection
from .devices import choose_device, join_processes, run_and_exit
from .learner import Learner, LearnerOptions
from .onnx_file import read_onnx


def main() -> None:
    rank, processes = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    device = choose_device(int(os.environ.get("LOCAL_RANK", 0)))
    join_processes(device, rank, processes, sys.argv[2])
    connection = Connection(sys.argv[1])
    connection.send({"rank": rank, "device": describe(device), "torch": torch.__version__})
    learner = None
    while True:
        message = connection.receive()
        if message is None:
            return
        command, settings, tensors = message
        try:
            if command == "open":
                learner = open_learner(settings, tensors, device)
                connection.send({})
            elif command == "load":
                learner.load(tensors)
                connection.send({})
            elif command == "update":
                terms, norm = learner.update(
                    to_device(tensors, device), settings["learningRates"], settings["step"]
                )
                connection.send({"terms": terms, "gradientNorm": norm})
            elif command == "gradients":
                terms, gradients = learner.gradients(to_device(tensors, device))
                connection.send({"terms": terms}, gradients)
            elif command == "restore":
                restored = learner.restore(to_device(tensors, device)["blurred"])
                connection.send(
                    {}, {name: values.cpu().contiguous().numpy() for name, values in restored.items()}
                )
            elif command == "state":
                connection.send({}, learner.state())
            else:
                raise ValueError(f"Expected a known command but received '{command}'.")
        except (ValueError, RuntimeError, KeyError) as error:
            connection.send({"error": str(error)})


def describe(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


def open_learner(
    settings: Dict[str, Any], tensors: Dict[str, numpy.ndarray], device: torch.device
) -> Learner:
    if device.type == "cpu":
        torch.set_num_threads(settings["threads"])
    options = LearnerOptions.of(settings, settings["optimizer"], settings["emaDecay"])
    graphs = [read_onnx(tensors[name].tobytes()) for name in ("step", "restoration")]
    return Learner(*graphs, settings["groups"], settings["frozen"], options, device)


def to_device(arrays: Dict[str, numpy.ndarray], device: torch.device) -> Dict[str, torch.Tensor]:
    return {name: torch.from_numpy(array).to(device, non_blocking=True) for name, array in arrays.items()}


run_and_exit(main)
