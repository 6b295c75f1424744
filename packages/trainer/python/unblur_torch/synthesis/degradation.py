"""What sensor and file do to the blurred picture alone: noise, then JPEG compression."""

from __future__ import annotations

import math
from typing import List, Optional, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ..to_device import to_device

BLOCK = 8
# ITU-T T.81, Annex K.
LUMINANCE_TABLE = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
]  # fmt: skip
CHROMINANCE_TABLE = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
    *[99] * 32,
]  # fmt: skip
YCC_OF_RGB = [[0.299, 0.587, 0.114], [-0.168735892, -0.331264108, 0.5], [0.5, -0.418687589, -0.081312411]]
RGB_OF_YCC = [[1, 0, 1.402], [1, -0.344136286, -0.714136286], [1, 1.772, 0]]


def degrade(
    blurred: Tensor,
    noise_sigma: Sequence[float],
    jpeg_quality: Sequence[Optional[int]],
    generator: torch.Generator,
) -> Tensor:
    """Pictures [B, 3, S, S] in [0, 1] with normal noise of a standard deviation each, some of them compressed
    at a quality (1 to 100) each.
    """
    if any(noise_sigma):
        sigma = to_device(torch.tensor(noise_sigma, dtype=blurred.dtype), blurred.device).view(-1, 1, 1, 1)
        noise = torch.randn(blurred.shape, generator=generator, device=generator.device).to(blurred.device)
        blurred = (blurred + sigma * noise).clamp(0, 1)
    compressed = [index for index, quality in enumerate(jpeg_quality) if quality is not None]
    if compressed:
        places = to_device(torch.tensor(compressed), blurred.device)
        qualities = [jpeg_quality[index] for index in compressed]
        blurred = blurred.index_copy(
            0, places, quantize_like_jpeg(blurred.index_select(0, places), qualities)
        )
    return blurred


def quantization_steps(table: List[int], quality: int) -> List[int]:
    """Steps of the coefficients, in levels of 255, as the IJG's encoder scales them."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return [min(max((step * percent + 50) // 100, 1), 255) for step in table]


def quantize_like_jpeg(pictures: Tensor, qualities: Sequence[int]) -> Tensor:
    """Compresses and decompresses pictures [B, 3, H, W] in [0, 1], each at its own quality: the 8x8 cosine
    coefficients of Y, Cb and Cr are rounded to multiples of the tables' steps; colour is not subsampled.
    Blocks that stick out repeat the last row and column.
    """
    device = pictures.device
    batch, _, height, width = pictures.shape
    constant = lambda values: to_device(torch.tensor(values, dtype=torch.float32), device)
    tables = constant(
        [
            [
                quantization_steps(table, quality)
                for table in (LUMINANCE_TABLE, CHROMINANCE_TABLE, CHROMINANCE_TABLE)
            ]
            for quality in qualities
        ]
    )
    steps = tables.view(batch, 3, 1, 1, BLOCK, BLOCK)
    cosines = constant(
        [
            [
                math.cos((2 * x + 1) * u * math.pi / 16) * (math.sqrt(0.5) if u == 0 else 1) * 0.5
                for x in range(BLOCK)
            ]
            for u in range(BLOCK)
        ]
    )
    grey_offset = constant([128, 0, 0]).view(1, 3, 1, 1)

    levels = rounded(F.pad(pictures, (0, -width % BLOCK, 0, -height % BLOCK), mode="replicate") * 255).clamp(
        0, 255
    )
    colours = rounded(torch.einsum("oc,bchw->bohw", constant(YCC_OF_RGB), levels)) - grey_offset
    rows, columns = colours.shape[2] // BLOCK, colours.shape[3] // BLOCK
    blocks = colours.view(batch, 3, rows, BLOCK, columns, BLOCK).transpose(3, 4)
    quantized = rounded(cosines @ blocks @ cosines.t() / steps) * steps
    decoded = rounded(cosines.t() @ quantized @ cosines).clamp(-128, 127)
    colours = decoded.transpose(3, 4).reshape(batch, 3, rows * BLOCK, columns * BLOCK) + grey_offset
    levels = rounded(torch.einsum("oc,bchw->bohw", constant(RGB_OF_YCC), colours)).clamp(0, 255)
    return levels[:, :, :height, :width] / 255


def rounded(values: Tensor) -> Tensor:
    """To the nearest integer, halves up."""
    return torch.floor(values + 0.5)
