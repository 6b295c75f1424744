"""One camera, one moment: a scene and how it is taken, drawn at random by a source's options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, List, Mapping, Protocol, Sequence

import numpy
import torch
import torch.nn.functional as F
from torch import Tensor

from .augmentation import Augmentation, draw_augmentation, draw_averaging
from .image_bank import ImageBank
from .motion_path import PlaneMotion, draw_plane_motion
from .moving_object import MovingObject, Scene
from .softness import draw_softness
from .transfer import Response

Random = numpy.random.Generator
# From a side in pixels to bytes [3, side, side], as float, a random part of a random picture.
Texture = Callable[[Random, int], Tensor]


@dataclass(frozen=True)
class Shot:
    scene: Scene
    averaging: str
    augmentation: Augmentation
    step_pixels: float
    only_kept: bool
    """Whether only the frames are averaged, as of a high-speed video, instead of all that was rendered."""
    highlight_boost: float
    softness_pixels: float


class Shots(Protocol):
    """Draws shots by a source's options."""

    def draw(self, random: Random, sample_index: int, exposures: int) -> Shot:
        """sample_index: position in a curriculum. exposures: how many intervals between pictures the path is
        long; whatever the options say of an exposure holds for each.
        """
        ...


@dataclass(frozen=True)
class Stillness:
    """What does not move in a sample: nothing, the camera, or everything."""

    camera: bool
    objects: bool


def draw_stillness(random: Random, options: Mapping[str, Any]) -> Stillness:
    draw = random.uniform()
    if draw < options["sharpShare"]:
        return Stillness(True, True)
    return Stillness(draw < options["sharpShare"] + options["stillCameraShare"], False)


def draw_length(random: Random, length_pixels: Sequence[float], exponent: float) -> float:
    """A length of a range: minimum + (maximum - minimum) * u^exponent with u uniform; above 1, short ones are
    more frequent.
    """
    low, high = length_pixels
    return low + (high - low) * random.uniform() ** exponent


def draw_exposure_settings(random: Random, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a shot that do not depend on its scene."""
    highlights = random.uniform() < options["highlightShare"]
    return {
        "step_pixels": options["stepPixels"],
        "only_kept": bool(random.uniform() < options["sparseShare"]),
        "highlight_boost": random.uniform(*options["highlightBoost"]) if highlights else 1.0,
        "softness_pixels": draw_softness(random, options["softnessPixels"]),
    }


def draw_objects(
    random: Random,
    options: Mapping[str, Any],
    *,
    size_pixels: int,
    exposures: int,
    stillness: Stillness,
    texture: Texture,
    response: Response,
    bank: ImageBank,
) -> List[MovingObject]:
    """Before a still camera, one at least."""
    fewest, most = options["objects"]
    count = int(random.integers(fewest, most + 1))
    if stillness.camera and not stillness.objects and most > 0:
        count = max(count, 1)
    moves = 0 if stillness.objects else exposures
    objects = []
    for _ in range(count):
        coverage = draw_coverage(random, options, size_pixels, bank)
        motion = draw_object_motion(random, options, size_pixels, moves)
        values = response(texture(random, coverage.shape[-1]))
        objects.append(
            MovingObject(
                torch.cat([values * coverage, coverage]),
                motion,
                follows=bool(random.uniform() < options["followShare"]),
            )
        )
    return objects


def draw_coverage(random: Random, options: Mapping[str, Any], size_pixels: int, bank: ImageBank) -> Tensor:
    """The outline of an object, [1, side, side] in [0, 1]."""
    shapes = [shape for shape in options["objectShapes"] if shape in bank.masks]
    weights = numpy.array([options["objectShapes"][shape] for shape in shapes], float)
    masks = bank.masks[shapes[int(random.choice(len(shapes), p=weights / weights.sum()))]]
    mask = masks[int(random.integers(len(masks)))]
    side = max(round(2 * size_pixels * random.uniform(*options["objectRadius"])), 3)
    return F.interpolate(
        mask[None].float() / 255, size=(side, side), mode="bilinear", align_corners=False, antialias=True
    )[0].clamp(0, 1)


def draw_object_motion(
    random: Random, options: Mapping[str, Any], size_pixels: int, exposures: int
) -> PlaneMotion:
    """exposures: as for `Shots.draw`; 0 for an object that stands still."""
    centre = random.uniform(0, size_pixels, 2)
    # Nothing is drawn for the length of no way.
    length = (
        exposures * draw_length(random, options["objectPixels"], options["pathExponent"]) if exposures else 0
    )
    return draw_plane_motion(
        random,
        centre,
        length,
        turn_degrees=exposures * options["turnDegrees"],
        zoom_percent=exposures * options["zoomPercent"],
        bend=options["bend"],
        acceleration=options["acceleration"],
    )


@dataclass(frozen=True)
class ShotStart:
    """What a shot begins with, whatever its backdrop."""

    averaging: str
    augmentation: Augmentation
    stillness: Stillness
    response: Response
    objects: List[MovingObject]


def draw_shot_start(
    random: Random,
    options: Mapping[str, Any],
    *,
    size_pixels: int,
    exposures: int,
    texture: Texture,
    bank: ImageBank,
) -> ShotStart:
    averaging = draw_averaging(random, options["averaging"])
    augmentation = draw_augmentation(random, options["augmentation"])
    stillness = draw_stillness(random, options)
    response = Response(averaging, augmentation.gains, augmentation.gamma, bank.device)
    objects = draw_objects(
        random,
        options,
        size_pixels=size_pixels,
        exposures=exposures,
        stillness=stillness,
        texture=texture,
        response=response,
        bank=bank,
    )
    return ShotStart(averaging, augmentation, stillness, response, objects)
