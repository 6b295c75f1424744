"""The weights of a run, and all that moves them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Sequence, Tuple

import numpy
import torch
import torch.distributed
from torch import Tensor

from .adam import Adam, AdamOptions, update_average
from .onnx_file import Graph
from .parameter_layout import ParameterLayout
from .precision import use_bfloat16
from .program import write_program
from .restoration import Restoration
from .simplification import simplify

TERM_PREFIX = "loss."
TOTAL = "loss.total"
STATE_GROUPS = ("weights", "firstMoments", "secondMoments", "averages")


@dataclass(frozen=True)
class LearnerOptions:
    bfloat16: bool
    channels_last: bool
    compile: bool
    optimizer: AdamOptions
    ema_decay: float

    @staticmethod
    def of(
        torch_settings: Mapping[str, Any], optimizer: Mapping[str, Any], ema_decay: float
    ) -> LearnerOptions:
        """Of what a run file says under `torch`, `optimizer` and `emaDecay`."""
        return LearnerOptions(
            bfloat16=torch_settings["precision"] == "bfloat16",
            channels_last=torch_settings["channelsLast"],
            compile=torch_settings["compile"],
            optimizer=AdamOptions(
                optimizer["beta1"],
                optimizer["beta2"],
                optimizer["epsilon"],
                optimizer["weightDecay"],
                optimizer["clipNorm"],
            ),
            ema_decay=ema_decay,
        )


class Learner:
    """Weights, Adam's moments and averages of one process. Where there are several processes each has its
    part of the batch and all have the same weights: gradients are averaged over them.
    """

    def __init__(
        self,
        step_graph: Graph,
        restoration_graph: Graph,
        groups: List[List[str]],
        frozen: List[str],
        options: LearnerOptions,
        device: torch.device,
    ):
        """step_graph: from weights and a batch to the loss terms; restoration_graph: from weights and
        `blurred` to frames.
        groups: names of the weights that learn, which are those of inputs of both graphs; each group has its
        own learning rate and is clipped by its own norm. frozen: names of the weights that stay as they are.
        """
        self._device = device
        self._options = options
        learned = [name for group in groups for name in group]
        weights = [*learned, *frozen]
        self._layout = ParameterLayout(step_graph, weights, options.channels_last)
        parameters = self._layout.parameters
        shapes = {parameter.value: parameter.shape for parameter in parameters}
        values = list(shapes)
        graph = simplify(self._layout.graph, shapes)
        low_weights = set()
        if options.bfloat16:
            graph, low_weights = use_bfloat16(graph, shapes, device)
        self.batch_shapes = {name: shape for name, shape in step_graph.inputs.items() if name not in weights}
        """Shapes of a batch, by the names of its tensors."""
        self._batch_inputs = list(self.batch_shapes)
        self._terms = list(step_graph.outputs)
        self._interpreted = write_program(graph, [*values, *self._batch_inputs], self._terms, device)
        self._program = optional_compile(self._interpreted, options.compile)

        self._weights = torch.zeros(self._layout.size, device=device)
        self._low_weights = torch.zeros_like(self._weights, dtype=torch.bfloat16) if low_weights else None
        self._gradient = torch.zeros_like(self._weights)
        self._low_gradient = torch.zeros_like(self._low_weights) if low_weights else None
        self._learned = learned
        self._leaves = self._make_leaves(low_weights, set(learned))
        self._first_moments, self._second_moments, self._averages = (
            torch.zeros_like(self._weights) for _ in range(3)
        )
        self._groups = self._layout.slices(groups)
        self._adams = [
            Adam(
                self._weights[group],
                self._first_moments[group],
                self._second_moments[group],
                options.optimizer,
            )
            for group in self._groups
        ]
        self._restoration = Restoration(restoration_graph, weights, options.channels_last, device)
        self._shapes = {name: step_graph.inputs[name] for name in weights}

    def _make_leaves(self, low_weights: "set[str]", learned: "set[str]") -> List[Tensor]:
        """What autograd differentiates by: views of the weights whose gradients, where they learn, are views
        of one gradient.
        """
        leaves = []
        learned_values = {
            parameter.value for parameter in self._layout.parameters if parameter.weight in learned
        }
        views, gradients = self._layout.views(self._weights), self._layout.views(self._gradient)
        if low_weights:
            low_views, low_gradients = (
                self._layout.views(self._low_weights),
                self._layout.views(self._low_gradient),
            )
        for name in views:
            view, gradient = (
                (low_views[name], low_gradients[name])
                if name in low_weights
                else (views[name], gradients[name])
            )
            leaf = view.detach()
            if name in learned_values:
                leaf.requires_grad_()
                leaf.grad = gradient
            leaves.append(leaf)
        return leaves

    def load(self, state: Dict[str, numpy.ndarray]) -> None:
        """`state`: arrays named `group/weight`; without moments and averages, a run starts from the
        weights.
        """
        groups: Dict[str, Dict[str, numpy.ndarray]] = {}
        for path, array in state.items():
            group, name = path.split("/", 1)
            groups.setdefault(group, {})[name] = array
        for group, vector in zip(STATE_GROUPS, self._state_vectors()):
            if group in groups:
                vector.copy_(self._layout.flatten(groups[group]))
            else:
                vector.zero_()
        if "averages" not in groups:
            self._averages.copy_(self._weights)
        self._restoration.forget()

    def state(self) -> Dict[str, numpy.ndarray]:
        """The inverse of `load`."""
        return {
            f"{group}/{name}": array.reshape(self._shapes[name])
            for group, vector in zip(STATE_GROUPS, self._state_vectors())
            for name, array in self._layout.unflatten(vector).items()
        }

    def is_finite(self) -> bool:
        """Whether all weights are numbers; waits for the device."""
        return bool(torch.isfinite(self._weights).all())

    def interpret(self) -> None:
        """Goes on without torch.compile."""
        self._program = self._interpreted

    def snapshot(self) -> Tuple[Tensor, Tensor]:
        """Copies of weights and averages, on the device."""
        return self._weights.clone(), self._averages.clone()

    def go_back(self, snapshot: Tuple[Tensor, Tensor]) -> None:
        """To weights and averages of before, with fresh moments: `move` counts their steps from 1 again."""
        for vector, kept in zip((self._weights, self._averages), snapshot):
            vector.copy_(kept)
        self.forget_moments()
        self._restoration.forget()

    def forget_moments(self) -> None:
        self._first_moments.zero_()
        self._second_moments.zero_()

    def _state_vectors(self) -> Tuple[Tensor, ...]:
        return (self._weights, self._first_moments, self._second_moments, self._averages)

    def update(
        self, batch: Dict[str, Tensor], learning_rates: Sequence[float], step: int
    ) -> Tuple[Dict[str, float], float]:
        """One step of training on this process's part of the batch.

        learning_rates: of the groups. step: counts from 1. Returns the loss terms by name and the norm of the
        gradient before clipping, both of the whole batch. Raises ValueError if a loss term or the gradient is
        not finite, naming the first weight; no weight has changed then.
        """
        terms, norms = self.differentiate(batch)
        figures = torch.cat([terms, norms]).tolist()
        if not numpy.isfinite(figures[len(self._terms) :]).all():
            raise ValueError(f"Expected finite gradients but that of '{self._first_not_finite()}' is not.")
        self.move(norms, learning_rates, step, step)
        return self.named_terms(figures), math.hypot(*figures[len(self._terms) :])

    def differentiate(self, batch: Dict[str, Tensor]) -> Tuple[Tensor, Tensor]:
        """Finds the gradient of the whole batch, of which this process has a part.

        Returns the loss terms [T] and the norm of each group's gradient [G]; on a GPU they are still being
        computed. Raises ValueError if a loss term is not finite, on a processor: on a GPU nothing waits for
        them.
        """
        terms = self._differentiate(batch)
        return terms, torch.stack([torch.linalg.vector_norm(self._gradient[group]) for group in self._groups])

    def differentiate_part(self, batch: Dict[str, Tensor]) -> Tensor:
        """Finds the gradient of this process's part of the batch alone, for which no other is waited; returns
        its loss terms [T].
        """
        if self._low_weights is not None:
            self._low_weights.copy_(self._weights)
            self._low_gradient.zero_()
        self._gradient.zero_()
        outputs = self._program(*self._leaves, *(batch[name] for name in self._batch_inputs))
        terms = torch.stack([output.detach() for output in outputs])
        # Gradients of sampling at coordinates that are not numbers end a processor's process; a GPU is not
        # waited for.
        if self._device.type == "cpu" and not torch.isfinite(terms).all():
            self._gradient.fill_(math.nan)
        else:
            outputs[self._terms.index(TOTAL)].backward()
            if self._low_gradient is not None:
                self._gradient.add_(self._low_gradient)
        return terms

    def move(
        self, norms: Tensor, learning_rates: Sequence[float], learning_step: int, moment_step: int
    ) -> None:
        """Moves the weights by the gradient that `differentiate` found, and their averages after them.

        learning_step: counts from 1 since the weights began to learn. moment_step: from 1 since Adam's
        moments were zero; moments that are new but taken for old make steps several times too large.
        """
        for adam, group, norm, learning_rate in zip(self._adams, self._groups, norms, learning_rates):
            adam.update(self._gradient[group], norm, learning_rate, moment_step)
            update_average(
                self._averages[group], self._weights[group], self._options.ema_decay, learning_step
            )
        self._restoration.forget()

    def named_terms(self, terms: Sequence[float]) -> Dict[str, float]:
        """Loss terms by name."""
        return {name[len(TERM_PREFIX) :]: value for name, value in zip(self._terms, terms)}

    def gradients(self, batch: Dict[str, Tensor]) -> Tuple[Dict[str, float], Dict[str, numpy.ndarray]]:
        """Loss terms and the gradient of every weight that learns, without moving any."""
        named = self.named_terms(self._differentiate(batch).tolist())
        gradients = self._layout.unflatten(self._gradient)
        return named, {name: gradients[name].reshape(self._shapes[name]) for name in self._learned}

    def restore(self, blurred: Tensor) -> Dict[str, Tensor]:
        """What the restoration graph makes of what it calls `blurred`, with the averaged weights: frames
        [1, S, S, 3] in time order and, where the graph has them, the motions to each.
        """
        return self._restoration.restore(lambda: self._layout.unflatten(self._averages), blurred)

    def _differentiate(self, batch: Dict[str, Tensor]) -> Tensor:
        """Fills the gradient of the whole batch; returns its loss terms [T]."""
        terms = self.differentiate_part(batch)
        if torch.distributed.is_initialized():
            for summed in (self._gradient, terms):
                torch.distributed.all_reduce(summed)
                summed.div_(torch.distributed.get_world_size())
        if self._device.type == "cpu":
            # Of the whole batch: all processes take it alike.
            self._expect_finite(terms)
        return terms

    def _expect_finite(self, terms: Tensor) -> None:
        for name, value in self.named_terms(terms.tolist()).items():
            if not math.isfinite(value):
                raise ValueError(f"Expected a finite loss but its term '{name}' is {value}.")

    def _first_not_finite(self) -> str:
        """Finite gradients may have a norm that is not: then the largest."""
        largest = {
            name: numpy.abs(gradient).max()
            for name, gradient in self._layout.unflatten(self._gradient).items()
        }
        return next(
            (name for name, size in largest.items() if not numpy.isfinite(size)),
            max(largest, key=largest.get),
        )


def expect_compiler(wanted: bool) -> None:
    """Raises ValueError where programs are to be compiled and this torch cannot."""
    if wanted and not hasattr(torch, "compile"):
        raise ValueError(
            f"Expected torch 2.0 or newer for 'torch.compile: true' but this is {torch.__version__}; set it "
            "to false."
        )


def optional_compile(program, wanted: bool):
    expect_compiler(wanted)
    # Every step has the same shapes.
    return torch.compile(program, dynamic=False) if wanted else program
