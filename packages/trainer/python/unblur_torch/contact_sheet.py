"""A contact sheet of restored samples as PNG: for each three rows, the blurred input, the restored frames and
the truth.
"""

from __future__ import annotations

import struct
import zlib
from typing import Sequence, Tuple

import numpy
import torch
from torch import Tensor

GAP_PIXELS = 4

Sampled = Tuple[Tensor, Tensor, Tensor]


def contact_sheet(samples: Sequence[Sampled]) -> bytes:
    """samples: blurred [S, S, 3], restored [N, S, S, 3] and true frames [N, S, S, 3] in [0, 1], all of one
    size.
    """
    rows = []
    for blurred, restored, gt in samples:
        pictures = torch.stack([blurred.expand_as(gt), restored, gt])
        rows.extend((pictures.clamp(0, 1) * 255 + 0.5).byte().cpu().numpy())
    size, columns = samples[0][0].shape[0], len(samples[0][2])
    pitch = size + GAP_PIXELS
    sheet = numpy.full((len(rows) * pitch - GAP_PIXELS, columns * pitch - GAP_PIXELS, 3), 255, numpy.uint8)
    for row, images in enumerate(rows):
        for column, image in enumerate(images):
            sheet[row * pitch : row * pitch + size, column * pitch : column * pitch + size] = image
    return encode_png(sheet)


def encode_png(image: numpy.ndarray) -> bytes:
    """Of 8-bit values [H, W, 3]."""
    height, width, _ = image.shape

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    # Every line says that it is not filtered.
    lines = numpy.concatenate([numpy.zeros((height, 1), numpy.uint8), image.reshape(height, -1)], 1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(lines.tobytes(), 6))
        + chunk(b"IEND", b"")
    )
