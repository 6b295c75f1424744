"""What an exposure averages: the picture's own display values, or light. And what colour jitter does
before.
"""

from __future__ import annotations

from typing import Sequence

import torch
from torch import Tensor

from ..to_device import to_device

DISPLAY, SRGB, GAMMA = "display", "linear-srgb", "linear-gamma-2.2"
AVERAGING_SPACES = (DISPLAY, SRGB, GAMMA)


def light_of(display: Tensor, averaging: str) -> Tensor:
    """Values of the averaging space, of display values in [0, 1]."""
    if averaging == SRGB:
        return torch.where(display <= 0.04045, display / 12.92, ((display + 0.055) / 1.055) ** 2.4)
    return display**2.2 if averaging == GAMMA else display


def display_of(light: Tensor, averaging: str) -> Tensor:
    """Display values in [0, 1], of values of the averaging space: what is above 1 is clipped, as by a
    sensor.
    """
    light = light.clamp(0, 1)
    if averaging == SRGB:
        return torch.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return light ** (1 / 2.2) if averaging == GAMMA else light


def recolour(display: Tensor, gains: Sequence[float], gamma: float) -> Tensor:
    """Colour jitter of display values [3, ...]: a power, then a factor per channel, clipped at 1."""
    factors = to_device(torch.tensor(gains, dtype=display.dtype), display.device)
    return (display**gamma * factors.view(3, *[1] * (display.ndim - 1))).clamp(max=1)


# A response is tabulated at this many steps of a byte's.
STEPS_PER_LEVEL = 16
STEPS = 255 * STEPS_PER_LEVEL


class Response:
    """What the sensor makes of the values that are sampled: colour jitter, then light, in one look-up, which
    is faster than powers.
    """

    def __init__(
        self,
        averaging: str,
        gains: Sequence[float] = (1, 1, 1),
        gamma: float = 1,
        device: torch.device = torch.device("cpu"),
    ):
        steps = torch.linspace(0, 1, STEPS + 1)
        colours = light_of(recolour(steps.expand(3, -1), gains, gamma), averaging)
        self._table = to_device(colours.flatten(), device)
        # The half rounds to the nearest step.
        self._channel = to_device(torch.arange(3) * (STEPS + 1) + 0.5, device)

    def __call__(self, levels: Tensor) -> Tensor:
        """Values of the averaging space, of interpolated bytes [3, ...], 0 to 255."""
        steps = torch.add(self._channel.view(3, *[1] * (levels.ndim - 1)), levels, alpha=STEPS_PER_LEVEL)
        return torch.index_select(self._table, 0, steps.to(torch.int32).flatten()).view(levels.shape)


# From this light on, a display shows less than there was.
HIGHLIGHT = 0.8


def boost_highlights(light: Tensor, boost: float) -> Tensor:
    """Light that was brighter than the picture could show: what lies above 0.8 goes on beyond 1, the more the
    larger `boost` (1: not at all). It smears brightly and is clipped only when the average becomes a picture.
    """
    return light if boost == 1 else light + (light - HIGHLIGHT).clamp(min=0) * (5 * (boost - 1))
