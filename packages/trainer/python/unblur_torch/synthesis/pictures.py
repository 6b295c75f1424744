"""Pictures from the bytes of PNG, JPEG, WebP or TIFF files, by OpenCV or Pillow, whichever there is."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, Dict, Mapping

import numpy
import torch
from numpy import ndarray
from torch import Tensor

PICTURE_EXTENSIONS = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")
"""File name endings of the pictures that folders are searched for; those of picture-name.ts."""


def decode_pictures(images: Mapping[str, bytes], device: torch.device, workers: int) -> Dict[str, Tensor]:
    """All pictures by name, uint8 [3, h, w] on the device. Raises ValueError that names a picture that cannot
    be decoded.
    """
    decode = find_decoder()
    with ThreadPoolExecutor(max(workers, 1)) as pool:
        decoded = pool.map(lambda item: decode_named(decode, *item), images.items())
        return {
            name: torch.from_numpy(pixels).to(device).permute(2, 0, 1).contiguous()
            for name, pixels in zip(images, decoded)
        }


def decode_named(decode: Callable[[bytes], ndarray], name: str, data: bytes) -> ndarray:
    try:
        return decode(data)
    except Exception as error:
        raise ValueError(
            f"Expected a picture (PNG, JPEG, WebP or TIFF) in {name} but it cannot be decoded ({error})."
        ) from error


def find_decoder() -> Callable[[bytes], ndarray]:
    """A function from a file's bytes to its pixels, uint8 [h, w, 3]. Raises ValueError where neither library
    is installed.
    """
    try:
        import cv2
    except ImportError:
        pass
    else:
        return decode_with_opencv
    try:
        import PIL.Image
    except ImportError:
        raise ValueError(
            "Expected OpenCV (cv2) or Pillow (PIL) for Python, to decode pictures, but received neither; "
            "install one, such as `pip install pillow`."
        ) from None
    return decode_with_pillow


def decode_with_opencv(data: bytes) -> ndarray:
    import cv2

    pixels = cv2.imdecode(numpy.frombuffer(bytes(data), numpy.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError("OpenCV does not know it")
    return numpy.ascontiguousarray(pixels[:, :, ::-1])


def decode_with_pillow(data: bytes) -> ndarray:
    import PIL.Image

    return numpy.array(PIL.Image.open(io.BytesIO(bytes(data))).convert("RGB"))
