"""The ONNX operators that @unblur/onnx emits, in torch.

Each entry of OPERATORS turns a node into a function of its tensors. Inputs that ONNX passes as tensors but
that say how the operator works (shapes, axes, pads) are constants in a traced graph; they are read when the
graph is compiled and are called settings here. Images are [batch, channels, height, width].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, List, Optional, Sequence, Tuple

import numpy
import torch
import torch.nn.functional as F
from torch import Tensor

from .onnx_file import Attribute

Attributes = Dict[str, Attribute]
Settings = Sequence[Optional[numpy.ndarray]]
TensorFunction = Callable[..., Tensor]


@dataclass(frozen=True)
class Operator:
    """How an operator is made: `build(attributes, settings)` gives the function of the inputs that are no
    settings.
    """

    build: Callable[[Attributes, Settings], TensorFunction]
    settings: Tuple[int, ...] = ()


OPERATORS: Dict[str, Operator] = {}


def operator(name: str, settings: Tuple[int, ...] = ()) -> Callable:
    """Registers a builder. `settings`: positions of the inputs that it reads as constants."""

    def register(build: Callable[[Attributes, Settings], TensorFunction]) -> Callable:
        OPERATORS[name] = Operator(build, settings)
        return build

    return register


def plain(name: str, function: TensorFunction) -> None:
    """Registers an operator without attributes."""
    OPERATORS[name] = Operator(lambda attributes, settings: function)


# Element by element

for _name, _function in {
    "Abs": torch.abs,
    "Add": torch.add,
    "And": torch.logical_and,
    "Ceil": torch.ceil,
    "Cos": torch.cos,
    "Div": torch.div,
    "Equal": torch.eq,
    "Erf": torch.erf,
    "Exp": torch.exp,
    "Floor": torch.floor,
    "Greater": torch.gt,
    "GreaterOrEqual": torch.ge,
    "Identity": lambda x: x,
    "Less": torch.lt,
    "LessOrEqual": torch.le,
    "Log": torch.log,
    "MatMul": torch.matmul,
    "Max": torch.maximum,
    "Min": torch.minimum,
    "Mod": torch.remainder,
    "Mul": torch.mul,
    "Neg": torch.neg,
    "Not": torch.logical_not,
    "Or": torch.logical_or,
    "PRelu": lambda x, slope: torch.where(x < 0, x * slope, x),
    "Pow": torch.pow,
    "Reciprocal": torch.reciprocal,
    "Relu": torch.relu,
    "Round": torch.round,
    "Sigmoid": torch.sigmoid,
    "Sign": torch.sign,
    "Sin": torch.sin,
    "Softplus": F.softplus,
    "Sqrt": torch.sqrt,
    "Sub": torch.sub,
    "Tanh": torch.tanh,
    "Where": torch.where,
}.items():
    plain(_name, _function)


@operator("LeakyRelu")
def leaky_relu(attributes: Attributes, settings: Settings) -> TensorFunction:
    slope = attributes.get("alpha", 0.01)
    return lambda x: F.leaky_relu(x, slope)


@operator("LeakyReluInPlace")
def leaky_relu_in_place(attributes: Attributes, settings: Settings) -> TensorFunction:
    """Not of ONNX: see `simplification.py`."""
    slope = attributes.get("alpha", 0.01)
    return lambda x: F.leaky_relu(x, slope, inplace=True)


@operator("Clip", settings=(1, 2))
def clip(attributes: Attributes, settings: Settings) -> TensorFunction:
    low, high = (None if bound is None else bound.item() for bound in settings)
    return lambda x: torch.clamp(x, low, high)


@operator("Cast")
def cast(attributes: Attributes, settings: Settings) -> TensorFunction:
    dtype = {1: torch.float32, 6: torch.int32, 7: torch.int64, 9: torch.bool}[attributes["to"]]
    return lambda x: x.to(dtype)


# Convolutions and sampling


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


# Shapes


def integers(setting: Optional[numpy.ndarray]) -> List[int]:
    return [int(value) for value in setting.reshape(-1)]


@operator("Reshape", settings=(1,))
def reshape(attributes: Attributes, settings: Settings) -> TensorFunction:
    shape = integers(settings[0])
    return lambda x: x.reshape(shape)


@operator("Transpose")
def transpose(attributes: Attributes, settings: Settings) -> TensorFunction:
    order = attributes["perm"]
    return lambda x: x.permute(order)


@operator("Expand", settings=(1,))
def expand(attributes: Attributes, settings: Settings) -> TensorFunction:
    shape = integers(settings[0])
    return lambda x: x.expand(torch.broadcast_shapes(x.shape, shape))


@operator("Tile", settings=(1,))
def tile(attributes: Attributes, settings: Settings) -> TensorFunction:
    repeats = integers(settings[0])
    return lambda x: x.repeat(repeats)


@operator("Concat")
def concat(attributes: Attributes, settings: Settings) -> TensorFunction:
    axis = attributes["axis"]
    return lambda *tensors: torch.cat(tensors, axis)


@operator("Split", settings=(1,))
def split(attributes: Attributes, settings: Settings) -> TensorFunction:
    sizes, axis = integers(settings[0]), attributes["axis"]
    return lambda x: torch.split(x, sizes, axis)


@operator("Slice", settings=(1, 2, 3, 4))
def slice_axes(attributes: Attributes, settings: Settings) -> TensorFunction:
    begins, ends, axes, steps = (integers(setting) for setting in settings)

    def run(x: Tensor) -> Tensor:
        for begin, end, axis, step in zip(begins, ends, axes, steps):
            places = range(x.shape[axis])[begin : (None if step < 0 and end < -x.shape[axis] else end) : step]
            if step > 0:
                index = slice(places.start, places.stop, step)
            else:
                # torch has no negative steps: the same places upwards, then turned round.
                index = slice(places[-1], places[0] + 1, -step)
            x = x[(slice(None),) * axis + (index,)]
            x = x.flip(axis) if step < 0 else x
        return x

    return run


@operator("Pad", settings=(1, 2))
def pad(attributes: Attributes, settings: Settings) -> TensorFunction:
    amounts = integers(settings[0])
    mode = {"constant": "constant", "reflect": "reflect", "edge": "replicate"}[
        attributes.get("mode", "constant")
    ]
    rank = len(amounts) // 2
    # torch counts axes from the last one, and its other modes take those of an image only.
    per_axis = [amount for axis in reversed(range(rank)) for amount in (amounts[axis], amounts[axis + rank])]
    if mode != "constant":
        if any(per_axis[4:]):
            raise ValueError(
                f"Expected Pad with mode '{mode}' along height and width only but received {amounts}."
            )
        return lambda x: F.pad(x, per_axis[:4], mode)
    value = settings[1].item() if len(settings) > 1 and settings[1] is not None else 0
    return lambda x: F.pad(x, per_axis, "constant", value)


@operator("Gather")
def gather(attributes: Attributes, settings: Settings) -> TensorFunction:
    axis = attributes["axis"]

    def run(x: Tensor, indices: Tensor) -> Tensor:
        picked = torch.index_select(x, axis, indices.reshape(-1).long())
        return picked.reshape(x.shape[:axis] + indices.shape + x.shape[axis + 1 :])

    return run


@operator("TopK", settings=(1,))
def largest_or_smallest(attributes: Attributes, settings: Settings) -> TensorFunction:
    """Values and indices along an axis."""
    count, axis = integers(settings[0])[0], attributes["axis"]
    largest, in_order = bool(attributes.get("largest", 1)), bool(attributes.get("sorted", 1))
    return lambda x: torch.topk(x, count, axis, largest, in_order)


# Reductions


def reduction(
    function: Callable[[Tensor, List[int], bool], Tensor],
) -> Callable[[Attributes, Settings], TensorFunction]:
    def build(attributes: Attributes, settings: Settings) -> TensorFunction:
        axes, keep = integers(settings[0]), bool(attributes["keepdims"])
        return lambda x: function(x, axes, keep)

    return build


operator("ReduceSum", settings=(1,))(reduction(torch.sum))
operator("ReduceMean", settings=(1,))(reduction(torch.mean))
operator("ReduceMax", settings=(1,))(reduction(torch.amax))
operator("ReduceMin", settings=(1,))(reduction(torch.amin))


@operator("Softmax")
def softmax(attributes: Attributes, settings: Settings) -> TensorFunction:
    axis = attributes["axis"]
    return lambda x: torch.softmax(x, axis)


@operator("Einsum")
def einsum(attributes: Attributes, settings: Settings) -> TensorFunction:
    equation = attributes["equation"]
    return lambda *tensors: torch.einsum(equation, *tensors)


# Not of ONNX: what `simplification.py` and `precision.py` put in

plain("StopGradient", torch.Tensor.detach)

plain("ToBfloat16", lambda x: x.to(torch.bfloat16))
plain("ToFloat32", lambda x: x.to(torch.float32))
