"""The blur-to-video network of packages/core-model/src/blur-to-video, by hand in PyTorch: the peer of the benchmark.

Channels before height and width, as PyTorch has it; otherwise layer for layer the same, for any config. Names of
functions and weights are those of the TypeScript files.
"""

import json
from collections import namedtuple

import numpy
import torch
import torch.nn.functional as F

COARSEST_LEVEL = 5
CONFIG_KEY = "unblur.blur-to-video"
LEAKY_SLOPE = 0.1
RAW_TO_PIXELS_ROW = [16 / 64, 16 / 64, 16]

Motion = namedtuple("Motion", "affine flow_pixels")
Trajectory = namedtuple("Trajectory", "affine velocity_pixels acceleration_pixels")
Decoded = namedtuple("Decoded", "images features motion_pixels")


def read_safetensors(path):
    """Float32 tensors of a .safetensors file as numpy arrays by name, and the file's metadata."""
    with open(path, "rb") as file:
        header_bytes = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(header_bytes))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    arrays = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            raise ValueError(f"Expected tensor '{name}' to be F32 but it is {entry['dtype']}.")
        begin, end = entry["data_offsets"]
        arrays[name] = numpy.frombuffer(data[begin:end], "<f4").reshape(entry["shape"]).copy()
    return arrays, metadata


def read_network(path):
    """The network in a file of `writeWeights`."""
    arrays, metadata = read_safetensors(path)
    config = json.loads(metadata[CONFIG_KEY])
    weights = {name: to_torch_layout(name, torch.from_numpy(array), config) for name, array in arrays.items()}
    return BlurToVideo(config, weights)


def to_torch_layout(name, weight, config):
    if is_sub_pixel_layer(name, config):
        weight = reorder_sub_pixels(weight)
    if weight.dim() == 4:
        # [h, w, in, out] to [out, in, h, w]; transposed [h, w, out, in] to [in, out, h, w].
        weight = weight.permute(3, 2, 0, 1)
    return weight.contiguous()


def is_sub_pixel_layer(name, config):
    layer = name.rsplit(".", 1)[0]
    return config["finestLevel"] == 1 and (layer.endswith(".level1.image") or layer in ("middle.refined-image", "reblur.image", "mixing.weights", "exposure.image", "fusion.image"))


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
    return x.view(batch, channels, height // 2, 2, width // 2, 2).permute(0, 3, 5, 1, 2, 4).reshape(batch, 4 * channels, height // 2, width // 2)


def resize_flow(flow_pixels, size):
    scale = size[1] / flow_pixels.shape[3]
    if scale == 1:
        return flow_pixels
    return F.interpolate(flow_pixels, size=size, mode="bilinear", align_corners=False) * scale


class BlurToVideo(torch.nn.Module):
    def __init__(self, config, weights):
        super().__init__()
        self.config = config
        # Module and parameter names may not hold dots.
        self.parameters_by_name = torch.nn.ParameterDict({name.replace(".", "/"): torch.nn.Parameter(weight) for name, weight in weights.items()})
        self.weights = {name: self.parameters_by_name[name.replace(".", "/")] for name in weights}
        self.positions = {}

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
        y = F.conv_transpose2d(x, self.weights[f"{name}.kernel"], self.weights[f"{name}.bias"], stride=2, padding=1)
        return F.leaky_relu(y, LEAKY_SLOPE, inplace=True) if activate else y

    # Motion

    def positions_of(self, height, width, like):
        """Columns and rows relative to the image centre, and the sampling grid that leaves an image as it is; made once per size."""
        if (height, width) not in self.positions:
            x = torch.arange(width, dtype=like.dtype) - (width - 1) / 2
            y = torch.arange(height, dtype=like.dtype) - (height - 1) / 2
            half = torch.tensor([max(width - 1, 1) / 2, max(height - 1, 1) / 2], dtype=like.dtype)
            grid = torch.stack(torch.broadcast_tensors(x[None, :], y[:, None]), -1)[None] / half
            self.positions[(height, width)] = (x[None, None, None, :], y[None, None, :, None], grid, 1 / half)
        return self.positions[(height, width)]

    def affine_displacement(self, affine, size, level):
        x, y, _, _ = self.positions_of(*size, affine)
        columns = affine[:, :, :, None, None]
        return x * columns[:, :, 0] + y * columns[:, :, 1] + columns[:, :, 2] / 2**level

    def warp(self, x, displacement_pixels):
        _, _, grid, per_pixel = self.positions_of(*x.shape[2:], x)
        sampled_at = torch.addcmul(grid, displacement_pixels.permute(0, 2, 3, 1), per_pixel)
        return F.grid_sample(x, sampled_at, mode="bilinear", padding_mode="border", align_corners=True)

    def displacement(self, motion, size, level):
        parts = []
        if motion.affine is not None:
            parts.append(self.affine_displacement(motion.affine, size, level))
        if motion.flow_pixels is not None:
            parts.append(resize_flow(motion.flow_pixels, size))
        return sum(parts[1:], parts[0]) if parts else None

    def spatial_transformer(self, name, feature):
        described = self.convolution(f"{name}.localize1", self.convolution(f"{name}.localize0", feature, stride=2), stride=2).mean((2, 3))
        raw = torch.addmm(self.weights[f"{name}.affine.bias"], described, self.weights[f"{name}.affine.kernel"])
        return raw.view(-1, 2, 3) * raw.new_tensor(RAW_TO_PIXELS_ROW)

    def feature_transformer(self, name, level, moved, encoded, upscaled, coarser):
        config = self.config["featureTransformer"]
        size = tuple(moved.shape[2:])
        affine = flow_pixels = None
        if config["affine"]:
            affine = self.spatial_transformer(f"{name}.stn", encoded)
            if coarser is not None:
                affine = coarser.affine + affine
        if config["localWarping"]:
            flow_pixels = self.convolution(f"{name}.flow", torch.cat([moved, upscaled], 1), activate=False)
            if coarser is not None:
                flow_pixels = resize_flow(coarser.flow_pixels, size) + flow_pixels
        motion = Motion(affine, flow_pixels)
        if config["combination"] == "sum":
            return [self.warp(moved, self.displacement(motion, size, level))], motion
        transformed = []
        if affine is not None:
            transformed.append(self.warp(moved, self.affine_displacement(affine, size, level)))
        if flow_pixels is not None:
            transformed.append(self.warp(moved, flow_pixels))
        return transformed, motion

    # Network

    def encode(self, blurred):
        features = [blurred]
        for level in range(1, COARSEST_LEVEL + 1):
            reduced = self.convolution(f"encoder.level{level}.reduce", features[-1], stride=2)
            features.append(self.convolution(f"encoder.level{level}.extract", reduced))
        return features

    def decode_block(self, name, dense_count, upscaled, image_above, beside):
        seen = [upscaled]
        if image_above is not None:
            seen.append(self.upscaling(f"{name}.upscale-image", image_above, activate=False))
        seen = torch.cat(seen + beside, 1)
        for index in range(dense_count):
            feature = self.convolution(f"{name}.dense{index}", seen)
            if index < dense_count - 1:
                seen = torch.cat([seen, feature], 1)
        return feature

    def predict_image(self, name, feature, sub_pixel):
        predicted = self.convolution(name, feature, activate=False)
        return F.pixel_shuffle(predicted, 2) if sub_pixel else predicted

    def decode_middle(self, encoded, blurred_pyramid):
        config = self.config
        finest = config["finestLevel"]
        images, features = {}, {}
        feature = encoded[COARSEST_LEVEL]
        for level in range(COARSEST_LEVEL - 1, finest - 1, -1):
            name = f"middle.level{level}"
            upscaled = self.upscaling(f"{name}.upscale-feature", feature)
            feature = self.decode_block(name, len(config["middleDecoder"]["denseChannels"][level]), upscaled, images.get(level + 1), [encoded[level]])
            image_level = 0 if level == finest else level
            predicted = self.predict_image(f"{name}.image", feature, image_level != level)
            images[image_level] = blurred_pyramid[image_level] + predicted if config["residualImages"] else predicted
            features[level] = feature
        if config["refiner"]:
            refined = torch.cat([feature, halve(images[0]) if finest == 1 else images[0]], 1)
            for index, layer in enumerate(config["refiner"]):
                refined = self.convolution(f"middle.refine{index}", refined, dilation=layer["dilation"])
            images[0] = images[0] + self.predict_image("middle.refined-image", refined, finest == 1)
            features[finest] = refined
        if finest == 1:
            images[1] = halve(images[0])
        return Decoded(images, features, None)

    def decode_motion(self, encoded, middle):
        """The trajectories that all frames share, by level."""
        config = self.config["featureTransformer"]
        trajectories = {}
        coarser = None
        feature = encoded[COARSEST_LEVEL]
        for level in range(COARSEST_LEVEL - 1, -1, -1):
            layers = len(self.config["motionDecoder"]["denseChannels"][level])
            if layers == 0:
                break
            name = f"motion.level{level}"
            feature = torch.cat([self.upscaling(f"{name}.upscale-feature", feature), encoded[level], middle.features[level]], 1)
            for index in range(layers):
                feature = self.convolution(f"{name}.conv{index}", feature)
            affine = velocity = acceleration = None
            if config["affine"]:
                affine = self.spatial_transformer(f"{name}.stn", feature)
            if config["localWarping"]:
                velocity, acceleration = self.convolution(f"{name}.flow", feature, activate=False).split(2, 1)
            if coarser is not None:
                size = tuple(feature.shape[2:])
                affine = affine if affine is None else coarser.affine + affine
                velocity = velocity if velocity is None else resize_flow(coarser.velocity_pixels, size) + velocity
                acceleration = acceleration if acceleration is None else resize_flow(coarser.acceleration_pixels, size) + acceleration
            coarser = trajectories[level] = Trajectory(affine, velocity, acceleration)
        return trajectories

    def average_along(self, image, displacements):
        moved = self.warp(image.repeat(len(displacements) // len(image), 1, 1, 1), displacements)
        return (image + moved.unflatten(0, (-1, len(image))).sum(0)) / (len(displacements) // len(image) + 1)

    def refine_by_reblurring(self, blurred, middle, trajectories):
        config = self.config["reblurRefiner"]
        height, width = blurred.shape[2:]
        finest = trajectories[min(trajectories)]
        times = [time for time in torch.linspace(-1, 1, config["times"] + 1).tolist() if time != 0]
        displacements = torch.cat([self.displacement(self.motion_at(finest, time), (height, width), 0) for time in times])
        sweep = self.displacement(self.motion_at(finest, 1), (height // 2, width // 2), 1)
        image = middle.images[0]
        for _ in range(config["iterations"]):
            missing = blurred - self.average_along(image, displacements)
            direction = self.average_along(missing, -displacements)
            feature = torch.cat([pack_pixels(image), pack_pixels(missing), pack_pixels(direction), middle.features[1], sweep], 1)
            for index in range(len(config["channels"])):
                feature = self.convolution(f"reblur.conv{index}", feature)
            image = image + self.predict_image("reblur.image", feature, True)
        return middle._replace(images={**middle.images, 0: image, 1: halve(image)})

    def restore_middle(self, blurred, scales):
        """What there is of the middle frame at the image's own size, and the frame itself, merged with that of its halves."""
        blurred_pyramid = image_pyramid(blurred, COARSEST_LEVEL - 1)
        encoded = self.encode(blurred)
        middle = self.decode_middle(encoded, blurred_pyramid)
        trajectories = self.decode_motion(encoded, middle) if self.config.get("motionDecoder") else None
        if self.config["reblurRefiner"]:
            middle = self.refine_by_reblurring(blurred, middle, trajectories)
        merged = middle
        if scales > 1:
            *_, coarse_trajectories, coarse = self.restore_middle(halve(blurred), scales - 1)
            size = tuple(extent // 2 for extent in blurred.shape[2:])
            evidence = [self.displacement(self.motion_at(found[min(found)], 1), size, level) for found, level in ((trajectories, 1), (coarse_trajectories, 0)) if found]
            image = self.fuse_scales(blurred, evidence, (middle.images[0], middle.features[1]), (coarse.images[0], coarse.features[1]))
            merged = middle._replace(images={**middle.images, 0: image, 1: halve(image)})
        return encoded, blurred_pyramid, middle, trajectories, merged

    def fuse_scales(self, centre, evidence, fine, coarse):
        """A frame made sharp at its own size and at half of it, each an image and the features it was made from."""
        (fine_image, fine_features), (coarse_image, coarse_features) = fine, coarse
        found = fine_image - centre
        fine_means, coarse_means = halve(found), coarse_image - halve(centre)
        detail = found - double(fine_means)
        feature = torch.cat([pack_pixels(centre), 10 * pack_pixels(found), 10 * fine_means, 10 * coarse_means, fine_features, double(coarse_features), *evidence], 1)
        for index in range(len(self.config["scaleFusion"]["channels"])):
            feature = self.convolution(f"fusion.conv{index}", feature)
        fine_share, coarse_share, detail_shares = self.convolution("fusion.shares", feature, activate=False).split([1, 1, 4], 1)
        # One channel: packed as sub-pixel convolution packs it.
        detail_share = F.pixel_shuffle(detail_shares, 2)
        means = fine_means * (fine_share + 0.5) + coarse_means * (coarse_share + 0.5)
        return centre + double(means) + detail * (detail_share + 1) + self.predict_image("fusion.image", feature, True)

    @staticmethod
    def motion_at(trajectory, time):
        affine, velocity, acceleration = trajectory
        return Motion(None if affine is None else affine * time, None if velocity is None else velocity * time + acceleration * time**2)

    def decode_frame(self, frame, encoded, blurred_pyramid, middle, trajectories):
        config = self.config
        finest, transformer, image_transformer = config["finestLevel"], config["featureTransformer"], config["imageTransformer"]
        name = f"frame{frame}"
        half = (config["frames"] - 1) // 2
        from_encoder = transformer["source"] == "encoder"
        transforms = transformer["affine"] or transformer["localWarping"]
        images = {}
        motion = motion_pixels = None
        feature = encoded[COARSEST_LEVEL]
        for level in range(COARSEST_LEVEL - 1, finest - 1, -1):
            level_name = f"{name}.level{level}"
            upscaled = self.upscaling(f"{level_name}.upscale-feature", feature)
            beside = [encoded[level]] if from_encoder else []
            if transforms and level in transformer["levels"]:
                moved = encoded[level] if from_encoder else middle.features[level]
                if trajectories is None:
                    transformed, motion = self.feature_transformer(level_name, level, moved, encoded[level], upscaled, motion)
                else:
                    if level in trajectories:
                        motion = self.motion_at(trajectories[level], (frame - half) / half)
                    transformed = [self.warp(moved, self.displacement(motion, tuple(moved.shape[2:]), level))]
                beside += transformed

            image_affine = None
            if image_transformer == "spatial-transformer":
                image_affine = self.spatial_transformer(f"{level_name}.itn", torch.cat([middle.images[level], encoded[level]], 1))

            def displacement_at(at_level):
                size = tuple(middle.images[at_level].shape[2:])
                if image_affine is not None:
                    return self.affine_displacement(image_affine, size, at_level)
                return self.displacement(motion, size, at_level) if image_transformer == "feature-motion" and motion is not None else None

            def transformed_image(at_level, displacement_pixels):
                if displacement_pixels is None:
                    return blurred_pyramid[at_level] if image_transformer == "none" else middle.images[at_level]
                return self.warp(middle.images[at_level], displacement_pixels)

            displacement_pixels = displacement_at(level)
            image = transformed_image(level, displacement_pixels)
            if image_transformer != "none":
                beside.append(image)
            feature = self.decode_block(level_name, len(config["frameDecoder"]["denseChannels"][level]), upscaled, images.get(level + 1), beside)
            image_level = 0 if level == finest else level
            predicted = self.predict_image(f"{level_name}.image", feature, image_level != level)
            if image_level != level:
                displacement_pixels = displacement_at(image_level)
                if config["residualImages"]:
                    image = transformed_image(image_level, displacement_pixels)
            images[image_level] = image + predicted if config["residualImages"] else predicted
            if displacement_pixels is not None:
                motion_pixels = displacement_pixels * -(2.0**image_level)
        return Decoded(images, None, motion_pixels)

    def confidence(self, blurred, encoded, middle, trajectories, images):
        """A map for every distance in time from the middle frame, nearest first."""
        compared = [images[0], images[len(images) // 2], images[-1], sum(images) / len(images)]
        evidence = [encoded[3], middle.features[3]]
        evidence += [mean_difference(image, blurred, 3) for image in compared]
        if trajectories is not None:
            evidence.append(self.displacement(self.motion_at(trajectories[min(trajectories)], 1), tuple(encoded[3].shape[2:]), 3) * 8)
        seen = self.convolution("confidence.level3", torch.cat(evidence, 1))
        at_half = self.convolution("confidence.level4", seen, stride=2)
        coarse = self.convolution("confidence.level5-wide", self.convolution("confidence.level5", at_half, stride=2), dilation=2)
        whole = torch.addmm(self.weights["confidence.whole-image.bias"], coarse.mean((2, 3)), self.weights["confidence.whole-image.kernel"])
        at_half = at_half + self.upscaling("confidence.level4-again", coarse + whole[:, :, None, None])
        maps = torch.sigmoid(self.convolution("confidence.maps", torch.cat([seen, self.upscaling("confidence.level3-again", at_half)], 1), activate=False) + 2)
        return F.interpolate(maps, size=tuple(blurred.shape[2:]), mode="bilinear", align_corners=False).split(1, 1)

    def as_far_as_believed(self, blurred, encoded, middle, trajectories, frames):
        maps = self.confidence(blurred, encoded, middle, trajectories, [frame.images[0] for frame in frames])
        believed = []
        for index, frame in enumerate(frames):
            image = blurred + (frame.images[0] - blurred) * maps[abs(index - len(frames) // 2)]
            believed.append(frame._replace(images={**frame.images, 0: image, 1: halve(image)}))
        return believed

    def forward(self, blurred):
        """Per frame in time order: images by level (of the levels that the decoder makes), and the motion in pixels where there is one."""
        encoded, blurred_pyramid, middle, trajectories, merged = self.restore_middle(blurred, (self.config.get("scaleFusion") or {"scales": 1})["scales"])
        count = self.config["frames"]
        frames = [merged if frame == (count - 1) // 2 else self.decode_frame(frame, encoded, blurred_pyramid, middle, trajectories) for frame in range(count)]
        return self.as_far_as_believed(blurred, encoded, middle, trajectories, frames) if self.config["frameConfidence"] else frames
