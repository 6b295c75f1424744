"""Adam and the exponential average of the weights, as in packages/trainer/src/loop/adam.ts and
exponential-average.ts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence

import torch
from torch import Tensor

PIECE_ELEMENTS = 1 << 17


@dataclass(frozen=True)
class AdamOptions:
    """See AdamOptions of adam.ts."""

    beta1: float
    beta2: float
    epsilon: float
    weight_decay: float
    clip_norm: Optional[float]


class Adam:
    """Adam (Kingma and Ba 2015) on one vector [P] of weights, in place."""

    def __init__(self, weights: Tensor, first_moments: Tensor, second_moments: Tensor, options: AdamOptions):
        self.weights = weights
        self.first_moments = first_moments
        self.second_moments = second_moments
        self._options = options

    @torch.no_grad()
    def update(self, gradient: Tensor, norm: Tensor, learning_rate: float, step: int) -> None:
        """Moves the weights one step against their gradient [P], which is scaled down in place where its norm
        is too large.

        norm: of `gradient`, a scalar that stays on its device: nothing waits for it. step: counts from 1.
        """
        options = self._options
        scale = None if options.clip_norm is None else (options.clip_norm / norm).clamp(max=1)
        correction1 = 1 / (1 - options.beta1**step)
        correction2 = 1 / (1 - options.beta2**step)
        for gradients, weights, first_moments, second_moments in zip(
            *(
                in_pieces(vector)
                for vector in (gradient, self.weights, self.first_moments, self.second_moments)
            )
        ):
            if scale is not None:
                gradients.mul_(scale)
            first_moments.mul_(options.beta1).add_(gradients, alpha=1 - options.beta1)
            second_moments.mul_(options.beta2).addcmul_(gradients, gradients, value=1 - options.beta2)
            divisor = second_moments.mul(correction2).sqrt_().add_(options.epsilon)
            weights.mul_(1 - learning_rate * options.weight_decay).addcdiv_(
                first_moments, divisor, value=-learning_rate * correction1
            )


def in_pieces(vector: Tensor) -> Sequence[Tensor]:
    """Of a vector on a processor, pieces that stay in its cache from one operation to the next."""
    return (vector,) if vector.is_cuda else vector.split(PIECE_ELEMENTS)


@torch.no_grad()
def update_average(average: Tensor, weights: Tensor, decay: float, step: int) -> None:
    """The decay warms up, so that the starting weights are soon forgotten. step: counts from 1."""
    average.lerp_(weights, 1 - min(decay, (1 + step) / (10 + step)))
