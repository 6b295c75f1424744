"""The loop of a packed run: stages, schedules, setbacks. Samples are made on the device that trains."""

from __future__ import annotations

import contextlib
import math
import os
import sys
import time
from typing import Any, Dict, List, Optional, Tuple

import torch
import torch.distributed

from .batches import BatchMaker
from .learner import Learner, LearnerOptions
from .packed_run import PackedRun
from .progress import STARTED, Clock, Progress
from .replenished_pool import ReplenishedPool
from .run_folder import RunFolder
from .run_results import Look, RunResults
from .sample_pool import PoolOptions, SamplePool
from .sample_stream import SampleStream
from .synthesis import open_source, open_window_source

# Steps between looks at the loss of a GPU, each of which waits for it.
LOOK_EVERY_STEPS = 25
# Steps between copies of the weights to go back to; a multiple of the other.
SNAPSHOT_EVERY_STEPS = 250
# So many times as often as the run says are samples seen before training waits for new ones.
MOST_REUSE = 2
# A run that is killed loses no more than this, however rarely its plan has it write checkpoints.
MOST_SECONDS_BETWEEN_CHECKPOINTS = 120.0
# Without a GPU the first samples take minutes.
SECONDS_BETWEEN_NOTES = 10.0
# What the learning rates are multiplied by when a loss that was not finite has sent the weights back.
RATE_AFTER_SETBACK = 0.6
MOST_SETBACKS = 8


class DeviceRun:
    def __init__(
        self, archive: PackedRun, out: RunFolder, device: torch.device, rank: int, minutes: Optional[float]
    ):
        self._archive, self._device, self._leads = archive, device, rank == 0
        self._plan = plan = archive.plan
        self._progress = Progress()
        self._state = {f"weights/{name}": values for name, values in archive.starting_weights().items()}
        kept = out.read_checkpoint()
        if kept:
            self._state, stored = kept
            self._progress = Progress.of(stored)
        if self._progress.validation_set not in (None, plan["validationSet"]):
            # Scores on other samples say nothing of which weights are the best.
            self._progress.best_psnr = None
        self._progress.validation_set = plan["validationSet"]
        minutes = plan["minutes"] if minutes is None else minutes
        if not minutes or (kept and "done" not in stored):
            self._progress.done = min(1.0, self._progress.step / plan["steps"])
        self._clock = Clock(minutes, plan["steps"], self._progress.done)
        # No two processes, and no two sessions, see the same samples.
        self._seed = plan["seed"] * 1_000_003 + self._progress.step * 1009 + rank
        self._random = torch.Generator().manual_seed(self._seed)
        validation = archive.validation(device) if self._leads else []
        self._results = RunResults(out, self._progress, validation, self._leads)
        self._told_to_stop = self._agreed_to_stop = False

    def stop(self) -> None:
        """After the step in progress, and a checkpoint; of several processes, when all have agreed."""
        self._told_to_stop = True

    @property
    def _stopped(self) -> bool:
        return self._agreed_to_stop if torch.distributed.is_initialized() else self._told_to_stop

    def train(self) -> Progress:
        """Raises ValueError if the loss is not finite however often the weights go back to where it was."""
        progress, stages = self._progress, self._plan["stages"]
        self._results.open(self._plan.get("runFile"))
        left = [stage for stage in stages if progress.done < stage["until"]]
        if not left:
            self._say("nothing is left to train")
            return progress
        learner = None
        with contextlib.closing(self._open_pool()) as pool:
            self._fill(pool)
            for stage in left:
                if progress.done < stage["until"] and not self._stopped:
                    learner = self._open_learner(stage)
                    self._train_stage(learner, pool, stage, begins_run=stage is left[0])
        if learner is None:
            self._say("stopped before the first step")
            return progress
        if progress.step != self._results.validated_step:
            # Whatever becomes of the validation: whoever ends the run may not wait for it.
            self._results.save(learner)
            self._results.validate(learner)
        self._results.save(learner)
        self._say(f"each sample was seen {pool.seen:.1f} times")
        return progress

    def _open_pool(self) -> ReplenishedPool:
        plan, options = self._plan, self._plan["device"]
        open_one = open_window_source if plan["windows"] else open_source
        opened = [
            open_one(
                source["options"],
                self._archive.images(source),
                size_pixels=options["sizePixels"],
                frames=plan["frames"],
                device=self._device,
                seed=self._seed,
                workers=os.cpu_count() or 1,
            )
            for source in plan["sources"]
        ]
        self._say(f"pictures read after {time.monotonic() - STARTED:.1f} s")
        stream = SampleStream(
            opened,
            [source["weight"] for source in plan["sources"]],
            options["madeAtOnce"],
            self._device,
            self._seed,
        )
        pool = SamplePool(
            PoolOptions(
                options["samples"], options["colourGain"], options["noiseSigma"], options["softnessPixels"]
            ),
            self._device,
        )
        # Where minutes are counted they are dearer than new samples; a run by steps can be repeated.
        reuse = options["reuse"]
        return ReplenishedPool(
            pool, stream, reuse, MOST_REUSE * reuse if self._clock.counts_minutes else reuse
        )

    def _fill(self, pool: ReplenishedPool) -> None:
        largest_batch = max(stage["batchSize"] for stage in self._plan["stages"])
        options = self._plan["device"]
        first = max(min(options["firstSamples"], options["samples"]), largest_batch)
        said = time.monotonic()

        def tell(made: int) -> None:
            nonlocal said
            if time.monotonic() - said >= SECONDS_BETWEEN_NOTES and made < first:
                said = time.monotonic()
                self._say(f"{made} of the first {first} samples made after {said - STARTED:.0f} s")

        pool.fill(first, tell)
        self._say(f"the first {pool.samples.added} samples made after {time.monotonic() - STARTED:.1f} s")

    def _open_learner(self, stage: Dict[str, Any]) -> Learner:
        plan = self._plan
        options = LearnerOptions.of(plan["torch"], plan["optimizer"], plan["emaDecay"])
        groups = [group["weights"] for group in stage["groups"]]
        learned = learned_in(stage)
        frozen = [name for name in plan["weights"] if name not in learned]
        learner = Learner(
            self._archive.graph(stage["graph"]),
            self._archive.graph(plan["restoration"]),
            groups,
            frozen,
            options,
            self._device,
        )
        learner.load(self._state)
        stages = plan["stages"]
        if self._progress.enter_stage(stages.index(stage), [learned_in(each) for each in stages]):
            learner.forget_moments()
        return learner

    def _train_stage(
        self, learner: Learner, pool: ReplenishedPool, stage: Dict[str, Any], begins_run: bool
    ) -> None:
        plan, progress = self._plan, self._progress
        every = plan["every"]
        maker = BatchMaker(learner.batch_shapes, plan["frames"])
        look_every = 1 if self._device.type == "cpu" else LOOK_EVERY_STEPS
        good = learner.snapshot()
        self._warm_up(learner, maker, pool)
        if begins_run:
            self._clock.begin()
            self._results.saved_at = time.monotonic()
        looked = Look(progress.step, pool.waited_seconds)
        while progress.done < stage["until"] and not self._stopped:
            pool.keep_up(maker.count)
            rates = self._rates(stage)
            batch = maker.make(pool.samples, self._random, canonical=progress.done < plan["canonicalShare"])
            validates, saves, looks = (
                (progress.step + 1) % steps == 0
                for steps in (every["validation"], every["checkpoint"], look_every)
            )
            # What is not known to be finite is neither scored nor kept.
            figures = self._update(learner, batch, rates, look=looks or validates or saves)
            progress.step += 1
            progress.samples_seen += maker.count
            self._agree_on_time(looks)
            if figures is not None:
                if all(map(math.isfinite, figures)):
                    now = Look(progress.step, pool.waited_seconds)
                    self._results.log_steps(learner, figures, rates, maker.count, looked, now)
                    if progress.step % SNAPSHOT_EVERY_STEPS == 0:
                        good = learner.snapshot()
                else:
                    self._go_back(learner, good)
                progress.trained_seconds += time.monotonic() - looked.at
            if validates:
                self._results.validate(learner)
            if saves or (
                looks and time.monotonic() - self._results.saved_at > MOST_SECONDS_BETWEEN_CHECKPOINTS
            ):
                self._results.save(learner)
            if figures is not None:
                # What was scored and written meanwhile is no training.
                looked = Look(progress.step, pool.waited_seconds)
        # The last steps were not looked at.
        if not learner.is_finite():
            self._go_back(learner, good)
        self._state = learner.state()

    def _rates(self, stage: Dict[str, Any]) -> List[float]:
        """The learning rates of the stage's groups, where the run stands."""
        progress, stages = self._progress, self._plan["stages"]
        index = stages.index(stage)
        begin = 0.0 if index == 0 else stages[index - 1]["until"]
        share = (progress.done - begin) / (stage["until"] - begin)
        return [progress.rate_factor * rate_at(group["rates"], share) for group in stage["groups"]]

    def _agree_on_time(self, looks: bool) -> None:
        """Of several processes, the first one's clock counts, and whether any was told to stop: all do the
        same steps.
        """
        progress = self._progress
        if not torch.distributed.is_initialized():
            progress.done = self._clock.done(progress.step)
        elif looks:
            done = self._clock.done(progress.step) if self._leads else 0.0
            progress.done, told_to_stop = self._largest_of_all(done, float(self._told_to_stop))
            self._agreed_to_stop = told_to_stop > 0

    def _largest_of_all(self, *values: float) -> List[float]:
        """Of what each process says."""
        said = torch.tensor(values, dtype=torch.float64, device=self._device)
        if torch.distributed.is_initialized():
            torch.distributed.all_reduce(said, torch.distributed.ReduceOp.MAX)
        return said.tolist()

    def _warm_up(self, learner: Learner, maker: BatchMaker, pool: ReplenishedPool) -> None:
        """Compiles, before the stage's schedules begin; no weight moves."""
        if self._plan["torch"]["compile"]:
            batch = maker.make(pool.samples, self._random, canonical=False)
            reason = ""
            try:
                learner.differentiate_part(batch)
            except Exception as error:  # noqa: BLE001 fails in many ways; a GPU has few minutes
                # The first line names what failed, the second why.
                reason = " ".join(line.strip() for line in str(error).splitlines()[:2]) or repr(error)
            # All or none: one that is slower would hold up the others, and nothing would say so.
            if any(self._largest_of_all(float(reason != ""))):
                learner.interpret()
                reason = reason or "in another process"
                self._say(f"torch.compile failed, so the run goes on without it: {reason}")
            else:
                self._say(f"compiled after {time.monotonic() - STARTED:.1f} s")

    def _update(
        self, learner: Learner, batch: Dict[str, torch.Tensor], rates: List[float], look: bool
    ) -> Optional[List[float]]:
        """Loss terms and norms of the gradients, if they are looked at; on a processor, what is not finite
        moves nothing.
        """
        try:
            terms, norms = learner.differentiate(batch)
        except ValueError:
            return [math.nan]
        figures = torch.cat([terms, norms]).tolist() if look else None
        if figures is None or all(map(math.isfinite, figures)):
            progress = self._progress
            progress.learning_steps += 1
            progress.moment_steps += 1
            learner.move(norms, rates, progress.learning_steps, progress.moment_steps)
        return figures

    def _go_back(self, learner: Learner, good: Tuple[torch.Tensor, torch.Tensor]) -> None:
        """To the last weights whose loss was known to be finite, with fresh moments and lower rates."""
        progress = self._progress
        progress.set_back(RATE_AFTER_SETBACK)
        if progress.setbacks > MOST_SETBACKS:
            raise ValueError(
                f"Expected a finite loss but it was not {progress.setbacks} times, whatever the learning "
                "rate; lower `optimizer.learningRate`, or look at the samples."
            )
        learner.go_back(good)
        self._results.log_setback()

    def _say(self, text: str) -> None:
        if self._leads:
            print(text, file=sys.stderr, flush=True)


def learned_in(stage: Dict[str, Any]) -> "set[str]":
    """The weights that learn in a stage of the plan."""
    return {name for group in stage["groups"] for name in group["weights"]}


def rate_at(rates: List[float], share: float) -> float:
    """The learning rate at a share of a stage, linear between `rates`, which are those at even shares."""
    place = min(max(share, 0.0), 1.0) * (len(rates) - 1)
    low = min(int(place), len(rates) - 2)
    return rates[low] + (place - low) * (rates[low + 1] - rates[low])
