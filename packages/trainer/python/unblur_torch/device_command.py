"""Trains a packed run on this machine: `python -m unblur_torch.device_command ARCHIVE OUT [--minutes M]
[--processes N] [--trial]`.

Samples are made on the device that trains. Schedules follow the clock (`minutes`), or the steps where a run
has no minutes. The same command goes on after an interruption. `unblur train --collect` reads what it leaves
in OUT.
"""

from __future__ import annotations

import signal

# Before all that takes time to load: a Ctrl-C ends the program then, without a traceback.
if __name__ in ("__main__", "__mp_main__") and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import math
import multiprocessing.connection
import os
import sys
import tempfile
import threading
import time
from typing import Any, Callable, Dict, List

# Before torch: it notes when the program started.
from .progress import Progress
from .required_packages import expect_packages

expect_packages()

import torch

from .device_run import DeviceRun
from .devices import choose_device, join_processes, run_and_exit
from .learner import expect_compiler
from .packed_run import PackedRun
from .run_folder import RunFolder

MOST_PROCESSES = 64
INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM)
# One Ctrl-C comes more than once where a terminal, `timeout` and the first process each pass it on.
SECONDS_OF_ONE_INTERRUPTION = 2.0


def run_process(rank: int, options: argparse.Namespace, rendezvous: str) -> None:
    device = choose_device(rank)
    archive = PackedRun(options.archive)
    if options.trial:
        make_trial(archive.plan, on_processor=device.type == "cpu")
    # Before pictures are read and samples made, which takes minutes.
    expect_compiler(archive.plan["torch"]["compile"])
    if device.type == "cpu":
        torch.set_num_threads(options.threads or archive.plan["threads"])
    join_processes(device, rank, options.processes, rendezvous)
    # What a trial has trained is not gone on with.
    out = os.path.join(options.out, "trial") if options.trial else options.out
    run = DeviceRun(archive, RunFolder(out), device, rank, options.minutes)
    stop_when_told(run)
    progress: Progress = run.train()
    if rank == 0:
        if device.type == "cuda":
            print(
                f"torch {torch.__version__} on {torch.cuda.get_device_name(device)}, of whose memory at most "
                f"{torch.cuda.max_memory_allocated(device) / 2**30:.1f} GiB were used",
                file=sys.stderr,
            )
        place = "" if archive.is_in_place else f"; results in {os.path.join(out, 'results')}"
        print(f"{progress.step} steps, {100 * progress.done:.0f} % of the run{place}", file=sys.stderr)


def stop_when_told(run: DeviceRun) -> None:
    """An interruption stops a run after the step in progress; a second one at once."""
    usual = {number: signal.getsignal(number) for number in INTERRUPTIONS}
    stopped_at = math.inf

    def stop(number: int, _) -> None:
        nonlocal stopped_at
        if time.monotonic() > stopped_at + SECONDS_OF_ONE_INTERRUPTION:
            signal.signal(number, usual[number])
            os.kill(os.getpid(), number)
        stopped_at = min(stopped_at, time.monotonic())
        run.stop()

    for number in INTERRUPTIONS:
        signal.signal(number, stop)


def end_with_input() -> None:
    """Ends this process group once standard input closes: when the process at its other end is gone."""

    def wait() -> None:
        # Not by `sys.stdin`, whose lock a forked process would find taken.
        while os.read(0, 1):
            pass
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def run_child(rank: int, options: argparse.Namespace, rendezvous: str) -> None:
    stop_with_parent()
    run_and_exit(lambda: explained(lambda: run_process(rank, options, rendezvous)))


def stop_with_parent() -> None:
    """Interrupts this process when the one that has started it is gone."""

    def wait() -> None:
        multiprocessing.parent_process().join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def run_processes(options: argparse.Namespace, rendezvous: str) -> int:
    """One process per GPU, which are stopped with this one. Returns the exit status."""
    spawning = multiprocessing.get_context("spawn")
    children = [
        spawning.Process(target=run_child, args=(rank, options, rendezvous))
        for rank in range(options.processes)
    ]
    for child in children:
        child.start()

    def pass_on(number: int, _) -> None:
        for child in children:
            if child.is_alive():
                os.kill(child.pid, number)

    for number in INTERRUPTIONS:
        signal.signal(number, pass_on)
    return wait_for(children)


def wait_for(children: List[multiprocessing.Process]) -> int:
    """Until all have ended, or one has failed, without which the others would wait for ever: they are
    killed. Returns the exit status.
    """
    left = {child.sentinel: child for child in children}
    while left:
        ended = [left.pop(sentinel) for sentinel in multiprocessing.connection.wait(list(left))]
        for child in ended:
            child.join()
        # One that was killed comes first: others fail where they miss it.
        failures = sorted(child.exitcode for child in ended if child.exitcode != 0)
        if not failures:
            continue
        for other in left.values():
            other.kill()
        if failures[0] > 0:
            # It has said why.
            return failures[0]
        number = -failures[0]
        if number not in INTERRUPTIONS:
            print(
                f"unblur: one of the processes was ended by signal {number} ({signal.strsignal(number)}).",
                file=sys.stderr,
            )
        return 128 + number
    return 0


def explained(work: Callable[[], Any]) -> int:
    """The exit status of work that says what is wrong in one line."""
    try:
        return work() or 0
    except (ValueError, OSError) as error:
        print(f"unblur: {error}", file=sys.stderr)
        return 1
    except torch.cuda.OutOfMemoryError as error:
        print(
            f"unblur: the GPU has too little memory: {error}\nTake a smaller `batchSize`, `sizePixels` or "
            "`device.samples`.",
            file=sys.stderr,
        )
        return 1


def make_trial(plan: Dict[str, Any], on_processor: bool) -> None:
    """The same run at a size at which a processor can try it, there in float32; a GPU tries the precision of
    the run.
    """
    plan["stages"] = plan["trialStages"]
    plan["torch"] = {**plan["torch"], "compile": False}
    if on_processor:
        plan["torch"]["precision"] = "float32"
    plan["device"] = {**plan["device"], "samples": 64, "firstSamples": 16, "madeAtOnce": 4}
    plan["every"] = {name: 25 for name in plan["every"]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", help="folder with all files of the packed run")
    parser.add_argument("out", help="folder of the run; what is there is gone on with")
    parser.add_argument("--minutes", type=float, help="how long the run takes, instead of its own minutes")
    parser.add_argument("--processes", type=int, default=1, help="one per GPU; each takes whole batches")
    parser.add_argument("--threads", type=int, help="of the processor, where there is no GPU")
    parser.add_argument(
        "--trial",
        action="store_true",
        help="with small crops and batches, to see on a processor that all is right; in OUT/trial",
    )
    parser.add_argument(
        "--end-with-input",
        action="store_true",
        help="end at once, with the whole process group, when standard input closes",
    )
    options = parser.parse_args()
    if options.end_with_input:
        end_with_input()

    def run() -> int:
        if options.minutes is not None and not 0 < options.minutes < math.inf:
            raise ValueError(f"Expected minutes above 0 but received {options.minutes}.")
        if not 1 <= options.processes <= MOST_PROCESSES:
            raise ValueError(
                f"Expected from 1 to {MOST_PROCESSES} processes but received {options.processes}."
            )
        if options.processes == 1:
            run_process(0, options, rendezvous="")
            return 0
        with tempfile.TemporaryDirectory() as folder:
            return run_processes(options, os.path.join(folder, "rendezvous"))

    return explained(run)


if __name__ == "__main__":
    run_and_exit(main)
