"""The parts of a packed run that need no graph. The whole of it is tried by the package's tests."""

import argparse
import json
import math
import os
import tempfile
import time
import types
import unittest
from unittest import mock

import numpy
import torch

from unblur_torch.contact_sheet import contact_sheet
from unblur_torch.device_command import make_trial, run_process
from unblur_torch.device_run import DeviceRun, rate_at
from unblur_torch.progress import Clock, Progress
from unblur_torch.replenished_pool import ReplenishedPool
from unblur_torch.run_folder import RunFolder
from unblur_torch.safetensors import read_safetensors
from unblur_torch.scores import Sample, psnr, score, ssim
from unblur_torch.synthesis.pictures import decode_pictures


class TrialTest(unittest.TestCase):
    def test_a_gpu_tries_the_precision_of_the_run(self):
        for on_processor, precision in ((True, "float32"), (False, "bfloat16")):
            plan = {
                "trialStages": ["small"],
                "torch": {"precision": "bfloat16", "channelsLast": True, "compile": True},
                "device": {"samples": 4096, "reuse": 6},
                "every": {"validation": 1500, "checkpoint": 1500},
            }
            make_trial(plan, on_processor)
            self.assertEqual(plan["torch"], {"precision": precision, "channelsLast": True, "compile": False})
            self.assertEqual((plan["stages"], plan["device"]["samples"]), (["small"], 64))


class OldTorchTest(unittest.TestCase):
    def test_a_torch_that_cannot_compile_is_refused_before_anything_is_read_or_written(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "plan.json"), "w", encoding="utf-8") as file:
                json.dump({"files": [], "threads": 1, "torch": {"compile": True}}, file)
            out = os.path.join(folder, "out")
            options = argparse.Namespace(
                archive=folder, out=out, trial=False, threads=1, processes=1, minutes=None
            )
            old_torch = types.SimpleNamespace(__version__="1.13.1")
            with mock.patch("unblur_torch.learner.torch", old_torch):
                with self.assertRaisesRegex(ValueError, "torch 2.0 or newer .* but this is 1.13.1"):
                    run_process(0, options, rendezvous="")
            self.assertFalse(os.path.exists(out))


class ScheduleTest(unittest.TestCase):
    def test_rates_are_linear_between_those_given(self):
        rates = [0.0, 1.0, 0.5]
        self.assertEqual(
            [rate_at(rates, share) for share in (-1, 0, 0.25, 0.5, 0.75, 1, 2)],
            [0, 0, 0.5, 1, 0.75, 0.5, 0.5],
        )

    def test_without_minutes_the_steps_count(self):
        clock = Clock(None, 200, 0.25)
        clock.begin()
        self.assertEqual([clock.done(step) for step in (50, 100, 300)], [0.25, 0.5, 1])

    def test_with_minutes_the_clock_counts_from_where_the_run_stood(self):
        clock = Clock(60, 200, 0.25)
        clock.begin()
        self.assertAlmostEqual(clock.done(150), 0.25, places=3)
        clock._began -= 30 * clock._training_seconds / 60
        self.assertAlmostEqual(clock.done(0), 0.625, places=3)

    def test_a_checkpoint_of_another_loop_says_less(self):
        progress = Progress.of({"step": 7, "samplesSeen": 28, "bestPsnr": None, "trainedSeconds": 3})
        self.assertEqual((progress.step, progress.rate_factor, progress.setbacks), (7, 1, 0))
        self.assertEqual(
            Progress.of(Progress(step=3, rate_factor=0.6).stored()), Progress(step=3, rate_factor=0.6)
        )
        self.assertEqual((progress.stage, progress.moment_steps), (None, None))

    def test_weights_that_begin_to_learn_count_their_steps_from_there(self):
        learned = [{"a"}, {"a"}, {"b"}]
        progress = Progress(step=100)
        self.assertEqual(
            [(progress.enter_stage(index, learned), progress.moment_steps) for index in (0, 1)],
            [(False, 100), (False, 100)],
        )
        self.assertTrue(progress.enter_stage(2, learned))
        self.assertEqual((progress.learning_steps, progress.moment_steps), (0, 0))
        progress.learning_steps = progress.moment_steps = 7
        resumed = Progress.of(progress.stored())
        self.assertFalse(resumed.enter_stage(2, learned))
        self.assertEqual(resumed.moment_steps, 7)

    def test_after_a_setback_moments_begin_anew_and_averages_go_on(self):
        progress = Progress(step=100)
        progress.enter_stage(0, [{"a"}])
        progress.set_back(0.5)
        self.assertEqual((progress.learning_steps, progress.moment_steps), (100, 0))
        self.assertEqual((progress.rate_factor, progress.setbacks), (0.5, 1))


class SpeedTest(unittest.TestCase):
    def test_the_time_that_scores_take_is_not_counted_as_training(self):
        seconds_of_scores = 0.2
        run = DeviceRun.__new__(DeviceRun)
        run._progress = Progress()
        run._plan = {"frames": 3, "canonicalShare": 0, "every": {"validation": 1, "checkpoint": 100}}
        run._device, run._random = torch.device("cpu"), torch.Generator()
        run._told_to_stop = False
        run._clock = mock.Mock(done=lambda step: step / 3)
        run._results = mock.Mock(saved_at=time.monotonic())
        run._results.validate.side_effect = lambda learner: time.sleep(seconds_of_scores)
        run._warm_up, run._rates = mock.Mock(), lambda stage: [0.1]
        run._update = lambda *arguments, look: [1.0]
        pool = mock.Mock(waited_seconds=0.0)
        with mock.patch("unblur_torch.device_run.BatchMaker", return_value=mock.Mock(count=4)):
            run._train_stage(mock.MagicMock(), pool, {"until": 1}, begins_run=False)
        self.assertEqual(run._results.validate.call_count, 3)
        for call in run._results.log_steps.call_args_list:
            before, now = call.args[4:]
            self.assertLess(now.at - before.at, seconds_of_scores)
        self.assertLess(run._progress.trained_seconds, seconds_of_scores)


class FakePool:
    def __init__(self):
        self.added = 0

    def add(self, samples):
        self.added += samples


class FakeStream:
    def __init__(self, ready=math.inf):
        self.ready = ready
        self.waits = 0

    def next(self, wait=True):
        if self.ready <= 0 and not wait:
            return None
        self.waits += self.ready <= 0
        self.ready -= 1
        return 4


class ReplenishedPoolTest(unittest.TestCase):
    def test_samples_are_seen_as_often_as_is_said(self):
        pool = FakePool()
        replenished = ReplenishedPool(pool, FakeStream(), reuse=3, most_reuse=3)
        told = []
        replenished.fill(8, told.append)
        self.assertEqual(told, [4, 8])
        first = pool.added
        for _ in range(300):
            replenished.keep_up(6)
        self.assertAlmostEqual((pool.added - first) * 3 / (300 * 6), 1, delta=0.02)
        self.assertAlmostEqual(replenished.seen, 3, delta=0.1)

    def test_samples_that_are_late_are_waited_for_when_those_there_were_seen_as_often_as_may_be(self):
        stream = FakeStream(ready=2)
        replenished = ReplenishedPool(FakePool(), stream, reuse=3, most_reuse=6)
        replenished.fill(8, lambda made: None)
        draws = 0
        while stream.waits == 0:
            replenished.keep_up(6)
            draws += 6
        # A batch on credit, each of its samples six times.
        self.assertEqual(draws, 6 * 6 + 6)


class ScoresTest(unittest.TestCase):
    def test_psnr_of_a_plain_difference(self):
        self.assertAlmostEqual(
            float(psnr(torch.full((1, 12, 12, 3), 0.6), torch.full((1, 12, 12, 3), 0.5))), 20, places=4
        )
        self.assertEqual(float(psnr(torch.ones(1, 12, 12, 3), torch.ones(1, 12, 12, 3))), 100)

    def test_ssim_of_plain_pictures_is_that_of_their_brightness(self):
        a, b, c1 = 0.25, 0.75, 1e-4
        value = float(ssim(torch.full((1, 16, 16, 3), a), torch.full((1, 16, 16, 3), b)))
        self.assertAlmostEqual(value, (2 * a * b + c1) / (a * a + b * b + c1), places=6)

    def test_a_sequence_is_scored_in_its_better_order(self):
        gt = torch.stack([torch.full((16, 16, 3), value) for value in (0.2, 0.4, 0.9)])
        sample = Sample(gt[1][None], gt[1], gt)
        scores = score(lambda _: [frame[None] + 0.01 for frame in gt.flip(0)], [sample], kept=1)
        self.assertAlmostEqual(scores.psnr["first"], 40, places=3)
        torch.testing.assert_close(scores.restored[0], gt + 0.01)
        self.assertAlmostEqual(scores.gain["first"], 40 + 10 * math.log10(0.04), places=3)


def read(path):
    with open(path, "rb") as file:
        return file.read()


class RunFolderTest(unittest.TestCase):
    def test_weights_come_in_pieces_that_make_one_file(self):
        with tempfile.TemporaryDirectory() as folder:
            out = RunFolder(folder, part_bytes=1000)
            values = numpy.linspace(-1, 1, 900, dtype=numpy.float32).reshape(30, 30)
            out.write_weights("best", {"a": values}, {"step": 3})
            names = sorted(os.listdir(os.path.join(folder, "results")))
            self.assertEqual(names, ["best-0.part", "best-1.part"])
            data = b"".join(read(os.path.join(folder, "results", name)) for name in names)
            tensors, metadata = read_safetensors(data)
            numpy.testing.assert_array_equal(tensors["a"], values.astype(numpy.float16))
            self.assertEqual(metadata["step"], "3")
            self.assertEqual(len(metadata["sha256"]), 64)

    def test_rows_after_the_last_checkpoint_are_dropped(self):
        with tempfile.TemporaryDirectory() as folder:
            out = RunFolder(folder)
            out.open_log(0)
            for step in (1, 2, 3):
                out.log({"step": step})
            RunFolder(folder).open_log(2)
            with open(os.path.join(folder, "results", "metrics.jsonl"), encoding="utf-8") as file:
                self.assertEqual(file.read(), '{"step": 1}\n{"step": 2}\n')


class ContactSheetTest(unittest.TestCase):
    def test_a_sheet_has_a_row_each_of_the_blurred_the_restored_and_the_true(self):
        grey = lambda level: torch.full((8, 8, 3), level / 255)
        sequence = lambda first: torch.stack([grey(first + frame) for frame in range(3)])
        png = contact_sheet([(grey(50), sequence(100), sequence(200))])
        sheet = decode_pictures({"sheet.png": png}, torch.device("cpu"), 1)["sheet.png"]
        self.assertEqual(tuple(sheet.shape), (3, 3 * 8 + 2 * 4, 3 * 8 + 2 * 4))
        levels = sheet[0, 4::12, 4::12]
        self.assertEqual(levels.tolist(), [[50, 50, 50], [100, 101, 102], [200, 201, 202]])
        self.assertEqual(sheet[0, 8:12].unique().tolist(), [255])


if __name__ == "__main__":
    unittest.main()
