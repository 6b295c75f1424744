"""What samples are made from, decoded once and kept on the device as bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, List, Mapping, Tuple

import numpy
import torch
from torch import Tensor

from .object_shapes import SHAPES, draw_shape
from .panorama import Panorama, build_panorama
from .pictures import PICTURE_EXTENSIONS, decode_pictures

PAIRED_FOLDERS = (
    ("gt", "blur"),
    ("sharp", "blur"),
    ("GT", "input"),
    ("train_sharp", "train_blur"),
    ("val_sharp", "val_blur"),
)
"""Folders of sharp frames and of the blurred ones of the same moments, in published sets, as
`listPairedVideos` of @unblur/datasets reads them.
"""
BLURRED_FOLDERS = {"blur", "blur_gamma", "blurred", "train_blur", "val_blur"}
"""What is no video wherever it lies; `input` is where there is a `GT` beside it."""

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


def folder_of(name: str) -> str:
    return name.rpartition("/")[0]


def in_time_order(names: List[str]) -> List[str]:
    """By the numbers in their names, as numbers."""
    return sorted(
        names,
        key=lambda name: [
            (0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", name)
        ],
    )


def stacked(names: List[str], pictures: Mapping[str, Tensor]) -> Tensor:
    """Raises ValueError where the pictures' sizes differ."""
    first = pictures[names[0]].shape
    for name in names:
        _, height, width = pictures[name].shape
        if (3, height, width) != tuple(first):
            raise ValueError(
                f"Expected {name} to be {first[2]}x{first[1]}, as {names[0]}, but it is {width}x{height}."
            )
    return torch.stack([pictures[name] for name in names])


def group_by_folder(pictures: Mapping[str, Tensor]) -> Dict[str, List[str]]:
    folders: Dict[str, List[str]] = {}
    for name in sorted(pictures):
        folders.setdefault(folder_of(name), []).append(name)
    return {folder: in_time_order(names) for folder, names in folders.items()}


def clips_and_pairs(
    pictures: Mapping[str, Tensor],
) -> "Tuple[Dict[str, Tensor], Dict[str, Tuple[Tensor, Tensor]]]":
    """Sharp frames (see PAIRED_FOLDERS, at any depth) whose blurred ones are all there are recorded pairs;
    what is neither these nor blurred is a clip.
    """
    folders = group_by_folder(pictures)
    clips, pairs = {}, {}
    for folder, names in folders.items():
        blurred = [recorded_blur_of(name, pictures) for name in names]
        if all(blurred):
            pairs[folder] = (stacked(blurred, pictures), stacked(names, pictures))
        elif not is_blurred_side(folder, folders):
            clips[folder] = stacked(names, pictures)
    return clips, pairs


def recorded_pairs(pictures: Mapping[str, Tensor]) -> "Dict[str, Tuple[Tensor, Tensor]]":
    """Raises ValueError where there is no pair."""
    _, pairs = clips_and_pairs(pictures)
    if not pairs:
        raise ValueError(
            "Expected recorded pairs, pictures under blur/ and gt/ (or sharp/) of the same names, but "
            "received none."
        )
    return pairs


def is_blurred_side(folder: str, folders: Iterable[str]) -> bool:
    parts = folder.split("/")
    if BLURRED_FOLDERS.intersection(parts):
        return True
    sharp = [[*parts[:place], "GT"] for place, part in enumerate(parts) if part == "input"]
    return any(other.split("/")[: len(side)] == side for side in sharp for other in folders)


def recorded_blur_of(name: str, pictures: Mapping[str, Tensor]) -> str:
    """The name of the recorded blurred picture of a sharp one, whatever its format; empty where there is
    none. The deepest folder counts first, since a video may have the name of a side.
    """
    parts = name.split("/")
    for place in reversed(range(len(parts) - 1)):
        for sharp, blurred in PAIRED_FOLDERS:
            if parts[place] == sharp:
                stem = "/".join([*parts[:place], blurred, *parts[place + 1 :]]).rpartition(".")[0]
                for extension in PICTURE_EXTENSIONS:
                    if stem + extension in pictures:
                        return stem + extension
    return ""
