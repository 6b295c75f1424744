"""Makes training samples on the device, by the options of the Node synthesis (@unblur/datasets).

An `ImageBank` holds decoded pictures. From it, `Shots` are drawn: a `Scene` (a backdrop and objects that move
before it) and how it is taken. `expose` renders a scene at many times and averages; `degrade` adds noise and
compression. Videos and recorded pairs are cut instead of rendered.
"""

from .sample_source import open_source
from .samples import Samples, SampleSource
from .windows import open_window_source

__all__ = ["SampleSource", "Samples", "open_source", "open_window_source"]
