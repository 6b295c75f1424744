"""Looks into a panorama with numpy: the same sampling as @unblur/datasets, written as one would write it. Run
by perspective.js.

Reads the panorama's bytes from a file, then one JSON line per request ({"matrices": [[9 numbers], ...]});
answers with the processor seconds taken, or with the first picture's values if {"picture": true}.
"""

import json
import sys
import time

import numpy as np


def perspective(panorama, rays, world_from_camera):
    height, width, _ = panorama.shape
    x, y, z = (rays @ world_from_camera.T).transpose(2, 0, 1)
    columns = (np.arctan2(x, z) / (2 * np.pi) + 0.5) * width - 0.5
    rows = (np.arcsin(np.clip(y, -1, 1)) / np.pi + 0.5) * height - 0.5
    left = np.floor(columns).astype(np.int64)
    upper = np.floor(rows).astype(np.int64)
    right_weight = (columns - left)[..., None]
    lower_weight = (rows - upper)[..., None]
    right = (left + 1) % width
    left %= width
    lower = np.minimum(upper + 1, height - 1)
    upper = np.maximum(upper, 0)
    top = panorama[upper, left] * (1 - right_weight) + panorama[upper, right] * right_weight
    bottom = panorama[lower, left] * (1 - right_weight) + panorama[lower, right] * right_weight
    return top * (1 - lower_weight) + bottom * lower_weight


def main():
    path, width, size, focal = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    panorama = np.fromfile(path, np.uint8).reshape(width // 2, width, 3)
    steps = (np.arange(size) - (size - 1) / 2) / focal
    rays = np.stack([*np.meshgrid(steps, steps), np.ones((size, size))], axis=-1)
    # In single precision, as the picture is: double takes longer.
    rays = (rays / np.linalg.norm(rays, axis=-1, keepdims=True)).astype(np.float32)
    for line in sys.stdin:
        request = json.loads(line)
        matrices = np.array(request["matrices"], np.float32).reshape(-1, 3, 3)
        if request.get("picture"):
            print(
                json.dumps(
                    {"values": np.round(perspective(panorama, rays, matrices[0]), 3).ravel().tolist()}
                ),
                flush=True,
            )
            continue
        start = time.process_time()
        for matrix in matrices:
            perspective(panorama, rays, matrix)
        print(json.dumps({"seconds": time.process_time() - start}), flush=True)


main()
