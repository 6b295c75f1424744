"""Carries out plans of the Node synthesis, for tests that hold one against the other: `synthesis_test_tool.py
IN.safetensors OUT.safetensors`.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Dict, Mapping

import numpy
import torch
from torch import Tensor

from unblur_torch.safetensors import read_safetensors, write_safetensors
from unblur_torch.synthesis.augmentation import Augmentation, rearrange_vectors
from unblur_torch.synthesis.backdrop import CameraTurn, PanoramaBackdrop, PlaneBackdrop
from unblur_torch.synthesis.camera import PinholeCamera
from unblur_torch.synthesis.degradation import quantize_like_jpeg
from unblur_torch.synthesis.motion_path import PlaneMotion
from unblur_torch.synthesis.moving_object import MovingObject, Scene
from unblur_torch.synthesis.panorama import build_panorama, level_for
from unblur_torch.synthesis.rotation import axis_angle_of, rotation_of
from unblur_torch.synthesis.shot import Shot
from unblur_torch.synthesis.shot_source import expose_shot
from unblur_torch.synthesis.transfer import Response


def main(given_path: str, made_path: str) -> None:
    with open(given_path, "rb") as file:
        arrays, metadata = read_safetensors(file.read())
    given = {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}
    made: Dict[str, Tensor] = {}
    for name, plan in json.loads(metadata["panoramaPlans"]).items():
        made.update(
            {
                f"{name}.{key}": values
                for key, values in panorama_sample(given[f"{name}.panorama"], plan).items()
            }
        )
    for name, plan in json.loads(metadata["layerPlans"]).items():
        made.update({f"{name}.{key}": values for key, values in layered_sample(name, given, plan).items()})
    for name, quality in json.loads(metadata["jpegQualities"]).items():
        made[name] = quantize_like_jpeg(given[name].permute(2, 0, 1)[None], [quality])[0].permute(1, 2, 0)
    with open(made_path, "wb") as file:
        file.write(
            write_safetensors(
                {name: values.float().contiguous().numpy() for name, values in made.items()}, {}
            )
        )


def panorama_sample(pixels: Tensor, plan: Mapping[str, Any]) -> Dict[str, Tensor]:
    size, focal = plan["camera"]["width"], plan["camera"]["focalPixels"]
    camera = PinholeCamera(size, focal, plan["camera"]["principalX"], plan["camera"]["principalY"])
    first, last = (numpy.array(plan[end]).reshape(3, 3) for end in ("first", "last"))
    axis, angle = axis_angle_of(first.T @ last)
    half_turn = axis * angle / 2
    augmentation = augmentation_of(plan["augmentation"])
    response = Response(plan["averaging"], augmentation.gains, augmentation.gamma)
    level = level_for(build_panorama(pixels.permute(2, 0, 1)), focal)
    backdrop = PanoramaBackdrop(
        level, camera, CameraTurn(first @ rotation_of(half_turn), half_turn), response
    )
    return sample_of(Scene(backdrop), augmentation, plan)


def layered_sample(name: str, given: Mapping[str, Tensor], plan: Mapping[str, Any]) -> Dict[str, Tensor]:
    """Layers come premultiplied on a grid, as Node has them; of objects, the part that is not empty."""
    layers = []
    for index, motion in enumerate(plan["motions"]):
        layer = given[f"{name}.layer{index}"].permute(2, 0, 1)
        vector = lambda key: numpy.array([motion[key]["x"], motion[key]["y"]])
        layers.append(
            (
                layer,
                PlaneMotion(
                    vector("centre"),
                    vector("velocity"),
                    vector("bend"),
                    motion["turnRadians"],
                    motion["logZoom"],
                ),
            )
        )
    (background, motion), *objects = layers
    scene = Scene(
        PlaneBackdrop(background[:3], plan["sizePixels"], motion),
        [cut_out(layer, plan["marginPixels"], own) for layer, own in objects],
    )
    return sample_of(scene, Augmentation(), plan)


def cut_out(layer: Tensor, margin_pixels: int, motion: PlaneMotion) -> MovingObject:
    """The square about an object's centre, which lies on a pixel."""
    column, row = (int(place) + margin_pixels for place in motion.centre)
    covered = torch.nonzero(layer[3])
    reach = int((covered - torch.tensor([row, column])).abs().max()) + 1
    return MovingObject(
        layer[:, row - reach : row + reach + 1, column - reach : column + reach + 1].contiguous(),
        motion,
        follows=True,
    )


def augmentation_of(given: Mapping[str, Any]) -> Augmentation:
    return Augmentation(
        given["mirrorX"],
        given["mirrorY"],
        given["transpose"],
        given["reverseTime"],
        tuple(given["gains"]),
        given["gamma"],
    )


def sample_of(scene: Scene, augmentation: Augmentation, plan: Mapping[str, Any]) -> Dict[str, Tensor]:
    """`motion` is half the difference of the flows to the last and the first frame, as Node counts it."""
    shot = Shot(
        scene,
        plan["averaging"],
        augmentation,
        step_pixels=1,
        only_kept=False,
        highlight_boost=1,
        softness_pixels=0,
    )
    blurred, frames, _ = expose_shot(shot, plan["frames"], plan["renderedFrames"])
    ends = numpy.array([1.0, -1.0] if augmentation.reverse_time else [-1.0, 1.0])
    to_first, to_last = rearrange_vectors(scene.flow(ends).permute(0, 3, 1, 2), augmentation)
    return {
        "blurred": blurred.permute(1, 2, 0),
        "frames": frames.permute(0, 2, 3, 1),
        "motion": ((to_last - to_first) / 2).permute(1, 2, 0),
    }


main(*sys.argv[1:])
