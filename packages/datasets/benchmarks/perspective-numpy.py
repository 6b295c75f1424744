"""The same sampling in plain numpy, for comparison: perspective frames from an equirectangular panorama,
bilinear, wrapped.
"""

import sys
import time

import numpy as np

width, size, field_of_view, frames = (int(value) for value in sys.argv[1:5])
height = width // 2
panorama = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)

focal = size / 2 / np.tan(np.radians(field_of_view) / 2)
y, x = np.mgrid[0:size, 0:size]
rays = np.stack([(x - (size - 1) / 2) / focal, (y - (size - 1) / 2) / focal, np.ones((size, size))], -1)
rays /= np.linalg.norm(rays, axis=-1, keepdims=True)


def look(yaw: float) -> np.ndarray:
    c, s = np.cos(yaw), np.sin(yaw)
    direction = rays @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T
    u = (np.arctan2(direction[..., 0], direction[..., 2]) / (2 * np.pi) + 0.5) * width - 0.5
    v = (np.arcsin(np.clip(direction[..., 1], -1, 1)) / np.pi + 0.5) * height - 0.5
    left, top = np.floor(u).astype(int), np.floor(v).astype(int)
    right_share, lower_share = (u - left)[..., None], (v - top)[..., None]
    rows = np.clip([top, top + 1], 0, height - 1)
    columns = np.mod([left, left + 1], width)
    upper = panorama[rows[0], columns[0]] * (1 - right_share) + panorama[rows[0], columns[1]] * right_share
    lower = panorama[rows[1], columns[0]] * (1 - right_share) + panorama[rows[1], columns[1]] * right_share
    return upper * (1 - lower_share) + lower * lower_share


look(0.0)
start = time.process_time()
for frame in range(frames):
    look(frame * 0.05)
print((time.process_time() - start) / frames * 1000)
