"""Files of @unblur/onnx, of which the package's tests read whole ones: what those of training have not."""

import unittest

import numpy

from unblur_torch.onnx_file import read_onnx

FLOAT16 = 10


def message(number: int, content: bytes) -> bytes:
    """A field of a protocol buffer that holds bytes, fewer than 128."""
    return bytes([number << 3 | 2, len(content)]) + content


def integer(number: int, value: int) -> bytes:
    return bytes([number << 3, value])


def file_of(element_type: int, shape, raw: bytes) -> bytes:
    tensor = b"".join(integer(1, side) for side in shape)
    tensor += integer(2, element_type) + message(8, b"weight") + message(9, raw)
    return message(7, message(5, tensor))


class HalfPrecisionTest(unittest.TestCase):
    def test_constants_that_are_stored_as_float16_are_read_as_float32(self):
        # 1, -2, 0.5 and 65504, the largest of them, by their bits.
        raw = bytes([0x00, 0x3C, 0x00, 0xC0, 0x00, 0x38, 0xFF, 0x7B])
        weight = read_onnx(file_of(FLOAT16, (2, 2), raw)).constants["weight"]
        self.assertEqual(weight.dtype, numpy.float32)
        self.assertEqual(weight.tolist(), [[1, -2], [0.5, 65504]])

    def test_other_types_are_named(self):
        with self.assertRaisesRegex(
            ValueError, "'weight' to be float32, float16, .* of ONNX element type 11"
        ):
            read_onnx(file_of(11, (1,), bytes(8)))
