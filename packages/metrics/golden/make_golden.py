"""Writes scikit-image.json: image pairs with their PSNR and SSIM by scikit-image, which the tests compare
with ours.

Run with Debian 12's python3-skimage (0.19.3) and numpy (1.24.2):  python3 make_golden.py

The images are made here: seeded noise, gradients, edges and a moved pattern, as 8-bit RGB.  Both sides divide
by 255 in single precision; scikit-image is then given double precision, because it would otherwise compute in
single.
"""

import base64
import json
from pathlib import Path

import numpy
import skimage
from skimage.metrics import peak_signal_noise_ratio, structural_similarity


def pattern(height, width, shift):
    y, x = numpy.mgrid[:height, :width].astype(float)
    x = x + shift
    red = 0.5 + 0.4 * numpy.sin(x / 2.3) * numpy.cos(y / 3.1)
    green = ((x // 5 + y // 4) % 2) * 0.8 + 0.1
    blue = (x + 2 * y) / (3 * (width + height))
    return numpy.stack([red, green, blue], axis=-1)


def image_pairs():
    random = numpy.random.default_rng(2021)
    noise = random.uniform(size=(19, 26, 3))
    yield "unrelated noise", noise, random.uniform(size=(19, 26, 3)), 0
    moved = pattern(33, 24, 0), pattern(33, 24, 1.7)
    yield "moved pattern", *moved, 0
    yield "moved pattern, border left out", *moved, 4
    yield (
        "noisy gradient",
        pattern(24, 24, 0),
        pattern(24, 24, 0) + random.normal(scale=0.05, size=(24, 24, 3)),
        0,
    )
    yield "flat against flat", numpy.full((12, 14, 3), 0.25), numpy.full((12, 14, 3), 0.75), 0
    yield "smallest for the Gaussian window", noise[:11, :11], noise[1:12, 2:13], 0
    nearly = numpy.array(noise[:16, :17])
    nearly[7, 8, 1] += 1.5 / 255
    yield "one value differs by one step", noise[:16, :17], nearly, 0


def to_bytes(image):
    return numpy.clip(numpy.round(image * 255), 0, 255).astype(numpy.uint8)


def case(name, a, b, border):
    a, b = to_bytes(a), to_bytes(b)
    height, width, _ = a.shape
    inside = (slice(border, height - border), slice(border, width - border))
    x, y = (
        (image.astype(numpy.float32) / numpy.float32(255)).astype(numpy.float64)[inside] for image in (a, b)
    )
    return {
        "name": name,
        "width": width,
        "height": height,
        "borderPixels": border,
        "a": base64.b64encode(a.tobytes()).decode(),
        "b": base64.b64encode(b.tobytes()).decode(),
        "psnr": peak_signal_noise_ratio(x, y, data_range=1),
        "ssimGaussian": structural_similarity(
            x, y, data_range=1, channel_axis=-1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        ),
        "ssimUniform": structural_similarity(x, y, data_range=1, channel_axis=-1),
    }


if __name__ == "__main__":
    golden = {
        "origin": f"make_golden.py, scikit-image {skimage.__version__}, numpy {numpy.__version__}",
        "cases": [case(*pair) for pair in image_pairs()],
    }
    path = Path(__file__).with_name("scikit-image.json")
    path.write_text(json.dumps(golden, indent=1) + "\n")
