"""The video-deblurring network of packages/core-model/src/video-deblur, by hand in PyTorch: a peer of the
benchmark.
"""

import torch
import torch.nn.functional as F

from middle_frame import (
    COARSEST_LEVEL,
    MiddleFrameNetwork,
    halve,
    image_pyramid,
    mean_difference,
    pack_pixels,
    resize_flow,
)

CONFIG_KEY = "unblur.video-deblur"
PIXELS_PER_UNIT = 20
SEEN_SHARE = 0.999
PATCH_PIXELS = 5
ALIGNMENT_BOX_PIXELS, ALIGNMENT_DAMPING = 5, 1e-4


class VideoDeblur:
    def __init__(self, config, weights):
        self.config, self.weights = config, weights
        self.scales = (config.get("scaleFusion") or {"scales": 1})["scales"]
        if "encoderChannels" in config["reconstruction"]:
            self.middle_frame = MiddleFrameNetwork(config["reconstruction"], weights)

    def __call__(self, frames):
        """The middle frame of a window of five (or three) frames [1, 3, H, W]."""
        height, width = frames[0].shape[2:]
        (top, bottom), (left, right) = self.margins(height), self.margins(width)
        images = [F.pad(frame, (left, right, top, bottom), mode="reflect") for frame in frames]
        for _ in range(self.config["stages"]):
            images = [self.deblur(*images[index : index + 3]) for index in range(len(images) - 2)]
        return images[0][:, :, top : top + height, left : left + width]

    def margins(self, size):
        """What is mirrored on either side, for the network's halvings."""
        reconstruction = self.config["reconstruction"]
        multiple = (
            2**COARSEST_LEVEL
            if "encoderChannels" in reconstruction
            else 4 * 2 ** reconstruction["finestLevel"]
        )
        missing = -size % (multiple * 2 ** (self.scales - 1))
        return missing // 2, missing - missing // 2

    def deblur(self, previous, centre, following):
        frames, flows = (
            [previous, centre, following],
            [self.flow(centre, previous), self.flow(centre, following)],
        )
        return self.deblur_from_scales(self.scales, frames, flows)[0]

    def deblur_from_scales(self, scales, frames, flows):
        fine = self.deblur_at_scale(*frames, *flows)
        if scales == 1:
            return fine
        half = tuple(size // 2 for size in frames[1].shape[2:])
        coarse = self.deblur_from_scales(
            scales - 1, [halve(frame) for frame in frames], [resize_flow(flow, half) for flow in flows]
        )
        (image, warped, features), (coarse_image, _, coarse_features) = fine, coarse
        evidence = [mean_difference(neighbour, frames[1], 1) for neighbour in warped]
        return (
            self.middle_frame.fuse_scales(
                self.config["scaleFusion"]["channels"],
                frames[1],
                evidence,
                (image, features),
                (coarse_image, coarse_features),
            ),
            warped,
            features,
        )

    def deblur_at_scale(self, previous, centre, following, to_previous, to_following):
        """The sharp frame, the neighbours warped onto it, and the features it was made from, where it was
        made by mixing.
        """
        for step in self.config["flow"].get("alignment", []):
            to_previous, to_following = (
                align_flow(centre, previous, to_previous, **step),
                align_flow(centre, following, to_following, **step),
            )
        before, before_mask = warp_visible(previous, to_previous, "border")
        after, after_mask = warp_visible(following, to_following, "border")
        aligned = [before, centre, after]
        if self.config["sharpnessPrior"] != "none":
            aligned.append(
                sharpness_prior(self.config["sharpnessPrior"], before, centre, after)
                * before_mask
                * after_mask
            )
        if "encoderChannels" in self.config["reconstruction"]:
            image, features = self.reconstruct_by_mixing(
                centre,
                torch.cat([*aligned, previous, following], 1),
                [before, after, previous, following],
                to_previous,
                to_following,
            )
            return image, [before, after], features
        return self.reconstruct(centre, torch.cat(aligned, 1)), [before, after], None

    def layer(self, name, x, activation="leaky", stride=1, dilation=1):
        kernel, bias = self.weights[f"{name}.kernel"], self.weights[f"{name}.bias"]
        y = F.conv2d(x, kernel, bias, stride, dilation * (kernel.shape[-1] - 1) // 2, dilation)
        return activate(y, activation)

    def upscale(self, name, x, activation):
        kernel, bias = self.weights[f"{name}.kernel"], self.weights[f"{name}.bias"]
        return activate(
            F.conv_transpose2d(x, kernel, bias, 2, 1, 1 if kernel.shape[-1] == 3 else 0), activation
        )

    def pyramid(self, image):
        features = []
        for level in range(1, len(self.config["flow"]["pyramidChannels"]) + 1):
            for position in range(self.config["flow"]["pyramidConvolutions"]):
                image = self.layer(
                    f"flow.pyramid.level{level}.convolution{position}",
                    image,
                    stride=2 if position == 0 else 1,
                )
            features.append(image)
        return features

    def flow(self, first, second):
        config = self.config["flow"]
        height, width = first.shape[2:]
        multiple = 2 ** len(config["pyramidChannels"])
        first, second = [image_pyramid(frame, config.get("inputLevel") or 0)[-1] for frame in (first, second)]
        size = [-(-extent // multiple) * multiple for extent in first.shape[2:]]
        first, second = [self.pyramid(resize(frame, size)) for frame in (first, second)]
        flow, seen = None, None
        for level in range(len(first), config["finestLevel"] - 1, -1):
            name, one, other = f"flow.level{level}", first[level - 1], second[level - 1]
            beside = []
            if flow is not None:
                flow, feature = (
                    self.upscale(f"{name}.upscale-flow", flow, "none"),
                    self.upscale(f"{name}.upscale-feature", seen, "none"),
                )
                other, _ = warp_visible(other, flow * (PIXELS_PER_UNIT / 2**level), "zeros")
                beside = [one, flow, feature]
            compared = [
                normalize_channels(feature) if config["normalizedFeatures"] else feature
                for feature in (one, other)
            ]
            seen = torch.cat(
                [F.leaky_relu(cost_volume(*compared, config["searchRadiusPixels"]), 0.1), *beside], 1
            )
            for index in range(len(config["denseChannels"])):
                seen = torch.cat([self.layer(f"{name}.dense{index}", seen), seen], 1)
            flow = self.layer(f"{name}.flow", seen, "none")
        for index, layer in enumerate(config["refiner"]):
            seen = self.layer(f"flow.refiner.convolution{index}", seen, dilation=layer["dilation"])
        flow = flow + self.layer("flow.refiner.flow", seen, "none")
        scale = torch.tensor([PIXELS_PER_UNIT * width / size[1], PIXELS_PER_UNIT * height / size[0]]).view(
            1, 2, 1, 1
        )
        return resize(flow, [height, width]) * scale

    def blocks(self, name, x, count):
        for index in range(count):
            x = x + self.layer(
                f"{name}.block{index}.second", self.layer(f"{name}.block{index}.first", x, "relu"), "none"
            )
        return x

    def reconstruct_by_mixing(self, centre, x, pictures, to_previous, to_following):
        network = self.middle_frame
        middle = network.decode_middle(network.encode(x), image_pyramid(centre, COARSEST_LEVEL - 1))
        weights = network.predict_image("mixing.weights", middle.features[1], True).split(1, 1)
        image = middle.images[0] + sum(
            weight * (picture - centre) for weight, picture in zip(weights, pictures)
        )
        if self.config["reconstruction"]["exposureRefiner"]:
            image = self.refine_exposure(
                image, centre, to_previous, to_following, pictures[:2], middle.features
            )
        return image, middle.features[1]

    def refine_exposure(self, image, centre, to_previous, to_following, warped, features):
        network, config = self.middle_frame, self.config["reconstruction"]["exposureRefiner"]
        height, width = centre.shape[2:]
        coarse = tuple(features[3].shape[2:])
        evidence = [features[3], *[mean_difference(neighbour, centre, 3) for neighbour in warped]]
        evidence = torch.cat(
            [*evidence, resize_flow(to_previous, coarse), resize_flow(to_following, coarse)], 1
        )
        exposure = network.convolution(
            "exposure.share-and-step", network.convolution("exposure.evidence", evidence), activate=False
        )
        share, step = [
            resize(channel.clamp(*bounds).exp(), (height, width))
            for channel, bounds in zip(exposure.split(1, 1), ((-3, 2), (-6, 0.7)))
        ]
        sweep = (to_previous - to_following) * 0.25 * share
        displacements = torch.cat(
            [sweep * time for time in torch.linspace(-1, 1, config["times"] + 1).tolist() if time != 0]
        )
        sweep_at_level = resize_flow(sweep, (height // 2, width // 2))
        for _ in range(config["iterations"]):
            missing = centre.mean(1, keepdim=True) - network.average_along(
                image.mean(1, keepdim=True), displacements
            )
            direction = network.average_along(missing, -displacements)
            feature = torch.cat(
                [
                    pack_pixels(image),
                    pack_pixels(missing),
                    pack_pixels(direction),
                    features[1],
                    sweep_at_level,
                ],
                1,
            )
            for index in range(len(config["channels"])):
                feature = network.convolution(f"exposure.conv{index}", feature)
            image = image + step * direction + network.predict_image("exposure.image", feature, True)
        return image

    def reconstruct(self, centre, x):
        config = self.config["reconstruction"]
        counts, encoded = config["residualBlocks"], []
        for scale in range(3):
            stride = 2 if scale > 0 or config["finestLevel"] == 1 else 1
            x = self.layer(f"reconstruction.encoder{scale}.enter", x, "relu", stride)
            x = self.blocks(f"reconstruction.encoder{scale}", x, counts[scale])
            encoded.append(x)
        for scale in (2, 1):
            x = self.blocks(f"reconstruction.decoder{scale}", x, counts[scale])
            x = self.upscale(f"reconstruction.decoder{scale}.upscale", x, "relu") + encoded[scale - 1]
        x = self.layer(
            "reconstruction.decoder0.image", self.blocks("reconstruction.decoder0", x, counts[0]), "none"
        )
        if config["finestLevel"] == 1:
            batch, _, height, width = x.shape
            # Channels are (row, column, colour) of the 2x2 pixels.
            x = (
                x.view(batch, 2, 2, 3, height, width)
                .permute(0, 3, 4, 1, 5, 2)
                .reshape(batch, 3, 2 * height, 2 * width)
            )
        return centre + x if config["residualImage"] else x


def activate(x, activation):
    if activation == "leaky":
        return F.leaky_relu_(x, 0.1)
    return F.relu_(x) if activation == "relu" else x


def resize(x, size):
    return (
        x if list(x.shape[2:]) == list(size) else F.interpolate(x, size, mode="bilinear", align_corners=False)
    )


def warp_visible(x, flow, padding):
    """Backward warp, 0 where it looks outside; and the mask of where it does not."""
    warped, mask = warp(x, flow, padding)
    return warped * mask, mask


def warp(x, flow, padding):
    """Backward warp, and the mask of where it does not look outside."""
    height, width = x.shape[2:]
    rows, columns = torch.meshgrid(
        torch.arange(height, dtype=torch.float32), torch.arange(width, dtype=torch.float32), indexing="ij"
    )
    grid = torch.stack(
        [
            (columns + flow[:, 0]) * 2 / max(width - 1, 1) - 1,
            (rows + flow[:, 1]) * 2 / max(height - 1, 1) - 1,
        ],
        3,
    )
    mask = (
        F.grid_sample(torch.ones_like(x[:, :1]), grid, padding_mode="zeros", align_corners=True) > SEEN_SHARE
    ).float()
    return F.grid_sample(x, grid, padding_mode=padding, align_corners=True), mask


def align_flow(first, second, flow, level, iterations):
    """The flow, corrected by Lucas and Kanade's steps at a level of the frames."""
    first, second = [image_pyramid(image.mean(1, keepdim=True), level)[level] for image in (first, second)]
    at_level = resize_flow(flow, first.shape[2:])
    before = at_level
    for _ in range(iterations):
        warped, mask = warp(second, at_level, "border")
        both, difference = F.pad((first + warped) / 2, [1] * 4, mode="replicate"), (warped - first) * mask
        dx, dy = (
            (both[:, :, 1:-1, 2:] - both[:, :, 1:-1, :-2]) / 2 * mask,
            (both[:, :, 2:, 1:-1] - both[:, :, :-2, 1:-1]) / 2 * mask,
        )
        sums = torch.cat([dx * dx, dx * dy, dy * dy, dx * difference, dy * difference], 1)
        for _ in range(2):
            sums = F.avg_pool2d(sums, ALIGNMENT_BOX_PIXELS, 1, ALIGNMENT_BOX_PIXELS // 2)
        xx, xy, yy, xt, yt = sums.split(1, 1)
        xx, yy = xx + ALIGNMENT_DAMPING, yy + ALIGNMENT_DAMPING
        step = torch.cat([xy * yt - yy * xt, xy * xt - xx * yt], 1) / (xx * yy - xy * xy)
        at_level = at_level + step.clamp(-1, 1)
    return flow + resize_flow(at_level - before, flow.shape[2:])


def cost_volume(first, second, radius):
    height, width = first.shape[2:]
    padded = F.pad(second, [radius] * 4)
    side = range(2 * radius + 1)
    return torch.cat(
        [
            (first * padded[:, :, dy : dy + height, dx : dx + width]).mean(1, True)
            for dy in side
            for dx in side
        ],
        1,
    )


def normalize_channels(feature):
    variance, mean = torch.var_mean(feature, 1, unbiased=False, keepdim=True)
    return (feature - mean) / torch.sqrt(variance + 1e-3)


def sharpness_prior(form, before, centre, after):
    def patch_mean(x):
        return F.avg_pool2d(x, PATCH_PIXELS, 1, PATCH_PIXELS // 2, count_include_pad=True)

    def squared_error(a, b, c):
        return ((a - b) ** 2 + (c - b) ** 2).sum(1, True)

    if form == "root":
        return torch.exp(-torch.sqrt(squared_error(*map(patch_mean, (before, centre, after))) / 2))
    return torch.exp(-0.5 * PATCH_PIXELS**2 * patch_mean(squared_error(before, centre, after)))
