"""Convolutions, sampling and pooling of images [batch, channels, height, width]."""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .registry import Attributes, Settings, TensorFunction, operator


def per_channel(bias: Optional[Tensor]) -> Optional[Tensor]:
    """[1, C, 1, 1], as a bias that was added, or [C]; torch takes the latter."""
    return None if bias is None else bias.flatten()


def same_on_both_sides(pads: Sequence[int]) -> bool:
    return list(pads[:2]) == list(pads[2:])


def geometry(attributes: Attributes) -> Tuple[List[int], List[int], int, List[int]]:
    """Stride, dilation, groups and pads of a convolution; what a node does not say is as ONNX has it."""
    return (
        attributes.get("strides", [1, 1]),
        attributes.get("dilations", [1, 1]),
        attributes.get("group", 1),
        attributes.get("pads", [0, 0, 0, 0]),
    )


@operator("Conv")
def convolution(attributes: Attributes, settings: Settings) -> TensorFunction:
    """x [B, in, H, W], kernel [out, in / groups, h, w], optionally bias of `out` elements; pads are (top,
    left, bottom, right).
    """
    stride, dilation, groups, pads = geometry(attributes)
    if same_on_both_sides(pads):
        padding = pads[:2]

        def run(x: Tensor, kernel: Tensor, bias: Optional[Tensor] = None) -> Tensor:
            # On a processor, torch 1.13 leaves the gradient of a strided filter partly unset where a bfloat16
            # image is one pixel.
            if x.dtype == torch.bfloat16 and not x.is_cuda and 1 in x.shape[2:]:
                return F.conv2d(
                    x.float(),
                    kernel.float(),
                    None if bias is None else per_channel(bias).float(),
                    stride,
                    padding,
                    dilation,
                    groups,
                ).to(x.dtype)
            return F.conv2d(x, kernel, per_channel(bias), stride, padding, dilation, groups)

        return run

    top, left, bottom, right = pads
    return lambda x, kernel, bias=None: F.conv2d(
        F.pad(x, (left, right, top, bottom)), kernel, per_channel(bias), stride, 0, dilation, groups
    )


@operator("ConvTranspose")
def transposed_convolution(attributes: Attributes, settings: Settings) -> TensorFunction:
    """x [B, in, H, W], kernel [in, out / groups, h, w], optionally bias of `out` elements."""
    stride, dilation, groups, pads = geometry(attributes)
    more = attributes.get("output_padding", [0, 0])
    if same_on_both_sides(pads):
        padding = pads[:2]
        four_taps, three_taps = ([4, 4], [0, 0]), ([3, 3], [1, 1])
        doubles = (stride, padding, dilation, groups) == ([2, 2], [1, 1], [1, 1], 1) and (
            attributes["kernel_shape"],
            more,
        ) in (four_taps, three_taps)

        def run(x: Tensor, kernel: Tensor, bias: Optional[Tensor] = None) -> Tensor:
            if doubles and not x.is_cuda:
                return double_by_convolution(x, F.pad(kernel, (0, more[1], 0, more[0])), per_channel(bias))
            return F.conv_transpose2d(x, kernel, per_channel(bias), stride, padding, more, groups, dilation)

        return run

    top, left, bottom, right = pads
    # A negative amount of padding crops.
    crop = (-left, more[1] - right, -top, more[0] - bottom)

    def run_and_crop(x: Tensor, kernel: Tensor, bias: Optional[Tensor] = None) -> Tensor:
        y = F.pad(F.conv_transpose2d(x, kernel, None, stride, 0, 0, groups, dilation), crop)
        return y if bias is None else y + per_channel(bias)[:, None, None]

    return run_and_crop


def double_by_convolution(x: Tensor, kernel: Tensor, bias: Optional[Tensor]) -> Tensor:
    """The transposed convolution of a 4x4 kernel with stride 2 and padding 1 as one convolution of four 2x2
    kernels, one for each pixel of a 2x2 block of the result: several times as fast on a processor, where
    torch 1.13 has no transposed convolution in bfloat16 at all. A 3x3 kernel with one more row and column of
    results is one whose last taps are 0.

    x [B, in, h, w], kernel [in, out, 4, 4], bias [out] to [B, out, 2 h, 2 w], channels last.
    """
    batch, channels, height, width = x.shape
    out = kernel.shape[1]
    # Axes: in, out, tap row, block row, tap column, block column.
    taps = (
        kernel.flip(2, 3)
        .reshape(channels, out, 2, 2, 2, 2)
        .permute(3, 5, 1, 0, 2, 4)
        .reshape(4 * out, channels, 2, 2)
    )
    y = F.conv2d(F.pad(x, (1, 1, 1, 1)), taps, None if bias is None else bias.repeat(4))
    y = y.view(batch, 2, 2, out, height + 1, width + 1)
    # Block pixel (row, column) at (i, j) is made of x from (i + row - 1, j + column - 1) on.
    pixel = [
        [
            y[:, row, column, :, row : row + height, column : column + width].permute(0, 2, 3, 1)
            for column in (0, 1)
        ]
        for row in (0, 1)
    ]
    blocks = torch.stack([torch.stack(columns, 3) for columns in pixel], 2)
    return blocks.reshape(batch, 2 * height, 2 * width, out).permute(0, 3, 1, 2)


@operator("GridSample")
def grid_sample(attributes: Attributes, settings: Settings) -> TensorFunction:
    """x [B, C, H, W], grid [B, h, w, 2] from -1 to 1."""
    # "linear" from operator set 20 on.
    if attributes.get("mode", "bilinear") not in ("bilinear", "linear"):
        raise ValueError(f"Expected GridSample with mode 'bilinear' but received '{attributes['mode']}'.")
    padding_mode, align_corners = (
        attributes.get("padding_mode", "zeros"),
        bool(attributes.get("align_corners", 0)),
    )
    return lambda x, grid: F.grid_sample(x, grid, "bilinear", padding_mode, align_corners)


@operator("Resize", settings=(1, 2, 3))
def resize(attributes: Attributes, settings: Settings) -> TensorFunction:
    """Of images, to the size that the last setting gives."""
    mode, transformation = attributes["mode"], attributes["coordinate_transformation_mode"]
    size = [int(length) for length in settings[-1][2:]]
    if mode == "nearest" and transformation == "asymmetric":
        return lambda x: F.interpolate(x, size, mode="nearest")
    if mode == "linear" and transformation in ("half_pixel", "align_corners"):
        align_corners = transformation == "align_corners"
        return lambda x: F.interpolate(x, size, mode="bilinear", align_corners=align_corners)
    raise ValueError(
        "Expected Resize that is linear (half_pixel, align_corners) or nearest (asymmetric) but received "
        f"{mode} ({transformation})."
    )


@operator("AveragePool")
def average_pool(attributes: Attributes, settings: Settings) -> TensorFunction:
    window, stride, pads = attributes["kernel_shape"], attributes["strides"], attributes["pads"]
    if not same_on_both_sides(pads):
        raise ValueError(f"Expected AveragePool with the same padding on both sides but received {pads}.")
    return lambda x: F.avg_pool2d(
        x, window, stride, pads[:2], count_include_pad=bool(attributes["count_include_pad"])
    )


@operator("MaxPool")
def maximum_pool(attributes: Attributes, settings: Settings) -> TensorFunction:
    window, stride, (top, left, bottom, right) = (
        attributes["kernel_shape"],
        attributes["strides"],
        attributes["pads"],
    )
    return lambda x: F.max_pool2d(F.pad(x, (left, right, top, bottom), value=-torch.inf), window, stride)


@operator("DepthToSpace")
def depth_to_space(attributes: Attributes, settings: Settings) -> TensorFunction:
    """Channels (row, column, channel) of each pixel to a block of pixels."""
    if attributes.get("mode", "DCR") != "DCR":
        raise ValueError(f"Expected DepthToSpace with mode 'DCR' but received '{attributes['mode']}'.")
    block = attributes["blocksize"]

    def run(x: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        blocks = x.reshape(batch, block, block, channels // block**2, height, width).permute(0, 3, 4, 1, 5, 2)
        return blocks.reshape(batch, channels // block**2, height * block, width * block)

    return run
