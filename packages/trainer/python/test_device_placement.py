"""What would fail, or wait, on a GPU: see `pretended_gpu_test_tool.py`."""

import contextlib
import io
import json
import os
import tempfile
import threading
import unittest
from types import SimpleNamespace
from unittest import mock

import numpy
import torch

import test_sample_pool
import test_synthesis
from pretended_gpu_test_tool import GPU, OnGpu, pretended_gpu
from unblur_torch import device_run, run_results
from source_options_test_tool import source_of, windows_of
from unblur_torch.batches import BatchMaker
from unblur_torch.onnx_file import Graph, Node
from unblur_torch.parameter_layout import ParameterLayout
from unblur_torch.run_folder import RunFolder
from unblur_torch.sample_pool import PoolOptions, SamplePool
from unblur_torch.scores import Sample
from unblur_torch.synthesis import image_bank, open_source, open_window_source
from unblur_torch.synthesis.exposure import RENDERS_AT_ONCE

CPU = torch.device("cpu")
SIZE, FRAMES = 32, 5
DEGRADED = {"augmentation": {"noiseSigma": [0.01, 0.02], "jpegQuality": [60, 90], "jpegShare": 0.5}}
VIDEO = {
    f"street/{index}.png": test_synthesis.png(pixels) for index, pixels in enumerate(test_synthesis.clip())
}
PAIRS = test_synthesis.RecordedPairs.IMAGES
RENDERED = {
    kind: {
        **test_synthesis.RICH,
        **test_synthesis.MOVING[kind],
        **DEGRADED,
        "sparseShare": 0.5,
        "sharpShare": 0.2,
    }
    for kind in ("panorama", "layers")
}
SOFT_VIDEO = {**DEGRADED, "softnessPixels": [0, 1], "averaging": "linear-srgb", "sharpShare": 0.3}
SOURCES = {
    "panorama": (RENDERED["panorama"], test_synthesis.PANORAMAS),
    "panorama in part": (
        {"coverageDegrees": 180, "fieldOfViewDegrees": [10, 10], "photoPixels": SIZE, "angleDegrees": [1, 2]},
        {"part.png": test_synthesis.png(test_synthesis.smooth_pixels(200, 60))},
    ),
    "layers": ({**RENDERED["layers"], "shrink": [1, 3]}, test_synthesis.STILLS),
    "video": (SOFT_VIDEO, VIDEO),
    "pairs": (DEGRADED, PAIRS),
}
WINDOWS = {
    "windows of videos": ({"softnessPixels": [0, 1], "averaging": "linear-gamma-2.2"}, VIDEO),
    "windows of small videos": (
        {},
        {name: test_synthesis.png(numpy.full((20, 60, 3), 90, numpy.uint8)) for name in VIDEO},
    ),
    "windows of pairs": ({}, PAIRS),
    **{f"windows of {kind}": ({"kind": kind, **RENDERED[kind]}, SOURCES[kind][1]) for kind in RENDERED},
}


def make(name, device, count=4):
    """Two batches of samples; what is done when a source is opened, or first used, is not of the second."""
    if name in WINDOWS:
        options, images = WINDOWS[name]
        source, open_one = windows_of(**options), open_window_source
    else:
        options, images = SOURCES[name]
        source, open_one = source_of(name.split()[0], **options), open_source
    opened = open_one(source, images, size_pixels=SIZE, frames=FRAMES, device=device, seed=1, workers=1)
    generator = torch.Generator().manual_seed(3)
    yield opened.make(count, generator)
    yield opened.make(count, generator)


# As many pictures are added up at once as on a GPU, to the same last digit.
@mock.patch.dict(RENDERS_AT_ONCE, cpu=RENDERS_AT_ONCE["cuda"])
@mock.patch.object(image_bank, "MASKS_PER_SHAPE", 4)
class SamplesTest(unittest.TestCase):
    def test_are_those_of_the_processor_and_nothing_waits_while_they_are_made(self):
        for name in [*SOURCES, *WINDOWS]:
            with self.subTest(name), pretended_gpu() as gpu:
                batches = make(name, GPU)
                first = next(batches)
                gpu.waits.clear()
                second = next(batches)
                self.assertEqual(dict(gpu.waits), {})
                for there, here in zip((first, second), make(name, CPU)):
                    for part, values in vars(here).items():
                        if values is not None:
                            self.assertIsInstance(getattr(there, part), OnGpu, part)
                            self.assertTrue(torch.equal(getattr(there, part).cpu(), values), part)


class BatchesTest(unittest.TestCase):
    SHAPES = {
        "blurred": (4, 8, 8, 3),
        "frames": (4, 3, 8, 8, 3),
        "times": (3,),
        "motionPixels": (4, 8, 8, 2),
        "motionsPixels": (4, 3, 2, 2, 2),
        "motionKnown": (4,),
        "orderKnown": (4,),
        "framesKnown": (4, 3),
        "gt": (4, 1, 8, 8, 3),
    }

    def draw(self, device, shapes, canonical=True, **options):
        options = {"samples": 4, "colour_gain": 0.1, "noise_sigma": 0, "softness_pixels": 0.5, **options}
        pool = SamplePool(PoolOptions(**options), device)
        samples = test_sample_pool.moving_samples()
        pool.add(SimpleNamespace(**{name: values.to(device) for name, values in vars(samples).items()}))
        batches = BatchMaker(shapes, frames=3)
        return lambda: batches.make(pool, torch.Generator().manual_seed(1), canonical)

    def test_are_those_of_the_processor_and_nothing_waits_while_they_are_drawn(self):
        for canonical in (False, True):
            with pretended_gpu() as gpu:
                draw = self.draw(GPU, self.SHAPES, canonical)
                gpu.waits.clear()
                there = draw()
                self.assertEqual(dict(gpu.waits), {})
                for name, values in self.draw(CPU, self.SHAPES, canonical)().items():
                    self.assertIsInstance(there[name], OnGpu, name)
                    self.assertTrue(torch.equal(there[name].cpu(), values), name)

    def test_what_is_drawn_pixel_by_pixel_is_drawn_on_the_gpu(self):
        with pretended_gpu() as gpu:
            draw = self.draw(GPU, {**self.SHAPES, "randomMask": (4, 8, 8, 1)}, noise_sigma=0.1)
            gpu.waits.clear()
            batch = draw()
            self.assertEqual(dict(gpu.waits), {})
            self.assertEqual(batch["randomMask"].sum((1, 2, 3)).tolist(), [6] * 4)
            self.assertGreater((batch["blurred"] - batch["frames"][:, 1]).std().item(), 0.01)


class TinyRun:
    """What a packed run holds, of a network of two convolutions that sharpens by bfloat16."""

    BATCH = 4

    def __init__(self, steps=6, rate=0.01, **plan):
        self.plan = {
            "seed": 1,
            "steps": steps,
            "minutes": None,
            "frames": 3,
            "windows": False,
            "canonicalShare": 0.5,
            "stages": [
                {
                    "until": until,
                    "graph": "step",
                    "batchSize": self.BATCH,
                    "groups": [{"weights": [name], "rates": [rate, rate]} for name in ("first", "second")],
                }
                for until in (0.5, 1)
            ],
            "weights": ["first", "second"],
            "restoration": "restoration",
            "optimizer": {"beta1": 0.9, "beta2": 0.99, "epsilon": 1e-8, "weightDecay": 0.01, "clipNorm": 1},
            "emaDecay": 0.9,
            "torch": {"precision": "bfloat16", "channelsLast": True, "compile": False},
            "device": {
                "samples": 8,
                "sizePixels": SIZE,
                "reuse": 2,
                "firstSamples": 4,
                "madeAtOnce": 2,
                "colourGain": 0.1,
                "noiseSigma": 0,
                "softnessPixels": 0,
            },
            "validationSet": "a set",
            "every": {"validation": 4, "checkpoint": 4},
            "sources": [
                {"weight": 1, "options": source_of("panorama", **test_synthesis.MOVING["panorama"])},
            ],
            **plan,
        }

    def graph(self, name):
        batch = 1 if name == "restoration" else self.BATCH
        image = lambda count: (count, 16, 16, 3)
        nodes = [
            Node("Transpose", ("blurred",), ("x",), {"perm": [0, 3, 1, 2]}),
            Node("Conv", ("x", "first"), ("y",), {"pads": [1, 1, 1, 1]}),
            Node("LeakyRelu", ("y",), ("z",), {"alpha": 0.1}),
            Node("Conv", ("z", "second"), ("w",), {"pads": [1, 1, 1, 1]}),
            Node("Transpose", ("w",), ("restored",), {"perm": [0, 2, 3, 1]}),
        ]
        constants, inputs = {"axes": numpy.arange(4)}, {"blurred": image(batch)}
        if name == "restoration":
            outputs = {f"frame{index}": image(1) for index in range(3)}
            nodes += [Node("Identity", ("restored",), (frame,)) for frame in outputs]
        else:
            constants.update(
                begin=numpy.array([1]), end=numpy.array([2]), axis=numpy.array([1]), step=numpy.array([1])
            )
            constants["middle"] = numpy.array(image(batch))
            constants["emphasis"] = numpy.linspace(1, 2, 16, dtype=numpy.float32).reshape(16, 1)
            inputs["frames"] = (batch, 3, 16, 16, 3)
            outputs = {"loss.total": (), "loss.photometric": ()}
            nodes += [
                Node("Slice", ("frames", "begin", "end", "axis", "step"), ("sliced",)),
                Node("Reshape", ("sliced", "middle"), ("truth",)),
                Node("Sub", ("restored", "truth"), ("difference",)),
                Node("Abs", ("difference",), ("error",)),
                Node("Mul", ("error", "emphasis"), ("emphasised",)),
                Node("ReduceMean", ("emphasised", "axes"), ("loss.photometric",), {"keepdims": 0}),
                Node("Identity", ("loss.photometric",), ("loss.total",)),
            ]
        weights = {"first": (5, 3, 3, 3), "second": (3, 5, 3, 3)}
        return Graph(nodes, constants, {**weights, **inputs}, outputs)

    def starting_weights(self):
        random = numpy.random.default_rng(1)
        return {
            name: random.normal(0, 0.1, shape).astype(numpy.float32)
            for name, shape in (("first", (5, 3, 3, 3)), ("second", (3, 5, 3, 3)))
        }

    def images(self, source):
        return test_synthesis.PANORAMAS

    def validation(self, device):
        picture = torch.from_numpy(test_synthesis.smooth_pixels(16, 16) / numpy.float32(255)).to(device)
        return [Sample(picture[None], picture, picture.expand(3, -1, -1, -1))]


def train(archive, folder, device):
    """Returns progress, the log's rows and the checkpoint."""
    out = RunFolder(folder)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        progress = device_run.DeviceRun(archive, out, device, rank=0, minutes=None).train()
    with open(os.path.join(folder, "results", "metrics.jsonl"), encoding="utf-8") as file:
        return progress, [json.loads(line) for line in file], out.read_checkpoint()[0]


class RunTest(unittest.TestCase):
    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.folder = stack.enter_context(tempfile.TemporaryDirectory())
        self.gpu = stack.enter_context(pretended_gpu())

    def test_trains_as_on_the_processor_goes_on_and_leaves_no_thread(self):
        before = threading.active_count()
        # In bfloat16 a processor computes less (`has_odd_channels`).
        full = {"torch": {"precision": "float32", "channelsLast": True, "compile": False}}
        progress, rows, state = train(TinyRun(steps=4, **full), self.folder, GPU)
        self.assertEqual((progress.step, progress.done), (4, 1))
        progress, rows, state = train(TinyRun(steps=8, **full), self.folder, GPU)
        self.assertEqual((progress.step, progress.done, progress.setbacks), (8, 1, 0))
        self.assertEqual([row["step"] for row in rows if row["kind"] == "validation"], [4, 8])
        self.assertEqual(threading.active_count(), before)

        with tempfile.TemporaryDirectory() as folder:
            train(TinyRun(steps=4, **full), folder, CPU)
            _, _, expected = train(TinyRun(steps=8, **full), folder, CPU)
        for name, values in expected.items():
            numpy.testing.assert_allclose(state[name], values, rtol=1e-3, atol=1e-5, err_msg=name)

    def test_a_step_that_is_not_looked_at_waits_for_nothing(self):
        waits = []
        for steps in (10, 20):
            self.gpu.waits.clear()
            train(TinyRun(steps, every={"validation": 100, "checkpoint": 100}), f"{self.folder}/{steps}", GPU)
            waits.append(dict(self.gpu.waits))
        self.assertEqual(*waits)

    def test_goes_back_after_a_loss_that_is_not_finite_and_keeps_no_weights_that_are_not(self):
        written, write = [], RunFolder.write_checkpoint

        def look_and_write(out, state, progress):
            written.append(all(numpy.isfinite(values).all() for values in state.values()))
            write(out, state, progress)

        with mock.patch.object(RunFolder, "write_checkpoint", look_and_write):
            every = {"validation": 100, "checkpoint": 2}
            _, rows, _ = train(TinyRun(steps=6, rate=1e37, every=every), self.folder, GPU)
        self.assertIn("setback", [row["kind"] for row in rows])
        self.assertEqual(written, [True] * 5)
        with mock.patch.object(device_run, "LOOK_EVERY_STEPS", 1):
            with self.assertRaisesRegex(ValueError, "a finite loss but it was not 9 times"):
                train(TinyRun(steps=60, rate=1e37), f"{self.folder}/looked", GPU)

    def test_goes_on_without_what_cannot_be_compiled_in_every_stage(self):
        def compiled(program, wanted):
            def fail(*_):
                raise RuntimeError("backend='inductor' raised:\nno compiler\n\nSet TORCH_LOGS")

            return fail if wanted else program

        with mock.patch("unblur_torch.learner.optional_compile", compiled):
            archive = TinyRun(torch={"precision": "float32", "channelsLast": True, "compile": True})
            with mock.patch.object(device_run.DeviceRun, "_say") as say:
                progress, _, _ = train(archive, self.folder, GPU)
        self.assertEqual(progress.step, 6)
        said = [call.args[0] for call in say.call_args_list if "compile" in call.args[0]]
        reason = "torch.compile failed, so the run goes on without it: backend='inductor' raised: no compiler"
        self.assertEqual(said, [reason] * 2)

    def test_every_weight_begins_where_cudnn_reads_16_bytes_at_once(self):
        layout = ParameterLayout(TinyRun().graph("step"), ["second", "first"], channels_last=True)
        weights = TinyRun().starting_weights()
        vector = layout.flatten(weights)
        for view in layout.views(vector).values():
            self.assertEqual(view.storage_offset() % 8, 0)
        self.assertEqual(
            [(part.start, part.stop) for part in layout.slices([["second"], ["first"]])],
            [(0, 136), (136, 272)],
        )
        for name, values in layout.unflatten(vector).items():
            numpy.testing.assert_array_equal(values, weights[name].reshape(-1))

    def test_a_run_that_writes_checkpoints_rarely_writes_one_after_a_while(self):
        rare = {"validation": 100, "checkpoint": 100}
        with mock.patch.multiple(device_run, LOOK_EVERY_STEPS=2, MOST_SECONDS_BETWEEN_CHECKPOINTS=0.0):
            with mock.patch.object(RunFolder, "write_checkpoint", autospec=True) as write:
                write.side_effect = [None, None, OSError("the machine was taken away")]
                with self.assertRaises(OSError):
                    train(TinyRun(steps=20, every=rare), self.folder, GPU)
        self.assertEqual([call.args[2]["step"] for call in write.call_args_list], [2, 4, 6])
        self.assertIn("weights-0.part", os.listdir(os.path.join(self.folder, "results")))

    def test_a_run_that_is_stopped_is_kept_before_it_is_scored(self):
        stop = lambda run, looks: run.stop()
        with mock.patch.object(device_run.DeviceRun, "_agree_on_time", stop):
            with mock.patch.object(run_results, "score", side_effect=OSError("killed")):
                with self.assertRaisesRegex(OSError, "killed"):
                    train(TinyRun(), self.folder, GPU)
        _, progress = RunFolder(self.folder).read_checkpoint()
        self.assertEqual(progress["step"], 1)

    def test_a_run_that_is_stopped_before_its_first_step_leaves_nothing(self):
        with mock.patch.object(device_run.DeviceRun, "_fill", lambda run, pool: run.stop()):
            run = device_run.DeviceRun(TinyRun(), RunFolder(self.folder), GPU, 0, None)
            with contextlib.redirect_stderr(io.StringIO()) as said:
                self.assertEqual(run.train().step, 0)
        self.assertEqual(said.getvalue().splitlines()[-1], "stopped before the first step")
        self.assertIsNone(RunFolder(self.folder).read_checkpoint())

    def test_what_making_samples_raises_ends_the_run(self):
        sources = [{"weight": 1, "options": source_of("panorama", angleDegrees=[150, 179], stepPixels=0.01)}]
        with self.assertRaisesRegex(ValueError, "at most 4096 rendered frames"):
            train(TinyRun(sources=sources), self.folder, GPU)


class PretendedGpuTest(unittest.TestCase):
    """What CUDA refuses is refused, what it allows is not, and what waits is counted."""

    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.gpu = stack.enter_context(pretended_gpu())
        self.here, self.there = torch.arange(6.0), torch.arange(6.0, device=GPU)

    def test_devices_do_not_mix(self):
        index = torch.tensor([1], device=GPU)
        for mixes in (
            lambda: self.here + self.there,
            lambda: torch.stack([self.here, self.there]),
            lambda: torch.cat([self.there[:1], torch.zeros(1)]),
            lambda: torch.where(self.here > 1, self.there, 0.0),
            lambda: self.here[index],
            lambda: self.there.__setitem__([1], self.here[:1]),
            lambda: self.there.index_select(0, torch.tensor([1])),
            lambda: torch.nn.functional.conv1d(self.there[None, None], torch.ones(1, 1, 1)),
            lambda: torch.rand(2, device=GPU, generator=torch.Generator()),
            lambda: torch.rand(2, generator=torch.Generator(GPU)),
            lambda: self.there.normal_(generator=torch.Generator()),
            lambda: torch.zeros_like(self.there).addcmul_(self.here, self.here),
        ):
            self.assertRaises(RuntimeError, mixes)
        self.assertRaises(TypeError, self.there.numpy)
        self.assertRaises(TypeError, numpy.asarray, self.there)
        for values in (
            self.there + torch.tensor(1.0),
            self.there[torch.tensor([1])],
            torch.zeros_like(self.here, device=GPU),
            torch.zeros_like(self.there),
            self.here.to(self.there),
            next(iter(self.there)),
            torch.topk(self.there, 2).values,
        ):
            self.assertIsInstance(values, OnGpu)
        self.assertNotIsInstance(torch.zeros_like(self.there, device="cpu"), OnGpu)
        self.assertTrue(torch.equal(self.there.cpu(), self.here))

    def test_gradients_are_there_too(self):
        weights = torch.ones(6, device=GPU).requires_grad_()
        (weights * self.there).square().sum().backward()
        self.assertIsInstance(weights.grad, OnGpu)
        self.assertEqual(weights.grad.tolist(), (2 * self.here**2).tolist())

    def test_waits_are_counted(self):
        mask = self.there > 2
        for kind, wait in (
            ("read back", lambda: self.there[0].item()),
            ("read back", lambda: bool(mask.any())),
            ("read back", lambda: self.there.tolist()),
            ("read back", lambda: self.there.cpu()),
            ("blocking copy", lambda: torch.tensor([1.0], device=GPU)),
            ("blocking copy", lambda: self.here.to(GPU)),
            ("blocking copy", lambda: self.there.copy_(self.here)),
            ("result of unknown size", lambda: self.there[mask]),
            ("result of unknown size", lambda: mask.nonzero()),
            ("index of the processor", lambda: self.there[[0, 1]]),
        ):
            self.gpu.waits.clear()
            wait()
            self.assertEqual([kind for kind, _ in self.gpu.waits.elements()], [kind])
        self.gpu.waits.clear()
        self.here.to(GPU, non_blocking=True).mul_(2).clamp(min=torch.tensor(0.0))[1:].sum()
        self.assertEqual(dict(self.gpu.waits), {})

    def test_a_stream_waits_for_what_another_one_writes(self):
        other = torch.cuda.Stream(GPU)
        with torch.cuda.stream(other):
            self.assertRaisesRegex(RuntimeError, "nothing makes it wait", lambda: self.there * 2)
        other.wait_event(torch.cuda.current_stream().record_event())
        with torch.cuda.stream(other):
            doubled = self.there * 2
        self.assertRaises(RuntimeError, lambda: doubled + 1)
        torch.cuda.current_stream().wait_event(other.record_event())
        self.assertEqual((doubled + 1).sum().item(), 36)


if __name__ == "__main__":
    unittest.main()
