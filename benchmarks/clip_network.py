"""The clip network of packages/core-model/src/clip, by hand in PyTorch: a peer of the benchmark.

Channels before height and width, as PyTorch has it; otherwise layer for layer the same, for any config, with
the same names.
"""

import math

import torch
import torch.nn.functional as F

from photo_network import LEAKY_SLOPE, enlarge, order_packed_pixels, warp
from video_deblur import align_flow, cost_volume, normalize_channels, sharpness_prior, warp_visible

CONFIG_KEY = "unblur.clip"
MOTION_LEVELS = (4, 3, 2)
FINEST_MOTION_LEVEL = 2
CORRELATION_WEIGHT = 60
NEARNESS_WEIGHT = 1
COMPARED_PIXELS = 9
MOTION_SCALE = 0.1
ALIGNMENT = ((2, 2), (1, 2))
LEAST_DIFFERENCE = 0.01
PACKED_CHANNELS = 4 * 3


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
        """The frame, restored by itself, and a feature of it that its neighbours see."""
        finest = self.blocks("encoder0", self.layer("stem", F.pixel_unshuffle(frame, 2)))
        skips, feature = [finest], finest
        for i in (0, 1, 2):
            if i > 0:
                skips.append(self.blocks(f"encoder{i}", feature))
            feature = self.layer(f"reduce{i}", skips[i], stride=2)
        feature = self.blocks("bottleneck", feature)
        for i in (2, 1, 0):
            feature = F.pixel_shuffle(self.layer(f"enlarge{i}", feature), 2) + skips[i]
            feature = self.blocks(f"decoder{i}", feature)
        restored = frame + F.pixel_shuffle(self.layer("middle", feature), 2)
        if self.config["neighbours"] == "none":
            return frame, restored, None
        return frame, restored, self.layer("frame.feature", feature)

    def restore(self, window):
        middle = len(window) // 2
        frame, restored, feature = window[middle]
        if self.config["neighbours"] == "none":
            return restored
        frames, others, features = map(torch.cat, zip(*window[:middle], *window[middle + 1 :]))
        own = restored.expand_as(others)
        motion = self.find_motion(own, others, feature.expand_as(features))
        flow = enlarge(motion, 4)
        for level, iterations in ALIGNMENT:
            flow = align_flow(own, others, flow, level, iterations)
        if self.config["neighbours"] == "unmoved":
            flow = torch.zeros_like(flow)
        moved_frames, moved = warp(frames, flow), warp(others, flow)
        moved_features = warp(features, F.avg_pool2d(flow, 2) / 2)
        _, visible = warp_visible(others[:, :1], flow, "border")
        evidence = blend_evidence(frame, restored, moved_frames, moved, motion)
        of_all = evidence.mean(0, keepdim=True).expand(len(others), -1, -1, -1)
        weighed = self.layer("blend.enter", torch.cat([evidence, of_all], 1), leaky=True)
        weighed = self.layer("blend.refine", weighed, leaky=True)
        shares = self.layer("blend.share", weighed) * F.avg_pool2d(visible, 4)
        blended = restored + (enlarge(shares, 4) * (moved - restored)).sum(0, keepdim=True)
        features = (enlarge(shares, 2) * (moved_features - feature)).sum(0, keepdim=True)
        pictures = [F.pixel_unshuffle(x, 2) for x in (blended, restored - blended, frame - restored)]
        seen = [*pictures, feature, features]
        if self.config["sharpnessPrior"] != "none":
            seen.append(F.pixel_unshuffle(self.prior(restored, moved, visible), 2))
        corrected = self.blocks("window", self.layer("window.enter", torch.cat(seen, 1), leaky=True))
        return blended + F.pixel_shuffle(self.layer("window.correct", corrected), 2)

    def find_motion(self, first, second, feature):
        """From the first to the second: [B, 2, H/4, W/4] in pixels of the frame."""
        motion = None
        for level in MOTION_LEVELS:
            one, other = (
                surroundings(F.avg_pool2d(x.mean(1, keepdim=True), 2**level)) for x in (first, second)
            )
            so_far = torch.zeros_like(one[:, :2]) if motion is None else enlarge(motion, 2) * 2
            fits = cost_volume(
                one, other if motion is None else warp(other, so_far), self.config["searchRadiusPixels"]
            )
            expected = expected_displacement(fits)
            context = F.avg_pool2d(feature, 2 ** (level - 1))
            seen = torch.cat([fits, context, so_far * MOTION_SCALE, expected], 1)
            refined = self.blocks(f"motion{level}", self.layer(f"motion{level}.enter", seen, leaky=True))
            found = F.avg_pool2d(so_far + expected[:, :2], 3, 1, 1, count_include_pad=False)
            motion = found + self.layer(f"motion{level}.correct", refined)
        return motion * 2**FINEST_MOTION_LEVEL

    def prior(self, restored, moved, visible):
        after = len(moved) // 2
        before, after = slice(after - 1, after), slice(after, after + 1)
        prior = sharpness_prior(self.config["sharpnessPrior"], moved[before], restored, moved[after])
        return prior * visible[before] * visible[after]

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


def surroundings(x):
    """The normalized square around every pixel; what lies outside counts as the pixel itself."""
    size, margin = x.shape[2:], COMPARED_PIXELS // 2
    around, inside = (
        F.unfold(image, COMPARED_PIXELS, padding=margin).unflatten(2, size)
        for image in (x, torch.ones_like(x))
    )
    return normalize_channels((around - x) * inside)


def expected_displacement(fits):
    """(dx, dy) that fits on average, and how certain that is: [B, 3, H, W]."""
    radius = (math.isqrt(fits.shape[1]) - 1) // 2
    offsets = torch.arange(-radius, radius + 1, dtype=fits.dtype)
    farness = (offsets[:, None] ** 2 + offsets**2).flatten()[:, None, None]
    weights = torch.softmax(CORRELATION_WEIGHT * fits - NEARNESS_WEIGHT * farness, 1)
    by_offset = weights.unflatten(1, (len(offsets), len(offsets)))
    across, down = by_offset.sum(1), by_offset.sum(2)
    means = [(part * offsets[:, None, None]).sum(1) for part in (across, down)]
    return torch.stack([*means, (weights**2).sum(1)], 1)


def blend_evidence(frame, restored, moved_frames, moved, motion):
    def in_cells(x):
        return F.avg_pool2d(x, 4)

    def of_size(x, least=LEAST_DIFFERENCE):
        return torch.log(x + least)

    def sharpness(x):
        x = x.mean(1, keepdim=True)
        across = F.pad((x[..., 1:] - x[..., :-1]).abs(), (0, 1))
        down = F.pad((x[..., 1:, :] - x[..., :-1, :]).abs(), (0, 0, 0, 1))
        return of_size(in_cells(across + down))

    own, own_restored = (sharpness(x).expand(len(moved), -1, -1, -1) for x in (frame, restored))
    found = [sharpness(moved) - own_restored, sharpness(moved_frames) - own, own_restored + 3]
    found.append(own - own_restored)
    for difference in (moved - restored, moved_frames - frame):
        found.append(of_size(in_cells(difference.abs().mean(1, keepdim=True))) + 3)
        found.append(of_size(in_cells(difference).abs().mean(1, keepdim=True)) + 3)
    found.append(of_size(motion.norm(dim=1, keepdim=True), 0.5) / 2)
    return torch.cat(found, 1)


def to_torch_layout(name, weight):
    layer = name.rsplit(".", 1)[0]
    if layer[:-1] == "enlarge" or layer in ("middle", "window.correct"):
        weight = order_packed_pixels(weight, weight.dim() - 1, 0, weight.shape[-1])
    if name == "stem.kernel":
        weight = order_packed_pixels(weight, 2, 0, weight.shape[2])
    if name == "window.enter.kernel":
        for picture in range(3):
            weight = order_packed_pixels(weight, 2, picture * PACKED_CHANNELS, PACKED_CHANNELS)
    # [h, w, in, out] to [out, in, h, w].
    return weight.permute(3, 2, 0, 1).contiguous() if weight.dim() == 4 else weight
