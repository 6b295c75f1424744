"""Which pictures are frames of videos, and which were recorded blurred: by the names that published sets give
their folders.
"""

from __future__ import annotations

import re
from typing import Dict, Iterable, List, Mapping, Tuple

import torch
from torch import Tensor

from .pictures import PICTURE_EXTENSIONS

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
        folders.setdefault(name.rpartition("/")[0], []).append(name)
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
