"""Windows of neighbouring blurred frames, for networks that deblur video."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Mapping, Optional

import numpy
import torch
import torch.nn.functional as F
from numpy.random import Generator as Random
from torch import Tensor

from .augmentation import Augmentation, draw_averaging, rearrange_pixels, rearrange_vectors
from .exposure import even_times, expose, render_count
from .image_bank import RENDERED_KINDS, ImageBank, expect_large_enough
from .sample_source import open_shots
from .samples import (
    MOTION_STRIDE_PIXELS,
    Samples,
    SampleSource,
    degrade_some,
    device_generator,
    draw_sample_randoms,
    soften_some,
)
from .shot import Shots
from .softness import draw_softness
from .transfer import DISPLAY, display_of, light_of
from .video_source import cut

# Videos have this many exposures one stride apart, and two frames more; shorter ones are of no use.
LEAST_EXPOSURES = 5


def open_window_source(
    source: Mapping[str, Any],
    images: Mapping[str, bytes],
    *,
    size_pixels: int,
    frames: int,
    device: torch.device,
    seed: int,
    workers: int,
) -> SampleSource:
    """Opens one entry of `data.sources`: one without a kind is cut from videos and recorded pairs, as in the
    Node synthesis; one of kind panorama or layers is rendered, along a path as long as all its exposures.

    source, images, device, seed, workers: as for `open_source`. frames: N, odd. Raises ValueError for
    kinds, sizes or images that cannot be used.
    """
    if frames < 1 or frames % 2 == 0:
        raise ValueError(f"Expected an odd number of frames in a window but received {frames}.")
    if size_pixels < 16 or size_pixels % MOTION_STRIDE_PIXELS != 0:
        raise ValueError(
            f"Expected a size of windows that is a multiple of {MOTION_STRIDE_PIXELS}, 16 or more, but "
            f"received {size_pixels}."
        )
    kind = source.get("kind")
    if kind not in (None, *RENDERED_KINDS):
        raise ValueError(
            "Expected a source of windows without a kind, or of kind panorama or layers, but received "
            f"{kind!r}."
        )
    bank = ImageBank.load(source, images, device, seed, workers)
    if kind is None:
        return VideoWindowSource(bank, source, size_pixels, frames)
    return ShotWindowSource(open_shots(kind, bank, source, size_pixels), source, frames, bank.device)


class ShotWindowSource:
    """Renders consecutive exposures of one path: each lies in the middle of its interval, and the shutter is
    open for a part of it. The path of N intervals is N times as long as the options say of an exposure.
    """

    def __init__(self, shots: Shots, options: Mapping[str, Any], window_frames: int, device: torch.device):
        self._shots = shots
        self._options = options
        self._window_frames = window_frames
        self._device = device

    @torch.no_grad()
    def make(self, count: int, generator: torch.Generator) -> Samples:
        blurred, sharp, flows, augmentations, softness = [], [], [], [], []
        randoms = draw_sample_randoms(count, generator)
        frames = self._window_frames
        middles = (2 * numpy.arange(frames) - (frames - 1)) / frames
        for random in randoms:
            shot = self._shots.draw(random, exposures=frames)
            opened = self._draw_opened_shares(random)
            fastest_pixels = shot.scene.longest_path_pixels() / frames
            exposed, kept = [], []
            for middle, share in zip(middles, opened):
                renders = render_count(fastest_pixels * share, 3, shot.step_pixels)
                times = middle + share / frames * even_times(renders)
                average, at_middle = expose(
                    shot.scene, times, [renders // 2], shot.averaging, highlight_boost=shot.highlight_boost
                )
                exposed.append(average)
                kept.append(at_middle[0])
            flow = F.avg_pool2d(shot.scene.flow(middles).permute(0, 3, 1, 2), MOTION_STRIDE_PIXELS)
            augmentation = shot.augmentation
            in_order = lambda values: values.flip(0) if augmentation.reverse_time else values
            blurred.append(in_order(rearrange_pixels(torch.stack(exposed), augmentation)))
            sharp.append(in_order(rearrange_pixels(torch.stack(kept), augmentation)))
            flows.append(in_order(rearrange_vectors(flow, augmentation)))
            augmentations.append(augmentation)
            softness.append(shot.softness_pixels)
        return finish_windows(
            blurred,
            sharp,
            torch.stack(flows).permute(0, 1, 3, 4, 2),
            augmentations,
            softness,
            device_generator(randoms[0], self._device),
        )

    def _draw_opened_shares(self, random: Random) -> List[float]:
        """The part of its interval that the shutter is open, of each exposure; 0 would be a sharp picture."""
        draw = lambda: random.uniform(*self._options["shutterShare"])
        return (
            [draw()] * self._window_frames
            if random.uniform() < self._options["steadyShare"]
            else [draw() for _ in range(self._window_frames)]
        )


@dataclass(frozen=True)
class Exposure:
    """The frames of a video that are averaged: `middle` and as many as `reach` to either side."""

    middle: int
    reach: int


class VideoWindowSource:
    """Windows anywhere in a video: before its first and after its last exposure, that one is repeated, as
    where a clip is deblurred.
    """

    def __init__(self, bank: ImageBank, options: Mapping[str, Any], size_pixels: int, window_frames: int):
        self._options = options
        self._size_pixels = size_pixels
        self._window_frames = window_frames
        self._device = bank.device
        wanted = lambda name: (
            not options["videos"] or any(part in options["videos"] for part in name.split("/"))
        )
        videos = {**{name: (None, clip) for name, clip in bank.clips.items()}, **bank.pairs}
        self._videos = [
            video for name, video in videos.items() if wanted(name) and len(video[1]) >= LEAST_EXPOSURES + 2
        ]
        if not self._videos:
            raise ValueError(f"Expected videos of at least {LEAST_EXPOSURES + 2} frames but received none.")
        # Smaller ones than a window are mirrored at their borders, which takes half a window.
        expect_large_enough({name: clip for name, (_, clip) in videos.items()}, -(-size_pixels // 2))

    @torch.no_grad()
    def make(self, count: int, generator: torch.Generator) -> Samples:
        blurred, sharp, augmentations, softness = [], [], [], []
        randoms = draw_sample_randoms(count, generator)
        for random in randoms:
            recorded, clip = self._videos[int(random.integers(len(self._videos)))]
            exposures = draw_exposures(
                random, self._options, len(clip), recorded is not None, self._window_frames
            )
            crop = self._draw_crop(random, clip)
            averaging = draw_averaging(random, self._options["averaging"])
            augmentation = Augmentation(
                mirror_x=bool(random.uniform() < 0.5), mirror_y=bool(random.uniform() < 0.5)
            )
            seen, space = (clip, averaging) if recorded is None else (recorded, DISPLAY)
            exposed = [
                self._average(seen[one.middle - one.reach : one.middle + one.reach + 1], crop, space)
                for one in exposures
            ]
            kept = [self._average(clip[one.middle : one.middle + 1], crop, DISPLAY) for one in exposures]
            blurred.append(rearrange_pixels(torch.stack(exposed), augmentation))
            sharp.append(rearrange_pixels(torch.stack(kept), augmentation))
            augmentations.append(augmentation)
            softness.append(draw_softness(random, self._options["softnessPixels"]))
        return finish_windows(
            blurred, sharp, None, augmentations, softness, device_generator(randoms[0], self._device)
        )

    def _draw_crop(self, random: Random, clip: Tensor) -> "tuple[int, int, int]":
        """Top, left and the factor to shrink by; in the clip as it is where it is smaller than a window."""
        height, width = (max(extent, self._size_pixels) for extent in clip.shape[2:])
        shrink = (
            2
            if random.uniform() < self._options["halvedShare"] and min(height, width) >= 2 * self._size_pixels
            else 1
        )
        return (
            *(int(random.integers(extent - self._size_pixels * shrink + 1)) for extent in (height, width)),
            shrink,
        )

    def _average(self, frames: Tensor, crop: "tuple[int, int, int]", averaging: str) -> Tensor:
        """Display values [3, S, S] of what frames uint8 [n, 3, h, w] average to in a window."""
        top, left, shrink = crop
        shown = cut(frames, top, left, self._size_pixels, shrink)
        return display_of(light_of(shown, averaging).mean(0), averaging)


def draw_exposures(
    random: Random, options: Mapping[str, Any], video_frames: int, recorded: bool, window_frames: int
) -> List[Exposure]:
    """The exposures of a window in time order, each a stride after the other; the first and the last that the
    video has are repeated where it ends.
    """
    least, most = options["exposureFrames"]
    draw_length = lambda: random.uniform(least, most + 1)
    steady_length = draw_length()
    steady = random.uniform() < options["steadyShare"]
    lengths = [steady_length if steady else draw_length() for _ in range(window_frames)]
    wanted_stride = int(random.uniform(options["strideFrames"][0], options["strideFrames"][1] + 1))
    # Of a video too short for what was drawn, the longest exposures that it has.
    stride = 1 if recorded else max(1, min(wanted_stride, (video_frames - 3) // (LEAST_EXPOSURES - 1)))
    longest_reach = (video_frames - 1 - (LEAST_EXPOSURES - 1) * stride) // 2
    reaches = [0 if recorded else min(int((length - 1) // 2), longest_reach) for length in lengths]
    margin = max(reaches)
    middle = margin + int(random.integers(video_frames - 2 * margin))
    first, last = -((middle - margin) // stride), (video_frames - 1 - margin - middle) // stride
    half = (window_frames - 1) // 2
    strides = [min(last, max(first, position - half)) for position in range(window_frames)]
    exposures = [
        Exposure(middle + steps * stride, reaches[min(max(half + steps, 0), window_frames - 1)])
        for steps in strides
    ]
    return exposures[::-1] if random.uniform() < 0.5 else exposures


def finish_windows(
    blurred: List[Tensor],
    sharp: List[Tensor],
    flow: Optional[Tensor],
    augmentations: List[Augmentation],
    softness: List[float],
    generator: torch.Generator,
) -> Samples:
    """Softness of all frames alike; noise and compression of each blurred one. Windows are [N, 3, S, S]
    each; flow: from the middle frame to each, in pixels, None where it is not known.
    """
    count, frames = len(blurred), len(blurred[0])
    pictures = soften_some(torch.cat([torch.stack(blurred), torch.stack(sharp)], 1), softness)
    of_each_frame = [one for one in augmentations for _ in range(frames)]
    degraded = degrade_some(pictures[:, :frames].flatten(0, 1), of_each_frame, generator).unflatten(
        0, (count, frames)
    )
    return Samples(
        blurred=degraded.permute(0, 1, 3, 4, 2),
        frames=pictures[:, frames:].permute(0, 1, 3, 4, 2),
        motion_pixels=None if flow is None else -flow,
        motion_known=torch.full((count,), float(flow is not None), device=pictures.device),
        frames_known=torch.ones(count, frames, device=pictures.device),
    )
