"""Scores of restored frames, as @unblur/metrics has them: PSNR and SSIM in the better order of the whole
sequence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Sequence

import numpy
import torch
import torch.nn.functional as F
from torch import Tensor

HIGHEST_PSNR = 100.0
WINDOW, SIGMA_PIXELS = 11, 1.5

Figures = Dict[str, float]


@dataclass(frozen=True)
class Sample:
    """What is restored (a photograph or a window [1, ..., S, S, 3]), what it has to beat [S, S, 3], and the
    truth [N, S, S, 3]; in [0, 1].
    """

    input: Tensor
    blurred: Tensor
    frames: Tensor


@dataclass(frozen=True)
class Scores:
    """Means over the samples; see ValidationRow of metrics-log.ts."""

    psnr: Figures
    gain: Figures
    ssim: Figures
    restored: List[Tensor]
    """Of the first samples, in the order that was scored: [N, S, S, 3] each."""


def score(restore, samples: Sequence[Sample], kept: int) -> Scores:
    """restore: from an input to frames [1, S, S, 3] in time order. kept: restored samples to give back."""
    rows, restored = [], []
    for sample in samples:
        frames = torch.cat(list(restore(sample.input))).clamp(0, 1)
        forward, backward = psnr(frames, sample.frames), psnr(frames.flip(0), sample.frames)
        if backward.mean() > forward.mean():
            frames, forward = frames.flip(0), backward
        base = sample.blurred.expand_as(sample.frames)
        rows.append(torch.stack([forward, psnr(base, sample.frames), ssim(frames, sample.frames)]).cpu())
        if len(restored) < kept:
            restored.append(frames)
    means = torch.stack(rows).double().mean(0).numpy()
    return Scores(by_position(means[0]), by_position(means[0] - means[1]), by_position(means[2]), restored)


def by_position(per_frame: numpy.ndarray) -> Figures:
    first, middle, last = per_frame[0], per_frame[(len(per_frame) - 1) // 2], per_frame[-1]
    return {
        "first": float(first),
        "middle": float(middle),
        "last": float(last),
        "mean": float(per_frame.mean()),
    }


def psnr(restored: Tensor, gt: Tensor) -> Tensor:
    """Of images [N, S, S, 3] in [0, 1], in dB [N]; images alike count as 100 dB."""
    squared_error = (restored - gt).double().square().mean((1, 2, 3))
    return (-10 * squared_error.clamp(min=1e-30).log10()).clamp(max=HIGHEST_PSNR)


def ssim(restored: Tensor, gt: Tensor) -> Tensor:
    """Mean structural similarity (Wang et al. 2004, Eq. 13) of images [N, S, S, 3]: a Gaussian window where
    it fits, the mean of the channels [N].
    """
    offset = torch.arange(WINDOW, dtype=torch.float64, device=gt.device) - (WINDOW - 1) / 2
    line = torch.exp(-(offset**2) / (2 * SIGMA_PIXELS**2))
    line = (line / line.sum())[None, None]

    def windowed(values: Tensor) -> Tensor:
        planes = values.permute(0, 3, 1, 2).reshape(-1, 1, *values.shape[1:3])
        return F.conv2d(F.conv2d(planes, line[..., None]), line[:, :, None]).view(len(values), -1)

    a, b = restored.double(), gt.double()
    mean_a, mean_b = windowed(a), windowed(b)
    mean_squares = mean_a**2 + mean_b**2
    variances = windowed(a * a + b * b) - mean_squares
    covariance = windowed(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    return (
        (2 * mean_a * mean_b + c1) * (2 * covariance + c2) / ((mean_squares + c1) * (variances + c2))
    ).mean(1)
