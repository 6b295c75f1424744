"""What a step's graph is given beside the weights, by the names that its objective uses
(trainer/src/systems/*).
"""

from __future__ import annotations

from typing import Dict, List, Mapping, Sequence, Tuple

import torch
from torch import Tensor

from .sample_pool import Crop, SamplePool, between_blocks
from .to_device import generator_on, to_device

# As `randomShare` of hard-example-loss.ts.
RANDOM_PIXELS_SHARE = 0.1
# What samples of the pool can give a step.
BATCH_NAMES = {
    "blurred",
    "frames",
    "framesKnown",
    "times",
    "motionKnown",
    "motionsPixels",
    "motionPixels",
    "orderKnown",
    "gt",
    "randomMask",
}


class BatchMaker:
    """Draws what a step's graph is given from a pool of samples."""

    def __init__(self, shapes: Mapping[str, Tuple[int, ...]], frames: int):
        """shapes: of the graph's inputs that are no weights. frames: of every sample in the pool."""
        unknown = sorted(set(shapes) - BATCH_NAMES)
        if unknown:
            raise ValueError(
                f"Expected a step that is given some of {', '.join(sorted(BATCH_NAMES))} but it also wants "
                f"{', '.join(unknown)}; it cannot learn from samples made on the device."
            )
        self._shapes = shapes
        self._frames = frames
        self.count = shapes["blurred"][0]
        self.size_pixels = shapes["blurred"][-2]
        self._compared = shapes["frames"][1] if "frames" in shapes else frames
        if "motionPixels" in shapes and self._compared != frames:
            raise ValueError(
                "Expected a step that learns the motion from the first frame to the last to compare all "
                f"{frames} frames but it compares {self._compared}."
            )

    def make(self, pool: SamplePool, generator: torch.Generator, canonical: bool) -> Dict[str, Tensor]:
        """A batch by the names of `shapes`, on the device of the pool.

        generator: of the processor. canonical: whether samples of known motion come in the canonical order.
        """
        frames = choose_frames(self._frames, self._compared, generator)
        drawn = pool.draw(self.count, Crop(self.size_pixels, frames, canonical), generator)
        device = drawn["blurred"].device
        batch = {}
        for name, shape in self._shapes.items():
            if name == "times":
                values = to_device(
                    torch.tensor([2 * index / (self._frames - 1) - 1 for index in frames]), device
                )
            elif name == "motionsPixels":
                values = drawn["motion"]
            elif name == "motionPixels":
                # Half of the way from the first frame to the last one, for every pixel.
                values = between_blocks((drawn["motion"][:, -1] - drawn["motion"][:, 0]) / 2)
            elif name == "gt":
                # Of a window, the frames that have neighbours.
                values = drawn["frames"][:, 1:-1]
            elif name == "randomMask":
                values = random_pixels(shape, generator_on(device, generator))
            else:
                values = drawn[name]
            if tuple(values.shape) != tuple(shape):
                raise ValueError(
                    f"Expected '{name}' of a batch to be [{', '.join(map(str, shape))}] but the samples make "
                    f"it [{', '.join(map(str, values.shape))}]."
                )
            batch[name] = values
        return batch


def choose_frames(count: int, compared: int, generator: torch.Generator) -> List[int]:
    """The middle frame and so many random pairs about it, in time order: `compared` of `count` frames, or
    all.
    """
    if compared == count:
        return list(range(count))
    middle = (count - 1) // 2
    pairs = (torch.randperm(middle, generator=generator)[: (compared - 1) // 2] + 1).tolist()
    return sorted([middle, *(middle - offset for offset in pairs), *(middle + offset for offset in pairs)])


def random_pixels(shape: Sequence[int], generator: torch.Generator) -> Tensor:
    """Masks [B, S, S, 1] with one tenth of the pixels set, as hard-example mining takes them; on the
    generator's device.
    """
    batch, *rest = shape
    order = torch.rand(batch, rest[0] * rest[1], generator=generator, device=generator.device)
    chosen = order.argsort(1) < int(RANDOM_PIXELS_SHARE * order.shape[1])
    return chosen.float().view(batch, *rest)
