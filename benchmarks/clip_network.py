"""The clip network of packages/core-model/src/clip, by hand in PyTorch: a peer of the benchmark.

Channels before height and width, as PyTorch has it; otherwise layer for layer the same, for any config, with
the same names.
"""

import math

import torch
import torch.nn.functional as F

from photo_network import LEAKY_SLOPE, enlarge, order_packed_pixels, warp
from video_deblur import cost_volume, normalize_channels, sharpness_prior, warp_visible

CONFIG_KEY = "unblur.clip"
MOTION_LEVELS = (4, 3, 2)
FINEST_MOTION_LEVEL = 2
MOTION_SCALE = 0.1
CORRELATION_WEIGHT = 8
DESCRIPTOR_SCALE = 1 / 4


class ClipNetwork:
    def __init__(self, config, weights):
        self.config, self.weights = config, weights

    def __call__(self, frames):
        """The middle frame of a window [1, 3, H, W], of all passes."""
        seen = self.config["windowFrames"]
        for _ in range(self.config["passes"]):
            described = [self.describe(frame) for frame in frames]
            frames = [
                self.restore(described[first : first + seen]) for first in range(len(frames) - seen + 1)
            ]
        return frames[0]

    def describe(self, frame):
        """The frame, its encoding, and what its neighbours see: a feature, and descriptors for motion."""
        finest = self.blocks("encoder0", self.layer("stem", F.pixel_unshuffle(frame, 2)))
        if self.config["neighbours"] == "none":
            return frame, finest, None, None
        descriptor, descriptors = finest, []
        for level in (2, 3, 4):
            descriptor = self.layer(f"descriptor{level}", descriptor, stride=2, leaky=True)
            descriptors.append(normalize_channels(descriptor))
        return frame, finest, self.layer("frame.feature", finest), descriptors

    def restore(self, window):
        frame, finest, _, _ = window[len(window) // 2]
        feature = finest if self.config["neighbours"] == "none" else finest + self.ask(window)
        skips = [feature]
        for i in (0, 1, 2):
            if i > 0:
                skips.append(self.blocks(f"encoder{i}", feature))
            feature = self.layer(f"reduce{i}", skips[i], stride=2)
        feature = self.blocks("bottleneck", feature)
        for i in (2, 1, 0):
            feature = F.pixel_shuffle(self.layer(f"enlarge{i}", feature), 2) + skips[i]
            feature = self.blocks(f"decoder{i}", feature)
        return frame + F.pixel_shuffle(self.layer("middle", feature), 2)

    def ask(self, window):
        """What its neighbours tell the middle frame."""
        middle = len(window) // 2
        neighbours = window[:middle] + window[middle + 1 :]
        _, _, own_feature, own_descriptors = window[middle]
        motions = self.find_motion(
            [level.expand(len(neighbours), -1, -1, -1) for level in own_descriptors],
            [torch.cat(levels) for levels in zip(*(descriptors for _, _, _, descriptors in neighbours))],
        )
        at_half = enlarge(motions, 2)
        features = torch.cat([feature for _, _, feature, _ in neighbours])
        if self.config["neighbours"] == "moved":
            features = warp(features, at_half / 2)
        seen = [own_feature, *features.split(1), *(at_half * MOTION_SCALE).split(1)]
        if self.config["sharpnessPrior"] != "none":
            seen.append(F.pixel_unshuffle(self.prior(window, motions), 2))
        told = self.layer("window.enter", torch.cat(seen, 1), leaky=True)
        return self.layer("window.tell", self.blocks("window", told))

    def find_motion(self, first, second):
        """From the first to the second: [B, 2, H/4, W/4] in pixels of the frame."""
        motion = None
        for level in MOTION_LEVELS:
            one, other = first[level - FINEST_MOTION_LEVEL], second[level - FINEST_MOTION_LEVEL]
            found = torch.zeros_like(one[:, :2]) if motion is None else enlarge(motion, 2) * 2
            fits = cost_volume(
                one, other if motion is None else warp(other, found), self.config["searchRadiusPixels"]
            )
            expected = expected_displacement(fits)
            seen = torch.cat([fits, one * DESCRIPTOR_SCALE, found, expected], 1)
            refined = self.blocks(f"motion{level}", self.layer(f"motion{level}.enter", seen, leaky=True))
            motion = found + self.layer(f"motion{level}.correct", torch.cat([refined, expected], 1))
        return motion * 2**FINEST_MOTION_LEVEL

    def prior(self, window, motions):
        middle = len(window) // 2
        (before, before_mask), (after, after_mask) = [
            warp_visible(window[frame][0], enlarge(motions[index : index + 1], 4), "border")
            for frame, index in ((middle - 1, middle - 1), (middle + 1, middle))
        ]
        prior = sharpness_prior(self.config["sharpnessPrior"], before, window[middle][0], after)
        return prior * before_mask * after_mask

    def layer(self, name, x, stride=1, leaky=False):
        kernel, bias = self.weights[f"{name}.kernel"], self.weights[f"{name}.bias"]
        y = F.conv2d(x, kernel, bias, stride, kernel.shape[-1] // 2)
        return F.leaky_relu_(y, LEAKY_SLOPE) if leaky else y

    def blocks(self, name, x):
        index = 0
        while f"{name}.block{index}.first.kernel" in self.weights:
            x = x + self.layer(
                f"{name}.block{index}.second", self.layer(f"{name}.block{index}.first", x, leaky=True)
            )
            index += 1
        return x


def expected_displacement(fits):
    """(dx, dy) that fits on average, and how certain that is: [B, 3, H, W]."""
    radius = (math.isqrt(fits.shape[1]) - 1) // 2
    offsets = torch.arange(-radius, radius + 1, dtype=fits.dtype)
    weights = torch.softmax(CORRELATION_WEIGHT * fits, 1).unflatten(1, (len(offsets), len(offsets)))
    across, down = weights.sum(1), weights.sum(2)
    means = [(part * offsets[:, None, None]).sum(1) for part in (across, down)]
    return torch.stack([*means, (weights**2).sum((1, 2))], 1)


def to_torch_layout(name, weight):
    layer = name.rsplit(".", 1)[0]
    if layer[:-1] == "enlarge" or layer == "middle":
        weight = order_packed_pixels(weight, weight.dim() - 1, 0, weight.shape[-1])
    if name == "stem.kernel":
        weight = order_packed_pixels(weight, 2, 0, weight.shape[2])
    # [h, w, in, out] to [out, in, h, w].
    return weight.permute(3, 2, 0, 1).contiguous() if weight.dim() == 4 else weight
