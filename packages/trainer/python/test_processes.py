"""Processes that train together: what one meets, all take alike, and none waits for one that is gone."""

import math
import multiprocessing
import os
import signal
import tempfile
import time
import unittest

import numpy
import torch
from unblur_torch.adam import AdamOptions
from unblur_torch.device_command import wait_for
from unblur_torch.devices import join_processes, run_and_exit
from unblur_torch.learner import Learner, LearnerOptions
from unblur_torch.onnx_file import Graph, Node

PROCESSES = 2
spawning = multiprocessing.get_context("spawn")


def open_mean_learner():
    """Whose loss is the mean of the picture times the weight."""
    graph = Graph(
        [
            Node("Mul", ("blurred", "gain"), ("brighter",)),
            Node("ReduceMean", ("brighter", "axes"), ("loss.total",), {"keepdims": 0}),
        ],
        {"axes": numpy.array([0, 1, 2, 3])},
        {"gain": (1,), "blurred": (1, 2, 2, 3)},
        {"loss.total": ()},
    )
    options = LearnerOptions(
        bfloat16=False,
        channels_last=False,
        compile=False,
        optimizer=AdamOptions(0.9, 0.999, 1e-8, 0, None),
        ema_decay=0.9,
    )
    learner = Learner(graph, graph, [["gain"]], [], options, torch.device("cpu"))
    learner.load({"weights/gain": numpy.ones(1, numpy.float32)})
    return learner


def meet_infinity(rank, rendezvous, said):
    join_processes(torch.device("cpu"), rank, PROCESSES, rendezvous)
    learner = open_mean_learner()
    for value in (0.5 + rank, math.inf if rank == 1 else 0.5, 0.25):
        try:
            terms, _ = learner.update({"blurred": torch.full((1, 2, 2, 3), value)}, [0.0], 1)
            said.put((rank, terms["total"]))
        except ValueError as error:
            said.put((rank, str(error)))
    said.close()
    said.join_thread()
    run_and_exit(lambda: 0)


def end_with(status):
    run_and_exit(lambda: status)


def fail():
    run_and_exit(lambda: [][0])


def sleep():
    time.sleep(600)


def start(work, *options):
    process = spawning.Process(target=work, args=options, daemon=True)
    process.start()
    return process


class ProcessesTest(unittest.TestCase):
    def test_a_loss_that_is_not_finite_in_one_is_not_in_any(self):
        said = spawning.Queue()
        with tempfile.TemporaryDirectory() as folder:
            rendezvous = os.path.join(folder, "rendezvous")
            children = [start(meet_infinity, rank, rendezvous, said) for rank in range(PROCESSES)]
            rows = [said.get(timeout=120) for _ in range(3 * PROCESSES)]
            self.assertEqual(wait_for(children), 0)
        for rank in range(PROCESSES):
            values = [value for other, value in rows if other == rank]
            self.assertEqual(values[::2], [1, 0.25])
            self.assertEqual(values[1], "Expected a finite loss but its term 'total' is inf.")

    def test_a_failure_ends_the_others(self):
        for failing, expected in (
            (lambda: start(end_with, 3), 3),
            (lambda: start(fail), 1),
            (lambda: self.ended(signal.SIGKILL), 128 + signal.SIGKILL),
            (lambda: self.ended(signal.SIGINT), 128 + signal.SIGINT),
        ):
            other = start(sleep)
            self.assertEqual(wait_for([other, failing()]), expected)
            other.join(60)
            self.assertEqual(other.exitcode, -signal.SIGKILL)

    def ended(self, number):
        child = start(sleep)
        os.kill(child.pid, number)
        return child

    def test_one_that_is_done_ends_no_other(self):
        self.assertEqual(wait_for([start(end_with, 0), start(end_with, None)]), 0)


if __name__ == "__main__":
    unittest.main()
