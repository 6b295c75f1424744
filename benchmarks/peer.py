"""Times PyTorch, one run for every line on standard input. See README.md.

    peer.py restore --weights W.safetensors --inputs I.safetensors --results R.bin --frames 7 --threads N
    peer.py train --weights W.safetensors --inputs I.safetensors --loss JSON --optimizer JSON --threads N
    peer.py matrix-product --size 2048 --threads N

The first line of output is a JSON object that says what is run and what its results are; each further line is
{"milliseconds": ...} of one run. Of a restoration, the frames [frames, height, width, 3], not clamped, and
behind them the trajectory [height / 4, width / 4, 6] of the grown photograph are left in the results file as
float32.
"""

import argparse
import functools
import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F

from photo_network import (
    CONSISTENCY_TIMES,
    MULTIPLE,
    consistency_correction,
    displacement_at,
    read_photo_network,
)
from training_loss import photometric_total
from weight_file import read_safetensors

WARM_UP_RUNS = 2
RUNS_PER_WAY = 3
LAYOUTS = {"channels first": torch.contiguous_format, "channels last": torch.channels_last}


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    results, run = {
        "restore": open_restoration,
        "train": open_training,
        "matrix-product": open_matrix_product,
    }[arguments.work](arguments)
    reply({"torch": torch.__version__, **results})
    for _ in sys.stdin:
        reply({"milliseconds": milliseconds_of(run)})


def open_restoration(arguments):
    inputs, _ = read_safetensors(arguments.inputs)
    times = [
        (2 * index - (arguments.frames - 1)) / (arguments.frames - 1) for index in range(arguments.frames)
    ]

    made = [*CONSISTENCY_TIMES, *(time for time in times if time not in CONSISTENCY_TIMES)]

    def open_in_layout(memory_format):
        network = read_photo_network(arguments.weights).to(memory_format=memory_format)
        photo = (
            torch.from_numpy(inputs["blurred"]).permute(0, 3, 1, 2).contiguous(memory_format=memory_format)
        )
        height, width = photo.shape[2:]

        def restore(at_once):
            with torch.inference_mode():
                padded = F.pad(photo, (0, -width % MULTIPLE, 0, -height % MULTIPLE), mode="reflect")
                frames, scene = network.restore(padded, made, at_once)
                correction = consistency_correction(padded, frames[: len(CONSISTENCY_TIMES)])
                wanted = [frames[made.index(time)] + correction for time in times]
                return [frame[:, :, :height, :width] for frame in wanted], scene.trajectory

        def run(at_once):
            frames, trajectory = restore(at_once)
            with torch.inference_mode():
                return [frame.clamp(0, 1) for frame in frames], [
                    -displacement_at(trajectory, time) for time in times
                ]

        return restore, run

    works = {layout: open_in_layout(memory_format) for layout, memory_format in LAYOUTS.items()}
    restore, _ = works["channels first"]
    frames, trajectory = restore(at_once=False)
    with open(arguments.results, "wb") as file:
        for result in [*frames, trajectory]:
            result[0].permute(1, 2, 0).contiguous().numpy().astype("<f4").tofile(file)
    ways = {}
    for layout, (_, run) in works.items():
        ways[f"{layout}, frame by frame"] = functools.partial(run, at_once=False)
        ways[f"{layout}, frames as a batch"] = functools.partial(run, at_once=True)
    return fastest_way(ways)


def open_training(arguments):
    loss_config, optimizer_config = json.loads(arguments.loss), json.loads(arguments.optimizer)
    inputs, _ = read_safetensors(arguments.inputs)
    gt = torch.from_numpy(inputs["frames"]).permute(0, 1, 4, 2, 3).contiguous()
    count = gt.shape[1]
    times = [(2 * index - (count - 1)) / (count - 1) for index in range(count)]

    def open_in_layout(memory_format):
        network = read_photo_network(arguments.weights).to(memory_format=memory_format)
        blurred = (
            torch.from_numpy(inputs["blurred"]).permute(0, 3, 1, 2).contiguous(memory_format=memory_format)
        )
        parameters = list(network.parameters())
        adam = torch.optim.AdamW(
            parameters,
            lr=optimizer_config["learningRate"],
            betas=(optimizer_config["beta1"], optimizer_config["beta2"]),
            eps=optimizer_config["epsilon"],
            weight_decay=optimizer_config.get("weightDecay") or 0,
        )
        clip_norm = optimizer_config["clipNorm"] or float("inf")

        def run():
            adam.zero_grad(set_to_none=True)
            frames, _ = network.restore(blurred, times, at_once=True)
            loss = photometric_total(torch.stack(frames, 1), gt, loss_config)
            loss.backward()
            gradient_norm = torch.nn.utils.clip_grad_norm_(parameters, clip_norm)
            adam.step()
            return loss, gradient_norm

        return run

    works = {layout: open_in_layout(memory_format) for layout, memory_format in LAYOUTS.items()}
    loss, gradient_norm = works["channels first"]()
    description, run = fastest_way(works)
    return {**description, "loss": loss.item(), "gradientNorm": gradient_norm.item()}, run


def open_matrix_product(arguments):
    """As a convolution of single pixels: that is what oneDNN computes, where a plain product may go to a
    reference BLAS, as in Debian's PyTorch.
    """
    size = arguments.size
    left = torch.sin(torch.arange(size**2, dtype=torch.float32)).view(1, size, 1, size)
    right = left.view(size, size, 1, 1).clone()

    def run():
        with torch.inference_mode():
            F.conv2d(left, right)

    return fastest_way({"convolution": run})


def fastest_way(works):
    """How long each way to do it takes, and the one that takes least."""
    milliseconds = {way: milliseconds_after_warm_up(run) for way, run in works.items()}
    fastest = min(milliseconds, key=milliseconds.get)
    return {"way": fastest, "wayMilliseconds": milliseconds}, works[fastest]


def milliseconds_after_warm_up(run):
    for _ in range(WARM_UP_RUNS):
        run()
    return statistics.median(milliseconds_of(run) for _ in range(RUNS_PER_WAY))


def milliseconds_of(run):
    start = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - start)


def reply(message):
    print(json.dumps(message), flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("work", choices=["restore", "train", "matrix-product"])
    for name in ("--weights", "--inputs", "--results", "--loss", "--optimizer"):
        parser.add_argument(name)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--frames", type=int)
    parser.add_argument("--size", type=int)
    return parser.parse_args()


main()
