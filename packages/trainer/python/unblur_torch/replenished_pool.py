"""A pool of samples, and the stream that feeds it."""

from __future__ import annotations

import time
from typing import Callable

from .sample_pool import SamplePool
from .sample_stream import SampleStream


class ReplenishedPool:
    """A pool into which new samples come as training goes on, so that each is seen `reuse` times on average;
    `most_reuse` times where they are late, before any is waited for.
    """

    def __init__(self, samples: SamplePool, stream: SampleStream, reuse: float, most_reuse: float):
        self.samples = samples
        self.waited_seconds = 0.0
        self._stream = stream
        self._reuse, self._most_reuse = reuse, most_reuse
        self._first = 0
        self._drawn = 0

    def fill(self, count: int, told: Callable[[int], None]) -> None:
        """Waits for the first `count` samples; `told` hears after each how many there are."""
        while self.samples.added < count:
            self.samples.add(self._stream.next())
            told(self.samples.added)
        self._first = self.samples.added

    def keep_up(self, count: int) -> None:
        """Before a batch of `count` is drawn: takes new samples where those there would be seen too often."""
        self._drawn += count
        began = time.monotonic()
        while self._drawn > self._enough_for(count, self._reuse):
            made = self._stream.next(wait=self._drawn > self._enough_for(count, self._most_reuse))
            if made is None:
                break
            self.samples.add(made)
        self.waited_seconds += time.monotonic() - began

    @property
    def seen(self) -> float:
        """How often a sample has been drawn, on average."""
        return self._drawn / max(self.samples.added, 1)

    def _enough_for(self, count: int, reuse: float) -> float:
        """For how many draws the samples are enough that came since training began, a batch on credit."""
        return (self.samples.added - self._first + count) * reuse

    def close(self) -> None:
        self._stream.close()
