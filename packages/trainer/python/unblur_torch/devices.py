"""The device on which a process trains, and how processes that train together meet and end."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from typing import Callable, Optional

import torch
import torch.distributed


def choose_device(index: int) -> torch.device:
    """The GPU of that number, set up for training, or the processor where there is none."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    device = torch.device("cuda", index)
    torch.cuda.set_device(device)
    # Every step has the same shapes.
    torch.backends.cudnn.benchmark = True
    # For convolutions. Products of matrices find coordinates and colours, for which ten bits are too few.
    torch.backends.cudnn.allow_tf32 = True
    return device


def join_processes(device: torch.device, rank: int, processes: int, rendezvous: str) -> None:
    """Waits for the others, which are found through the file `rendezvous`; alone, for nobody."""
    if processes > 1:
        torch.distributed.init_process_group(
            "nccl" if device.type == "cuda" else "gloo",
            init_method=f"file://{rendezvous}",
            rank=rank,
            world_size=processes,
        )


def run_and_exit(work: Callable[[], Optional[int]]) -> None:
    """Ends this process with the status that the work returns, without taking the interpreter down.

    Threads of torch that still hold tensors then, such as those of gloo, abort it or wait for each other for
    ever (pytorch/pytorch#190489).
    """
    status = 1
    try:
        status = work() or 0
    except Exception:  # noqa: BLE001 whatever it is, as the interpreter shows it
        traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(status)
