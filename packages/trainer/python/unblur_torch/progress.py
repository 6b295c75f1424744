"""How far a run is: what a checkpoint keeps beside the weights, and the clock that schedules follow."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Dict, Optional, Sequence

# Imported before torch, loading which takes seconds of the run's minutes too.
STARTED = time.monotonic()

# However long it took to begin, this much of the time is for training.
LEAST_TRAINING_SHARE = 0.2


@dataclass
class Progress:
    """What a checkpoint keeps beside the weights; stored under the names that checkpoint.ts has."""

    step: int = 0
    samples_seen: int = 0
    trained_seconds: float = 0.0
    best_psnr: Optional[float] = None
    validation_set: Optional[str] = None
    """Of which samples the best PSNR is."""
    done: float = 0.0
    """Share of the run that is behind it, from 0 to 1."""
    rate_factor: float = 1.0
    """What setbacks have left of the learning rates."""
    setbacks: int = 0
    stage: Optional[int] = None
    """Index of the stage that trained last; None where a checkpoint does not say: the one that goes on."""
    learning_steps: Optional[int] = None
    """Steps since the weights that learn began to; None: all of them."""
    moment_steps: Optional[int] = None
    """Of these, the steps that Adam's moments know of: setbacks have them begin anew. None: all of them."""

    def enter_stage(self, index: int, learned: Sequence["set[str]"]) -> bool:
        """learned: the weights that learn in every stage. Returns whether these begin here, other ones than
        in the stage before: then their moments and averages are to begin with them.
        """
        before = index if self.stage is None or self.stage >= len(learned) else self.stage
        self.stage = index
        begins = learned[before] != learned[index]
        if begins:
            self.learning_steps = self.moment_steps = 0
        if self.learning_steps is None:
            self.learning_steps = self.step
        if self.moment_steps is None:
            self.moment_steps = self.learning_steps
        return begins

    def set_back(self, rate_factor: float) -> None:
        """The weights went back to where they were, with fresh moments."""
        self.setbacks += 1
        self.rate_factor *= rate_factor
        self.moment_steps = 0

    def stored(self) -> Dict[str, Any]:
        return {camel_case(name): value for name, value in vars(self).items()}

    @staticmethod
    def of(stored: Dict[str, Any]) -> "Progress":
        """Of a checkpoint, which may be that of a run whose samples were made elsewhere: it says less."""
        return Progress(
            **{name: stored[camel_case(name)] for name in vars(Progress()) if camel_case(name) in stored}
        )


def camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


class Clock:
    """How much of a run is done: of its minutes, which loading and compiling take from too, or else of its
    steps.
    """

    def __init__(self, minutes: Optional[float], steps: int, done_before: float):
        self._steps = steps
        self._done_before = done_before
        self._seconds_left = minutes and 60 * minutes * (1 - done_before)
        self._began = time.monotonic()

    @property
    def counts_minutes(self) -> bool:
        return bool(self._seconds_left)

    def begin(self) -> None:
        """Training begins now."""
        self._began = time.monotonic()
        if self.counts_minutes:
            self._training_seconds = max(
                self._seconds_left - (self._began - STARTED), LEAST_TRAINING_SHARE * self._seconds_left
            )

    def done(self, step: int) -> float:
        """From 0 to 1."""
        if not self.counts_minutes:
            return min(1.0, step / self._steps)
        share = (time.monotonic() - self._began) / self._training_seconds
        return min(1.0, self._done_before + (1 - self._done_before) * share)
