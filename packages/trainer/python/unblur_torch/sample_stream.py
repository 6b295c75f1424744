"""Samples as they are made, of several sources, each as often as its weight says."""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import Optional, Sequence

import torch

from .synthesis import Samples, SampleSource


class SampleStream:
    """On a GPU samples are made ahead, by a thread with a stream of its own, while training runs; on a
    processor when they are asked for, so that what comes follows from the seed.
    """

    def __init__(
        self,
        sources: Sequence[SampleSource],
        weights: Sequence[float],
        at_once: int,
        device: torch.device,
        seed: int,
        ahead: int = 4,
    ):
        """at_once: samples made in one go, all of one source."""
        self._sources, self._weights = sources, torch.tensor(weights, dtype=torch.float64)
        self._at_once = at_once
        self._device = device
        self._choice = torch.Generator().manual_seed(seed)
        # Of the processor: one of the device would be waited for.
        self._generator = torch.Generator().manual_seed(seed)
        self._queue: Optional[queue.Queue] = None
        if device.type == "cuda":
            self._queue = queue.Queue(ahead)
            # The GPU may still be laying out what the sources hold.
            self._opened = torch.cuda.current_stream(device).record_event()
            self._closed = threading.Event()
            self._thread = threading.Thread(target=self._make_ahead, daemon=True)
            self._thread.start()

    def next(self, wait: bool = True) -> Optional[Samples]:
        """The next samples; None if none are ready and they are not waited for. Raises what making them
        raised.
        """
        if self._queue is None:
            return self._make()
        try:
            made = self._queue.get(wait)
        except queue.Empty:
            return None
        if isinstance(made, BaseException):
            raise made
        samples, ready = made
        current = torch.cuda.current_stream(self._device)
        current.wait_event(ready)
        for values in vars(samples).values():
            if isinstance(values, torch.Tensor):
                values.record_stream(current)
        return samples

    def close(self) -> None:
        """No samples come any more. A thread that still made some as Python ends would end it by a crash."""
        if self._queue is None:
            return
        self._closed.set()
        while self._thread.is_alive():
            # It may wait for room.
            with contextlib.suppress(queue.Empty):
                self._queue.get_nowait()
            self._thread.join(0.01)

    def _make(self) -> Samples:
        chosen = int(torch.multinomial(self._weights, 1, generator=self._choice))
        with torch.no_grad():
            return self._sources[chosen].make(self._at_once, self._generator)

    def _make_ahead(self) -> None:
        try:
            torch.cuda.set_device(self._device)
            stream = torch.cuda.Stream(self._device)
            stream.wait_event(self._opened)
            with torch.cuda.stream(stream):
                while not self._closed.is_set():
                    samples = self._make()
                    self._queue.put((samples, stream.record_event()))
        except BaseException as error:  # noqa: BLE001 whatever it is, the run must hear of it
            self._queue.put(error)
