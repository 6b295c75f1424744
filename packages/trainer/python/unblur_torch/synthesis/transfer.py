"""What an exposure averages: the picture's own display values, or light. And what colour jitter does before."""

from __future__ import annotations

from typing import Sequence

import torch
from torch import Tensor

DISPLAY, SRGB, GAMMA = "display", "linear-srgb", "linear-gamma-2.2"
AVERAGING_SPACES = (DISPLAY, SRGB, GAMMA)


def light_of(display: Tensor, averaging: str) -> Tensor:
    """Values of the averaging space, of display values in [0, 1]."""
    if averaging == SRGB:
        return torch.where(display <= 0.04045, display / 12.92, ((display + 0.055) / 1.055) ** 2.4)
    return display**2.2 if averaging == GAMMA else display


def display_of(light: Tensor, averaging: str) -> Tensor:
    """Display values in [0, 1], of values of the averaging space: what is above 1 is clipped, as by a sensor."""
    light = light.clamp(0, 1)
    if averaging == SRGB:
        return torch.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return light ** (1 / 2.2) if averaging == GAMMA else light


def recolour(display: Tensor, gains: Sequence[float], gamma: float) -> Tensor:
    """Colour jitter of display values [3, ...]: a power, then a factor per channel, clipped at 1."""
    if gamma != 1:
        display = display**gamma
    if all(gain == 1 for gain in gains):
        return display
    factors = torch.tensor(gains, dtype=display.dtype).to(display.device, non_blocking=True)
    return (display * factors.view(3, *[1] * (display.ndim - 1))).clamp(max=1)


# From this light on, a display shows less than there was.
HIGHLIGHT = 0.8


def boost_highlights(light: Tensor, boost: float) -> Tensor:
    """
    Light that was brighter than the picture could show: what lies above 0.8 goes on beyond 1, the more the larger `boost`
    (1: not at all). It smears brightly and is clipped only when the average becomes a picture.
    """
    return light if boost == 1 else light + (light - HIGHLIGHT).clamp(min=0) * (5 * (boost - 1))
