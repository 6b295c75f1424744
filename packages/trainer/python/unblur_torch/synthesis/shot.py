"""One camera, one moment: a scene and how it is taken, drawn at random by a source's options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Mapping, Optional, Sequence

import numpy
import torch
import torch.nn.functional as F
from torch import Tensor

from .augmentation import Augmentation, draw_augmentation, draw_averaging
from .backdrop import Backdrop, Parallax, draw_depth
from .image_bank import ImageBank
from .motion_path import PlaneMotion, draw_plane_motion
from .moving_object import MovingObject, Scene
from .softness import draw_softness
from .transfer import Response

Random = numpy.random.Generator


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


@dataclass(frozen=True)
class Stillness:
    """What does not move in a sample: nothing, the camera, or everything."""

    camera: bool
    objects: bool


class Shots:
    """Draws shots by a source's options; what lies behind all objects is up to the kind of source."""

    def __init__(self, bank: ImageBank, options: Mapping[str, Any], size_pixels: int):
        self._bank = bank
        self._options = options
        self._size_pixels = size_pixels
        self._drawn = 0
        """How many shots were: the position in a curriculum."""

    def draw(self, random: Random, exposures: int) -> Shot:
        """exposures: how many intervals between pictures the path is long; whatever the options say of an
        exposure holds for each.
        """
        options = self._options
        averaging = draw_averaging(random, options["averaging"])
        augmentation = draw_augmentation(random, options["augmentation"])
        stillness = self._draw_stillness(random)
        response = Response(averaging, augmentation.gains, augmentation.gamma, self._bank.device)
        objects = self._draw_objects(random, exposures, stillness, response)
        backdrop = self._draw_backdrop(random, exposures, stillness, response)
        self._drawn += 1
        highlights = random.uniform() < options["highlightShare"]
        return Shot(
            Scene(backdrop, objects),
            averaging,
            self._rearranged(augmentation),
            step_pixels=options["stepPixels"],
            only_kept=bool(random.uniform() < options["sparseShare"]),
            highlight_boost=random.uniform(*options["highlightBoost"]) if highlights else 1.0,
            softness_pixels=draw_softness(random, options["softnessPixels"]),
        )

    def _draw_backdrop(
        self, random: Random, exposures: int, stillness: Stillness, response: Response
    ) -> Backdrop:
        raise NotImplementedError

    def _texture(self, random: Random, side: int) -> Tensor:
        """A random part of a random picture: bytes [3, side, side], as float."""
        raise NotImplementedError

    def _rearranged(self, augmentation: Augmentation) -> Augmentation:
        """What of an augmentation is left to do for the pictures of the scene."""
        return augmentation

    def _draw_parallax(self, random: Random) -> Optional[Parallax]:
        share = self._options["parallax"]
        return (
            Parallax(draw_depth(random, self._size_pixels, self._bank.device), share) if share > 0 else None
        )

    def _reach_pixels(self, longest_pixels: float) -> float:
        """How far from the middle frame the scene's longest path leads: half its length, and its bend."""
        options = self._options
        return (
            longest_pixels
            * (0.5 + options["bend"])
            * (1 + options["acceleration"] / 2)
            * (1 + options["parallax"])
        )

    def _draw_stillness(self, random: Random) -> Stillness:
        draw, sharp_share = random.uniform(), self._options["sharpShare"]
        if draw < sharp_share:
            return Stillness(True, True)
        return Stillness(draw < sharp_share + self._options["stillCameraShare"], False)

    def _draw_objects(
        self, random: Random, exposures: int, stillness: Stillness, response: Response
    ) -> List[MovingObject]:
        """Before a still camera, one at least."""
        fewest, most = self._options["objects"]
        count = int(random.integers(fewest, most + 1))
        if stillness.camera and not stillness.objects and most > 0:
            count = max(count, 1)
        moves = 0 if stillness.objects else exposures
        objects = []
        for _ in range(count):
            coverage = self._draw_coverage(random)
            motion = self._draw_object_motion(random, moves)
            values = response(self._texture(random, coverage.shape[-1]))
            objects.append(
                MovingObject(
                    torch.cat([values * coverage, coverage]),
                    motion,
                    follows=bool(random.uniform() < self._options["followShare"]),
                )
            )
        return objects

    def _draw_coverage(self, random: Random) -> Tensor:
        """The outline of an object, [1, side, side] in [0, 1]."""
        weight_of, masks_of = self._options["objectShapes"], self._bank.masks
        shapes = [shape for shape in weight_of if shape in masks_of]
        weights = numpy.array([weight_of[shape] for shape in shapes], float)
        masks = masks_of[shapes[int(random.choice(len(shapes), p=weights / weights.sum()))]]
        mask = masks[int(random.integers(len(masks)))]
        side = max(round(2 * self._size_pixels * random.uniform(*self._options["objectRadius"])), 3)
        return F.interpolate(
            mask[None].float() / 255, size=(side, side), mode="bilinear", align_corners=False, antialias=True
        )[0].clamp(0, 1)

    def _draw_object_motion(self, random: Random, exposures: int) -> PlaneMotion:
        """exposures: as for `draw`; 0 for an object that stands still."""
        options = self._options
        centre = random.uniform(0, self._size_pixels, 2)
        # Nothing is drawn for the length of no way.
        length = (
            exposures * draw_length(random, options["objectPixels"], options["pathExponent"])
            if exposures
            else 0
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


def draw_length(random: Random, length_pixels: Sequence[float], exponent: float) -> float:
    """A length of a range: minimum + (maximum - minimum) * u^exponent with u uniform; above 1, short ones are
    more frequent.
    """
    low, high = length_pixels
    return low + (high - low) * random.uniform() ** exponent
