"""What a run leaves as it goes on: its log, the scores of its weights, its checkpoints."""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Optional, Sequence

import torch

from .contact_sheet import contact_sheet
from .learner import Learner
from .progress import Progress
from .run_folder import RunFolder
from .scores import Sample, score

SAMPLES_IN_PICTURE = 3


@dataclass(frozen=True)
class Look:
    """When the loss was looked at."""

    step: int
    waited_seconds: float
    """For samples, by then."""
    at: float = field(default_factory=time.monotonic)


class RunResults:
    """Of several processes only the one that leads writes any."""

    def __init__(self, out: RunFolder, progress: Progress, validation: Sequence[Sample], leads: bool):
        self._out = out
        self._progress = progress
        self._validation = validation
        self._leads = leads
        self.validated_step = -1
        """The step at which the weights were scored last."""
        self.saved_at = time.monotonic()
        """When the last checkpoint was written."""

    def open(self, run_file: Optional[str]) -> None:
        """Goes on with the log from the step that the run stands at. run_file: of a packed run, its YAML."""
        if not self._leads:
            return
        self._out.open_log(self._progress.step)
        if run_file is not None:
            self._out.write_run_file(run_file)

    def log_steps(
        self,
        learner: Learner,
        figures: List[float],
        rates: List[float],
        batch_size: int,
        before: Look,
        now: Look,
    ) -> None:
        """The figures of the newest step, and how fast those since the look before were."""
        if not self._leads:
            return
        terms = learner.named_terms(figures)
        seconds = now.at - before.at
        self._out.log(
            {
                "kind": "step",
                "step": now.step,
                "loss": terms,
                "learningRate": max(rates),
                **({"learningRates": rates} if len(rates) > 1 else {}),
                "gradientNorm": math.hypot(*figures[len(terms) :]),
                "samplesPerSecond": (now.step - before.step) * batch_size / seconds,
                "dataWaitShare": min(1.0, (now.waited_seconds - before.waited_seconds) / seconds),
                "done": round(self._progress.done, 4),
            }
        )

    def log_setback(self) -> None:
        if self._leads:
            progress = self._progress
            self._out.log({"kind": "setback", "step": progress.step, "rateFactor": progress.rate_factor})

    def validate(self, learner: Learner) -> None:
        """Scores the weights, and keeps them if no others were better."""
        if not self._leads:
            return
        progress = self._progress
        self.validated_step = progress.step
        with as_weights_are_used():
            # A packed run's graph restores frames alone.
            scores = score(
                lambda blurred: list(learner.restore(blurred).values()), self._validation, SAMPLES_IN_PICTURE
            )
        best = progress.best_psnr is None or scores.psnr["mean"] > progress.best_psnr
        self._out.log(
            {
                "kind": "validation",
                "step": progress.step,
                "samples": len(self._validation),
                "psnr": scores.psnr,
                "gain": scores.gain,
                "ssim": scores.ssim,
                "best": best,
            }
        )
        if best:
            progress.best_psnr = scores.psnr["mean"]
            self._write_weights("best", learner.state())
        shown = zip(self._validation, scores.restored)
        self._out.write_picture(
            contact_sheet([(sample.blurred, restored, sample.frames) for sample, restored in shown])
        )

    def save(self, learner: Learner) -> None:
        """Writes a checkpoint, and the weights as they are used."""
        self.saved_at = time.monotonic()
        if self._leads:
            state = learner.state()
            self._out.write_checkpoint(state, self._progress.stored())
            self._write_weights("weights", state)

    def _write_weights(self, name: str, state: Dict[str, Any]) -> None:
        progress = self._progress
        averages = {
            path.split("/", 1)[1]: values for path, values in state.items() if path.startswith("averages/")
        }
        metadata = {
            "step": progress.step,
            "samplesSeen": progress.samples_seen,
            "trainedSeconds": round(progress.trained_seconds),
        }
        self._out.write_weights(name, averages, metadata)


@contextlib.contextmanager
def as_weights_are_used() -> Iterator[None]:
    """In float32 proper, which convolutions of a GPU otherwise round to ten bits; and a few pictures are
    restored sooner than the fastest way to do so is found.
    """
    settings = torch.backends.cudnn
    wanted = settings.benchmark, settings.allow_tf32
    settings.benchmark, settings.allow_tf32 = False, False
    try:
        yield
    finally:
        settings.benchmark, settings.allow_tf32 = wanted
