"""What samples are made from, decoded once and kept on the device as bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Tuple

import numpy
import torch
from torch import Tensor

from .object_shapes import SHAPES, draw_shape
from .panorama import Panorama, build_panorama
from .pictures import decode_pictures
from .recorded_folders import clips_and_pairs, recorded_pairs

RENDERED_KINDS = ("panorama", "layers")
"""Kinds of sources whose pictures are scenes before which a camera and objects move."""

MASKS_PER_SHAPE = 96
MASK_SIDE_PIXELS = 160


@dataclass
class ImageBank:
    device: torch.device
    panoramas: List[Panorama] = field(default_factory=list)
    stills: List[Tensor] = field(default_factory=list)
    """uint8 [3, h, w] each."""
    clips: Dict[str, Tensor] = field(default_factory=dict)
    """Videos by the folder of their frames, uint8 [n, 3, h, w] in time order."""
    pairs: Dict[str, Tuple[Tensor, Tensor]] = field(default_factory=dict)
    """Recorded blurred pictures and the sharp ones of the same moment, by the folder of the sharp ones; uint8
    [n, 3, h, w] each.
    """
    masks: Dict[str, Tensor] = field(default_factory=dict)
    """Coverage of drawn objects by their shape, uint8 [n, 1, side, side]."""

    @staticmethod
    def load(
        source: Mapping[str, Any], images: Mapping[str, bytes], device: torch.device, seed: int, workers: int
    ) -> "ImageBank":
        """Decodes the images of one source; one without a kind has videos and recorded pairs. Raises
        ValueError where there is none, one cannot be decoded, or they do not fit the source's kind.
        """
        if not images:
            raise ValueError(
                f"Expected images for the source {source.get('kind', 'windows')} but there are none."
            )
        bank = ImageBank(torch.device(device))
        pictures = decode_pictures(images, bank.device, workers)
        kind = source.get("kind")
        if kind == "panorama":
            bank.panoramas = [
                named(name, lambda: build_panorama(pictures[name], source["coverageDegrees"]))
                for name in sorted(pictures)
            ]
        elif kind == "layers":
            bank.stills = [pictures[name] for name in sorted(pictures)]
        elif kind == "pairs":
            bank.pairs = recorded_pairs(pictures)
        else:
            bank.clips, bank.pairs = clips_and_pairs(pictures)
        if kind in RENDERED_KINDS and source["objects"][1] > 0:
            bank.masks = draw_masks(source["objectShapes"], seed, bank.device)
        return bank


def expect_large_enough(videos: Mapping[str, Tensor], least_pixels: int) -> None:
    """Raises ValueError that names the first of the videos [n, 3, h, w] whose pictures are smaller than a
    square of `least_pixels`.
    """
    for name, video in videos.items():
        height, width = video.shape[2:]
        if min(height, width) < least_pixels:
            raise ValueError(
                f"Expected pictures of at least {least_pixels}x{least_pixels} but those of {name} are "
                f"{width}x{height}; use a smaller sizePixels or leave {name} out."
            )


def named(name: str, build):
    try:
        return build()
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def draw_masks(shapes: Mapping[str, float], seed: int, device: torch.device) -> Dict[str, Tensor]:
    """Raises ValueError for a shape that is not known."""
    random, masks = numpy.random.default_rng([seed, 1]), {}
    for shape, weight in shapes.items():
        if shape not in SHAPES:
            raise ValueError(f"Expected objectShapes of {', '.join(SHAPES)} but received {shape!r}.")
        if weight > 0:
            drawn = numpy.stack([draw_shape(random, shape, MASK_SIDE_PIXELS) for _ in range(MASKS_PER_SHAPE)])
            masks[shape] = torch.from_numpy((drawn * 255 + 0.5).astype(numpy.uint8))[:, None].to(device)
    return masks
