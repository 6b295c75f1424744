"""A pool of samples, and the stream that feeds it."""

from __future__ import annotations

import time

from .sample_pool import SamplePool
from .sample_stream import SampleStream


class FedPool:
    """A pool into which new samples come as training goes on, so that each is seen `reuse` times on
    average.
    """

    def __init__(self, samples: SamplePool, stream: SampleStream, reuse: float):
        self.samples = samples
        self.waited_seconds = 0.0
        self._stream = stream
        self._reuse = reuse
        self._drawn = 0

    def fill(self, count: int) -> None:
        while self.samples.added < count:
            self.samples.add(self._stream.next())
        self._first = self.samples.added

    def keep_up(self, count: int) -> None:
        """Before a batch of `count` is drawn: takes what has been made, and waits for it where samples would
        be seen too often.
        """
        self._drawn += count
        began = time.monotonic()
        while self._drawn > (self.samples.added - self._first + count) * self._reuse:
            self.samples.add(self._stream.next())
        self.waited_seconds += time.monotonic() - began

    def close(self) -> None:
        self._stream.close()
