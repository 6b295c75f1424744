"""The device on which a process trains, and the processes that train together."""

from __future__ import annotations

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
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
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
