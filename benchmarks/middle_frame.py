"""The reconstruction of packages/core-model/src/video-deblur that makes a frame as a photograph's middle
frame is made, by hand in PyTorch.

Channels before height and width, as PyTorch has it; otherwise layer for layer the same, for any config. Names
of functions and weights are those of the TypeScript files.
"""

from collections import namedtuple

import torch
import torch.nn.functional as F

COARSEST_LEVEL = 5
LEAKY_SLOPE = 0.1
SUB_PIXEL_LAYERS = (
    "middle.level1.image",
    "middle.refined-image",
    "mixing.weights",
    "exposure.image",
    "fusion.image",
)

Decoded = namedtuple("Decoded", "images features")


def to_torch_layout(name, weight):
    if name.rsplit(".", 1)[0] in SUB_PIXEL_LAYERS:
        weight = reorder_sub_pixels(weight)
    if weight.dim() == 4:
        # [h, w, in, out] to [out, in, h, w]; transposed [h, w, out, in] to [in, out, h, w].
        weight = weight.permute(3, 2, 0, 1)
    return weight.contiguous()


def reorder_sub_pixels(weight):
    """Output channels (row, column, colour) to (colour, row, column), which is what pixel_shuffle unpacks."""
    packed = weight.shape[-1]
    return weight.reshape(-1, 4, packed // 4).transpose(1, 2).reshape(weight.shape)


def halve(x):
    return F.avg_pool2d(x, 2)


def double(x):
    return F.interpolate(x, tuple(2 * size for size in x.shape[2:]), mode="bilinear", align_corners=False)


def image_pyramid(image, coarsest_level):
    pyramid = [image]
    for _ in range(coarsest_level):
        pyramid.append(halve(pyramid[-1]))
    return pyramid


def mean_difference(a, b, level):
    """Ten times the mean absolute difference over the colours and pixels of each cell of a level."""
    return F.avg_pool2d((a - b).abs().mean(1, keepdim=True), 2**level) * 10


def pack_pixels(x):
    """Blocks of 2x2 pixels as channels (row, column, colour)."""
    batch, channels, height, width = x.shape
    return (
        x.view(batch, channels, height // 2, 2, width // 2, 2)
        .permute(0, 3, 5, 1, 2, 4)
        .reshape(batch, 4 * channels, height // 2, width // 2)
    )


def resize_flow(flow_pixels, size):
    scale = size[1] / flow_pixels.shape[3]
    if scale == 1:
        return flow_pixels
    return F.interpolate(flow_pixels, size=size, mode="bilinear", align_corners=False) * scale


class MiddleFrameNetwork:
    def __init__(self, config, weights):
        self.config = config
        self.weights = weights
        self.grids = {}

    # Layers

    def convolution(self, name, x, stride=1, dilation=1, activate=True):
        kernel = self.weights[f"{name}.kernel"]
        if stride == 1:
            padding = dilation
        else:
            x, padding = self.pad_same(x, stride), 0
        y = F.conv2d(x, kernel, self.weights[f"{name}.bias"], stride, padding, dilation)
        return F.leaky_relu(y, LEAKY_SLOPE, inplace=True) if activate else y

    @staticmethod
    def pad_same(x, stride):
        """TensorFlow's `same` padding of a 3x3 kernel: what is uneven goes to the bottom and the right."""
        height, width = (max((-(-size // stride) - 1) * stride + 3 - size, 0) for size in x.shape[2:])
        return F.pad(x, (width // 2, width - width // 2, height // 2, height - height // 2))

    def upscaling(self, name, x, activate=True):
        y = F.conv_transpose2d(
            x, self.weights[f"{name}.kernel"], self.weights[f"{name}.bias"], stride=2, padding=1
        )
        return F.leaky_relu(y, LEAKY_SLOPE, inplace=True) if activate else y

    def predict_image(self, name, feature, sub_pixel):
        predicted = self.convolution(name, feature, activate=False)
        return F.pixel_shuffle(predicted, 2) if sub_pixel else predicted

    def warp(self, x, displacement_pixels):
        height, width = x.shape[2:]
        grid, per_pixel = self.grid_of(height, width, x)
        sampled_at = torch.addcmul(grid, displacement_pixels.permute(0, 2, 3, 1), per_pixel)
        return F.grid_sample(x, sampled_at, mode="bilinear", padding_mode="border", align_corners=True)

    def grid_of(self, height, width, like):
        """The sampling grid that leaves an image as it is, and what a pixel is on it; made once per size."""
        if (height, width) not in self.grids:
            x = torch.arange(width, dtype=like.dtype) - (width - 1) / 2
            y = torch.arange(height, dtype=like.dtype) - (height - 1) / 2
            half = torch.tensor([max(width - 1, 1) / 2, max(height - 1, 1) / 2], dtype=like.dtype)
            self.grids[(height, width)] = (
                torch.stack(torch.broadcast_tensors(x[None, :], y[:, None]), -1)[None] / half,
                1 / half,
            )
        return self.grids[(height, width)]

    # Network

    def encode(self, x):
        features = [x]
        for level in range(1, COARSEST_LEVEL + 1):
            reduced = self.convolution(f"encoder.level{level}.reduce", features[-1], stride=2)
            features.append(self.convolution(f"encoder.level{level}.extract", reduced))
        return features

    def decode_block(self, name, dense_count, upscaled, image_above, encoded):
        seen = [upscaled]
        if image_above is not None:
            seen.append(self.upscaling(f"{name}.upscale-image", image_above, activate=False))
        seen = torch.cat([*seen, encoded], 1)
        for index in range(dense_count):
            feature = self.convolution(f"{name}.dense{index}", seen)
            if index < dense_count - 1:
                seen = torch.cat([seen, feature], 1)
        return feature

    def decode_middle(self, encoded, blurred_pyramid):
        """Images by level, and the features of levels 1 to 4; the image of level 0 is made at level 1, by
        sub-pixel convolution.
        """
        images, features = {}, {}
        feature = encoded[COARSEST_LEVEL]
        for level in range(COARSEST_LEVEL - 1, 0, -1):
            name = f"middle.level{level}"
            upscaled = self.upscaling(f"{name}.upscale-feature", feature)
            feature = self.decode_block(
                name,
                len(self.config["middleDecoder"]["denseChannels"][level]),
                upscaled,
                images.get(level + 1),
                encoded[level],
            )
            image_level = 0 if level == 1 else level
            images[image_level] = blurred_pyramid[image_level] + self.predict_image(
                f"{name}.image", feature, image_level != level
            )
            features[level] = feature
        if self.config["refiner"]:
            refined = torch.cat([feature, halve(images[0])], 1)
            for index, layer in enumerate(self.config["refiner"]):
                refined = self.convolution(f"middle.refine{index}", refined, dilation=layer["dilation"])
            images[0] = images[0] + self.predict_image("middle.refined-image", refined, True)
            features[1] = refined
        return Decoded(images, features)

    def average_along(self, image, displacements):
        moved = self.warp(image.repeat(len(displacements) // len(image), 1, 1, 1), displacements)
        return (image + moved.unflatten(0, (-1, len(image))).sum(0)) / (len(displacements) // len(image) + 1)

    def fuse_scales(self, fusion_channels, centre, evidence, fine, coarse):
        """A frame made sharp at its own size and at half of it, each an image and the features it was made
        from.
        """
        (fine_image, fine_features), (coarse_image, coarse_features) = fine, coarse
        found = fine_image - centre
        fine_means, coarse_means = halve(found), coarse_image - halve(centre)
        detail = found - double(fine_means)
        feature = torch.cat(
            [
                pack_pixels(centre),
                10 * pack_pixels(found),
                10 * fine_means,
                10 * coarse_means,
                fine_features,
                double(coarse_features),
                *evidence,
            ],
            1,
        )
        for index in range(len(fusion_channels)):
            feature = self.convolution(f"fusion.conv{index}", feature)
        fine_share, coarse_share, detail_shares = self.convolution(
            "fusion.shares", feature, activate=False
        ).split([1, 1, 4], 1)
        # One channel: packed as sub-pixel convolution packs it.
        detail_share = F.pixel_shuffle(detail_shares, 2)
        means = fine_means * (fine_share + 0.5) + coarse_means * (coarse_share + 0.5)
        return (
            centre
            + double(means)
            + detail * (detail_share + 1)
            + self.predict_image("fusion.image", feature, True)
        )
