"""Times the PyTorch network, one run for every line on standard input. See README.md.

    peer.py restore|train --weights W.safetensors --inputs I.safetensors --results R.bin --threads N [--loss JSON --optimizer JSON]

The first line of output is a JSON object that says what is run and what its results are; each further line is
{"milliseconds": ...} of one run. Restored frames are left in the results file as float32 [frames, height, width, 3].
"""

import argparse
import json
import statistics
import sys
import time

import numpy
import torch

from blur_to_video import read_network, read_safetensors
from training_loss import photometric_total

WARM_UP_RUNS = 2
RUNS_PER_LAYOUT = 3
LAYOUTS = {"channels first": torch.contiguous_format, "channels last": torch.channels_last}


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    open_work = {"restore": open_restoration, "train": open_training}[arguments.work]
    results, works = None, {}
    for layout, memory_format in LAYOUTS.items():
        results_of_layout, works[layout] = open_work(arguments, memory_format)
        results = results or results_of_layout
    milliseconds = {layout: milliseconds_after_warm_up(run) for layout, run in works.items()}
    fastest = min(milliseconds, key=milliseconds.get)
    reply({"torch": torch.__version__, "layout": fastest, "layoutMilliseconds": milliseconds, **results})
    for _ in sys.stdin:
        reply({"milliseconds": milliseconds_of(works[fastest])})


def open_restoration(arguments, memory_format):
    network = read_network(arguments.weights)
    set_kernel_layout(network, memory_format)
    inputs, _ = read_safetensors(arguments.inputs)
    blurred = torch.from_numpy(inputs["blurred"]).permute(0, 3, 1, 2).contiguous(memory_format=memory_format)

    def run():
        with torch.inference_mode():
            decoded = network(blurred)
            return [frame.images[0].clamp(0, 1) for frame in decoded], [frame.motion_pixels for frame in decoded]

    frames, _ = run()
    numpy.stack([frame[0].permute(1, 2, 0).numpy() for frame in frames]).astype("<f4").tofile(arguments.results)
    return {}, run


def open_training(arguments, memory_format):
    loss_config, optimizer_config = json.loads(arguments.loss), json.loads(arguments.optimizer)
    network = read_network(arguments.weights)
    set_kernel_layout(network, memory_format)
    inputs, _ = read_safetensors(arguments.inputs)
    blurred = torch.from_numpy(inputs["blurred"]).permute(0, 3, 1, 2).contiguous(memory_format=memory_format)
    gt = torch.from_numpy(inputs["frames"]).permute(0, 1, 4, 2, 3).contiguous()
    parameters = list(network.parameters())
    adam = torch.optim.Adam(
        parameters,
        lr=optimizer_config["learningRate"],
        betas=(optimizer_config["beta1"], optimizer_config["beta2"]),
        eps=optimizer_config["epsilon"],
    )
    clip_norm = optimizer_config["clipNorm"] or float("inf")

    def run():
        adam.zero_grad(set_to_none=True)
        loss = photometric_total(network(blurred), gt, network.config, loss_config)
        loss.backward()
        gradient_norm = torch.nn.utils.clip_grad_norm_(parameters, clip_norm)
        adam.step()
        return loss, gradient_norm

    loss, gradient_norm = run()
    return {"loss": loss.item(), "gradientNorm": gradient_norm.item()}, run


def set_kernel_layout(network, memory_format):
    for parameter in network.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=memory_format)


def milliseconds_after_warm_up(run):
    for _ in range(WARM_UP_RUNS):
        run()
    return statistics.median(milliseconds_of(run) for _ in range(RUNS_PER_LAYOUT))


def milliseconds_of(run):
    start = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - start)


def reply(message):
    print(json.dumps(message), flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("work", choices=["restore", "train"])
    for path in ("--weights", "--inputs", "--results"):
        parser.add_argument(path, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--loss")
    parser.add_argument("--optimizer")
    return parser.parse_args()


main()
