"""Opens a source of samples by its section of the run file."""

from __future__ import annotations

from typing import Any, Mapping

import torch

from .image_bank import RENDERED_KINDS, ImageBank
from .layered_shots import LayeredShots
from .pair_source import PairSource
from .panorama_shots import PanoramaShots
from .samples import MOTION_STRIDE_PIXELS, SampleSource
from .shot import Shots
from .shot_source import ShotSource
from .video_source import VideoSource

SAMPLE_KINDS = (*RENDERED_KINDS, "video", "pairs")


def open_source(
    source: Mapping[str, Any],
    images: Mapping[str, bytes],
    *,
    size_pixels: int,
    frames: int,
    device: torch.device,
    seed: int,
    workers: int,
) -> SampleSource:
    """Opens one entry of `data.sources` as the plan of a run has it: with all options of its kind, see
    trainer/src/run-file/device-source-options.ts.

    images: encoded pictures by name: all that the source is to use. Panoramas and stills may have any name;
    `<clip>/<frame>.webp` are the frames of a video, and of recorded pairs `<...>/gt/<frame>.webp` with
    `<...>/blur/<frame>.webp`.
    size_pixels: of the samples, a multiple of 4. frames: an odd number of at least 3. seed: decides what is
    drawn when images are loaded. workers: threads that decode.

    Raises ValueError for kinds, sizes or images that cannot be used.
    """
    if size_pixels < 8 or size_pixels % MOTION_STRIDE_PIXELS != 0:
        raise ValueError(
            f"Expected a size of samples that is a multiple of {MOTION_STRIDE_PIXELS}, 8 or more, but "
            f"received {size_pixels}."
        )
    if frames < 3 or frames % 2 == 0:
        raise ValueError(f"Expected an odd number of frames, 3 or more, but received {frames}.")
    kind = source.get("kind")
    if kind not in SAMPLE_KINDS:
        raise ValueError(
            f"Expected a source of kind {', '.join(SAMPLE_KINDS)} for synthesis on the device but received "
            f"{kind!r}."
        )
    bank = ImageBank.load(source, images, device, seed, workers)
    if kind == "video":
        return VideoSource(bank, source, size_pixels, frames)
    if kind == "pairs":
        return PairSource(bank, source, size_pixels, frames)
    return ShotSource(open_shots(kind, bank, source, size_pixels), frames, bank.device)


def open_shots(kind: str, bank: ImageBank, options: Mapping[str, Any], size_pixels: int) -> Shots:
    return (PanoramaShots if kind == "panorama" else LayeredShots)(bank, options, size_pixels)
