"""The photo network of packages/core-model/src/photo, by hand in PyTorch: the peer of the benchmark.

Channels before height and width, as PyTorch has it; otherwise layer for layer the same, for any config, with
the same names.
"""

import json
from collections import namedtuple

import torch
import torch.nn.functional as F
from torch import nn

from weight_file import read_safetensors

CONFIG_KEY = "unblur.photo"
LEAKY_SLOPE = 0.1
DISPLACEMENT_SCALE = 0.1
MULTIPLE = 16
PIXELS_PER_CELL = 4
# When the frames are that have to average to the photograph.
CONSISTENCY_TIMES = [index / 3 for index in range(-3, 4)]

Scene = namedtuple("Scene", "middle trajectory feature")


class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.first = convolution(channels, channels)
        self.second = convolution(channels, channels)

    def forward(self, x):
        return x + self.second(activate(self.first(x)))


class PhotoNetwork(nn.Module):
    def __init__(self, config):
        super().__init__()
        channels, frame_channels = config["channels"], config["frameChannels"]
        self.frame_channels = frame_channels
        # Scale i is 1/2^(i + 1) of the photograph.
        scales = range(3)
        self.stem = convolution(PIXELS_PER_CELL * 3, channels[0])
        self.encoder = nn.ModuleList(residual_blocks(channels[i], config["encoderBlocks"][i]) for i in scales)
        self.reduce = nn.ModuleList(convolution(channels[i], channels[i + 1], stride=2) for i in scales)
        self.bottleneck = residual_blocks(channels[3], config["bottleneckBlocks"])
        self.enlarge = nn.ModuleList(
            convolution(channels[i + 1], PIXELS_PER_CELL * channels[i], kernel_size=1) for i in scales
        )
        self.decoder = nn.ModuleList(residual_blocks(channels[i], config["decoderBlocks"][i]) for i in scales)
        self.middle = convolution(channels[0], PIXELS_PER_CELL * 3)

        self.enter_trajectory = convolution(channels[1], config["trajectoryChannels"])
        self.refine_trajectory = residual_blocks(config["trajectoryChannels"], config["trajectoryBlocks"])
        self.predict_trajectory = convolution(config["trajectoryChannels"], 6)

        self.choose_feature = convolution(channels[0], frame_channels, kernel_size=1)
        self.enter_frame = convolution(frame_channels + PIXELS_PER_CELL * 3 + 2 + 1, frame_channels)
        self.refine_frame = residual_blocks(frame_channels, config["frameBlocks"])
        self.correct_frame = convolution(frame_channels, PIXELS_PER_CELL * 3)

    def analyze(self, blurred):
        """What is found once per photograph `[B, 3, H, W]`: the middle frame, the trajectory `[B, 6, H/4,
        W/4]` and a feature.
        """
        skips = []
        feature = self.stem(F.pixel_unshuffle(blurred, 2))
        for i in (0, 1, 2):
            skips.append(self.encoder[i](feature))
            feature = self.reduce[i](skips[i])
        feature = self.bottleneck(feature)
        for i in (2, 1, 0):
            feature = self.decoder[i](F.pixel_shuffle(self.enlarge[i](feature), 2) + skips[i])
            if i == 1:
                trajectory = self.predict_trajectory(
                    self.refine_trajectory(activate(self.enter_trajectory(feature)))
                )
        return Scene(
            blurred + F.pixel_shuffle(self.middle(feature), 2), trajectory, self.choose_feature(feature)
        )

    def render_at(self, scene, time):
        """The frame at a time from -1 to 1: of each scene of the batch `time` `[B, 1, 1, 1]`."""
        displacement = displacement_at(scene.trajectory, time)
        displacement_at_half = enlarge(displacement, 2)
        warped_middle = warp(scene.middle, enlarge(displacement, 4))
        warped_feature = warp(scene.feature, displacement_at_half / 2)
        time_everywhere = time.expand(-1, 1, *scene.feature.shape[2:])
        seen = torch.cat(
            [
                warped_feature,
                F.pixel_unshuffle(warped_middle, 2),
                displacement_at_half * DISPLACEMENT_SCALE,
                time_everywhere,
            ],
            1,
        )
        correction = self.correct_frame(self.refine_frame(activate(self.enter_frame(seen))))
        return warped_middle + F.pixel_shuffle(correction, 2)

    def restore(self, blurred, times, at_once=False):
        """The frame at each of some times, rendered one after the other or as one batch, and the scene."""
        scene = self.analyze(blurred)
        others = (
            blurred.new_tensor([time for time in times if time != 0])
            .view(-1, 1, 1, 1, 1)
            .expand(-1, len(blurred), 1, 1, 1)
        )
        if at_once:
            repeated = Scene(*(part.repeat(len(others), 1, 1, 1) for part in scene))
            rendered = self.render_at(repeated, others.flatten(0, 1)).split(len(blurred))
        else:
            rendered = [self.render_at(scene, time) for time in others]
        rendered = iter(rendered)
        return [scene.middle if time == 0 else next(rendered) for time in times], scene


def consistency_correction(blurred, frames):
    """What every frame lacks, of a photograph `[B, 3, H, W]` and its frames at `CONSISTENCY_TIMES`."""
    shares = blurred.new_tensor([0.5, 1, 1, 1, 1, 1, 0.5]).view(-1, 1, 1, 1, 1) / 6
    shown = torch.stack(frames).clamp(0, 1)
    mean = (shares * shown).sum(0)
    variance = ((shares * shown**2).sum(0) - mean**2).clamp(min=0)
    brighter = (mean**2 + 1.2 * variance).sqrt() - mean
    beyond = blurred - mean

    def over_photograph(image):
        return image.sum((1, 2, 3), keepdim=True)

    pixels = blurred.shape[2] * blurred.shape[3]
    measured = over_photograph(beyond * brighter) / (over_photograph(brighter**2) + 1e-6 * pixels)
    mix = ((measured - 0.5) / 0.45).clamp(0, 1)
    missing = beyond - mix * brighter
    for _ in range(2):
        missing = F.avg_pool2d(missing, 3, stride=1, padding=1)
    return 0.75 * missing


def convolution(inputs, outputs, kernel_size=3, stride=1):
    return nn.Conv2d(inputs, outputs, kernel_size, stride, padding=kernel_size // 2)


def residual_blocks(channels, count):
    return nn.Sequential(*(ResidualBlock(channels) for _ in range(count)))


def activate(x):
    return F.leaky_relu(x, LEAKY_SLOPE, inplace=True)


def enlarge(field, factor):
    return F.interpolate(field, scale_factor=factor, mode="bilinear", align_corners=False)


def displacement_at(trajectory, time):
    """Where the middle frame shows what the frame at a time shows, relative to it: `[B, 2, H/4, W/4]` in
    pixels of the photograph.
    """
    velocity, acceleration, jerk = trajectory.split(2, 1)
    return velocity * time + acceleration * time**2 + jerk * time**3


def warp(x, displacement_pixels):
    """`x(p + displacement(p))`, edges repeated."""
    height, width = x.shape[2:]
    columns = torch.arange(width, dtype=x.dtype) + 0.5
    rows = torch.arange(height, dtype=x.dtype)[:, None] + 0.5
    # From -1 to 1 between the outer edges of the outermost pixels.
    grid = torch.stack(
        [
            (displacement_pixels[:, 0] + columns) * (2 / width) - 1,
            (displacement_pixels[:, 1] + rows) * (2 / height) - 1,
        ],
        -1,
    )
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)


def read_photo_network(path):
    """The network in a weights file of `photoFamily`."""
    arrays, metadata = read_safetensors(path)
    network = PhotoNetwork(json.loads(metadata[CONFIG_KEY]))
    network.load_state_dict(
        {
            parameter_name(name): to_torch_layout(name, torch.from_numpy(array), network.frame_channels)
            for name, array in arrays.items()
        }
    )
    return network


MODULES = {
    "trajectory.enter": "enter_trajectory",
    "trajectory.predict": "predict_trajectory",
    "trajectory": "refine_trajectory",
    "frame.feature": "choose_feature",
    "frame.enter": "enter_frame",
    "frame.correct": "correct_frame",
    "frame": "refine_frame",
}


def parameter_name(name):
    """`encoder0.block1.first.kernel` to `encoder.0.1.first.weight`."""
    layer, kind = name.rsplit(".", 1)
    part, block = (layer.split(".block") + [""])[:2]
    module = MODULES.get(part) or (f"{part[:-1]}.{part[-1]}" if part[-1].isdigit() else part)
    return ".".join(filter(None, [module, block, {"kernel": "weight", "bias": "bias"}[kind]]))


def to_torch_layout(name, weight, frame_channels):
    layer = name.rsplit(".", 1)[0]
    if layer[:-1] == "enlarge" or layer in ("middle", "frame.correct"):
        weight = order_packed_pixels(weight, weight.dim() - 1, 0, weight.shape[-1])
    if name == "stem.kernel":
        weight = order_packed_pixels(weight, 2, 0, weight.shape[2])
    if name == "frame.enter.kernel":
        weight = order_packed_pixels(weight, 2, frame_channels, PIXELS_PER_CELL * 3)
    if weight.dim() == 4:
        # [h, w, in, out] to [out, in, h, w].
        weight = weight.permute(3, 2, 0, 1)
    return weight.contiguous()


def order_packed_pixels(weight, axis, first, count):
    """`count` channels that stand for 2x2 pixels, from `(row, column, colour)` to `(colour, row, column)`,
    which is PyTorch's order.
    """
    before, packed, after = weight.split([first, count, weight.shape[axis] - first - count], axis)
    packed = (
        packed.unflatten(axis, (PIXELS_PER_CELL, count // PIXELS_PER_CELL))
        .transpose(axis, axis + 1)
        .flatten(axis, axis + 1)
    )
    return torch.cat([before, packed, after], axis)
