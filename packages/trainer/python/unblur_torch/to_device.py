"""From the processor to the device that trains."""

from __future__ import annotations

import torch
from torch import Tensor


def to_device(values: Tensor, device: torch.device) -> Tensor:
    """A copy for which nothing waits: CUDA has taken in what it copies before it returns. For the few numbers
    that samples and batches are drawn by; a plain `.to` would wait for all that the device still has to do.
    """
    return values.to(device, non_blocking=True)


def generator_on(device: torch.device, generator: torch.Generator) -> torch.Generator:
    """For what is drawn pixel by pixel, where it is used: on a processor `generator` itself, which is of the
    processor; for a GPU one of its own, seeded by it.
    """
    if device.type == "cpu":
        return generator
    return torch.Generator(device).manual_seed(int(torch.randint(2**62, (), generator=generator)))
