"""A network that deblurs video, in PyTorch: the peer of the benchmark.

    video_peer.py --weights W.safetensors --inputs I.safetensors --results R.bin --threads N

Every window of frames is evaluated by itself, as the published program does. The first line of output is a
JSON object that says what is run; each further line is {"milliseconds": ...} for the window that a line of
standard input asked for. The first window's result is left in the results file as float32
[height, width, 3].
"""

import argparse
import json
import statistics
import sys
import time

import torch

import clip_network
import middle_frame
import video_deblur
from weight_file import read_safetensors

WARM_UP_RUNS = 1
LAYOUTS = {"channels first": torch.contiguous_format, "channels last": torch.channels_last}
# Of each the network, and how its weights lie in PyTorch.
FAMILIES = {
    video_deblur.CONFIG_KEY: (video_deblur.VideoDeblur, middle_frame.to_torch_layout),
    clip_network.CONFIG_KEY: (clip_network.ClipNetwork, clip_network.to_torch_layout),
}


def read_network(path, memory_format):
    arrays, metadata = read_safetensors(path)
    key = next(key for key in FAMILIES if key in metadata)
    network, to_torch_layout = FAMILIES[key]
    weights = {}
    for name, array in arrays.items():
        weight = to_torch_layout(name, torch.from_numpy(array))
        weights[name] = weight.contiguous(memory_format=memory_format) if weight.dim() == 4 else weight
    return network(json.loads(metadata[key]), weights)


def milliseconds_of(run):
    start = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser()
    for path in ("--weights", "--inputs", "--results"):
        parser.add_argument(path, required=True)
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    inputs, _ = read_safetensors(arguments.inputs)

    def open_work(memory_format):
        network = read_network(arguments.weights, memory_format)
        frames = [
            torch.from_numpy(frame).permute(2, 0, 1)[None].contiguous(memory_format=memory_format)
            for frame in inputs["frames"]
        ]

        def run():
            with torch.inference_mode():
                return network(frames).clamp(0, 1)

        return run

    works = {layout: open_work(memory_format) for layout, memory_format in LAYOUTS.items()}
    works["channels first"]()[0].permute(1, 2, 0).contiguous().numpy().astype("<f4").tofile(arguments.results)
    milliseconds = {
        layout: statistics.median(milliseconds_of(run) for _ in range(WARM_UP_RUNS + 1))
        for layout, run in works.items()
    }
    fastest = min(milliseconds, key=milliseconds.get)
    print(
        json.dumps({"torch": torch.__version__, "layout": fastest, "layoutMilliseconds": milliseconds}),
        flush=True,
    )
    for _ in sys.stdin:
        print(json.dumps({"milliseconds": milliseconds_of(works[fastest])}), flush=True)


main()
