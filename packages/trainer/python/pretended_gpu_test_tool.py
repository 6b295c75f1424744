"""A GPU that is not there, for tests: what a program puts on `cuda` is computed by the processor, to the
same values, but goes only where CUDA lets it go.

`with pretended_gpu() as gpu:` makes torch say that there is a GPU. What fails on CUDA fails: mixing its
tensors with those of the processor, reading them without a copy, drawing their random numbers from a
generator of the processor. So does what goes wrong there unseen: reading on one stream what another one
may not have written yet. What makes the program wait for the GPU is counted in `gpu.waits`, by kind and
by the line that waits.

It stands where Python calls torch, by a subclass of tensors (`__torch_function__`) and by patches of what
has no tensor among its arguments, so that autograd runs below it as ever. `python3
pretended_gpu_test_tool.py ARCHIVE OUT` trains a packed run on it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections import Counter
from typing import Any, Callable, Iterator, List, Optional, Tuple
from unittest import mock

import numpy
import torch

import unblur_torch

GPU = torch.device("cuda", 0)
CPU = torch.device("cpu")
PROGRAM = os.path.dirname(os.path.abspath(unblur_torch.__file__))

# These take a scalar of the processor beside tensors of the GPU; all others take none of its tensors.
TAKES_A_SCALAR = {
    *("add", "sub", "mul", "div", "pow", "remainder", "floor_divide", "true_divide", "rsub", "atan2"),
    *("eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "maximum", "minimum"),
    *("where", "lerp", "addcmul", "addcdiv", "clamp", "masked_fill", "fill"),
}
# These copy between devices.
COPIES = {"copy_", "__setitem__"}
# These find out on the GPU how large their result is.
SIZED_BY_VALUES = {"nonzero", "argwhere", "masked_select", "unique", "bincount", "equal", "allclose"}
# Made by the processor, then copied.
COPIED_FACTORIES = {"tensor", "as_tensor"}
FACTORIES = {
    *("zeros", "ones", "empty", "full", "arange", "linspace", "logspace", "eye"),
    *("rand", "randn", "randint", "randperm", "normal", "zeros_like", "ones_like", "empty_like", "full_like"),
    *("rand_like", "randn_like", "multinomial"),
    *COPIED_FACTORIES,
}

# torch 2 has another name for the same.
as_plain_tensors = getattr(torch._C, "DisableTorchFunctionSubclass", None) or torch._C.DisableTorchFunction
_to, _generator = torch.Tensor.to, torch.Generator


class Gpu:
    """What happened on the pretended GPU."""

    def __init__(self) -> None:
        self.waits: "Counter[Tuple[str, str]]" = Counter()
        """By kind and line, such as ("blocking copy", "sample_pool.py:12 add")."""
        self.operations = 0
        self._local = threading.local()
        self.default_stream = Stream()

    @property
    def current_stream(self) -> "Stream":
        return getattr(self._local, "stream", self.default_stream)

    @contextlib.contextmanager
    def stream(self, stream: "Stream") -> "Iterator[None]":
        before = self.current_stream
        self._local.stream = stream
        try:
            yield
        finally:
            self._local.stream = before

    def wait(self, kind: str) -> None:
        """The program waits until the current stream has done all that it was given."""
        self.waits[kind, calling_line()] += 1
        self.current_stream.finish()

    def launch(self, read: "List[torch.Tensor]", made: "List[torch.Tensor]") -> None:
        """An operation on the current stream. Raises RuntimeError if it reads what may not be there yet."""
        stream = self.current_stream
        for tensor in read:
            written = getattr(tensor, "_written", None)
            if written is not None and not stream.sees(written):
                raise RuntimeError(
                    "Expected a stream to wait for the one that writes what it reads but nothing makes it "
                    "wait."
                )
        self.operations += 1
        written = stream.advance()
        for tensor in made:
            tensor._written = written


class Stream:
    def __init__(self, device: Any = None):
        self.given = 0
        """How many operations it was given, and how many of them the program knows to be done."""
        self.done = 0
        self._waited: "dict[Stream, int]" = {}
        self._lock = threading.Lock()

    def advance(self) -> "Tuple[Stream, int]":
        with self._lock:
            self.given += 1
            return self, self.given

    def finish(self) -> None:
        self.done = self.given
        for stream, count in list(self._waited.items()):
            stream.done = max(stream.done, count)

    def sees(self, written: "Tuple[Stream, int]") -> bool:
        stream, count = written
        return stream is self or count <= max(stream.done, self._waited.get(stream, 0))

    def record_event(self) -> "Tuple[Stream, int]":
        """An event: the stream, and how many operations it was given by then."""
        return self, self.given

    def wait_event(self, event: "Tuple[Stream, int]") -> None:
        for seen, count in [event, *list(event[0]._waited.items())]:
            self._waited[seen] = max(self._waited.get(seen, 0), count)


class Generator(torch.Generator):
    """Of the GPU; draws what one of the processor with the same seed draws."""

    @property
    def device(self) -> torch.device:
        return GPU


def make_generator(device: Any = "cpu") -> torch.Generator:
    return Generator() if is_gpu(device) else _generator()


class OnGpu(torch.Tensor):
    """A tensor of the processor that says that it is on the GPU. Tensors become one by a change of class:
    views and gradients stay what they are.
    """

    device = property(lambda self: GPU)
    is_cuda = property(lambda self: True)
    is_cpu = property(lambda self: False)

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        name = function.__name__
        tensors = list(tensors_in([*args, *kwargs.values()]))
        device = kwargs.pop("device", None)
        if name in ("__getitem__", "__setitem__"):
            expect_indexes(args[0], args[1], name, args[2:])
        else:
            expect_one_device(name, tensors)
        expect_generator(kwargs.get("generator"), GPU)
        if name in COPIES and not all(map(on_gpu, tensors)) and not is_non_blocking(name, args, kwargs):
            gpu().wait("blocking copy")
        if name in SIZED_BY_VALUES or (name == "where" and len(args) == 1):
            gpu().wait("result of unknown size")
        if name == "__iter__":
            return iter(args[0].unbind(0))
        with as_plain_tensors():
            result = function(*args, **kwargs)
        # A view of what has long been there is no operation, but is as old as that.
        to_gpu = is_gpu(device) if device is not None else name != "copy_" or on_gpu(args[0])
        given = {id(tensor) for tensor in tensors}
        made = [tensor for tensor in tensors_in([result]) if type(tensor) is torch.Tensor]
        for tensor in made:
            if to_gpu and id(tensor) not in given:
                tensor.__class__ = OnGpu
        if function not in LOOKS:
            written = [tensor for tensor in tensors_in([result]) if on_gpu(tensor)]
            if name == "__setitem__" and on_gpu(args[0]):
                written = [args[0]]
            gpu().launch([tensor for tensor in tensors if on_gpu(tensor)], written)
        return result

    def to(self, *args, **kwargs):
        device, args, kwargs = take_device(args, kwargs)
        if device is None or is_gpu(device):
            with as_plain_tensors():
                return tagged(_to(self, *args, **kwargs), gpu())
        return _to(self._read("read back", kwargs.pop("non_blocking", False)), *args, **kwargs)

    def cpu(self, *args, **kwargs):
        return self._read("read back")

    def item(self):
        return self._read("read back").item()

    def tolist(self):
        return self._read("read back").tolist()

    def __bool__(self):
        return bool(self._read("read back"))

    def __int__(self):
        return int(self._read("read back"))

    def __index__(self):
        return self._read("read back").__index__()

    def __float__(self):
        return float(self._read("read back"))

    def __repr__(self):
        return f"{self._read('read back')!r} on {GPU}"

    def numpy(self, *args, **kwargs):
        raise TypeError(
            f"can't convert {GPU} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host "
            "memory first."
        )

    __array__ = numpy

    def record_stream(self, stream: Stream) -> None:
        """Memory is freed here when nothing refers to it any more."""

    def _read(self, kind: str, non_blocking: bool = False) -> torch.Tensor:
        if non_blocking:
            raise RuntimeError(
                "Expected a copy to the processor that waits: its values may not be there yet."
            )
        gpu().launch([self], [])
        gpu().wait(kind)
        with as_plain_tensors():
            plain = self.clone()
        plain.__class__ = torch.Tensor
        return plain


# These look at a tensor without an operation on the GPU.
LOOKS = {
    *(
        getattr(torch.Tensor, name).__get__
        for name in ("shape", "dtype", "requires_grad", "grad_fn", "is_leaf")
    ),
    *(getattr(torch.Tensor, name).__get__ for name in ("ndim", "data", "grad", "layout")),
    *(torch.Tensor.size, torch.Tensor.dim, torch.Tensor.numel, torch.Tensor.__len__, torch.Tensor.stride),
    *(torch.Tensor.is_contiguous, torch.Tensor.element_size, torch.Tensor.storage_offset),
    *(torch.Tensor.requires_grad_, torch.Tensor.__hash__, torch.Tensor.is_floating_point),
}

_gpu: Optional[Gpu] = None


def gpu() -> Gpu:
    if _gpu is None:
        raise RuntimeError("Expected a pretended GPU but a tensor of it is used after its end.")
    return _gpu


def on_gpu(value: Any) -> bool:
    return isinstance(value, OnGpu)


def is_gpu(device: Any) -> bool:
    return device is not None and torch.device(device).type == "cuda"


def tagged(tensor: torch.Tensor, owner: Gpu) -> torch.Tensor:
    if type(tensor) is torch.Tensor:
        tensor.__class__ = OnGpu
    owner.launch([], [tensor])
    return tensor


def calling_line() -> str:
    """The innermost line of the program under test, or else of its test."""
    frame = sys._getframe(1)
    while frame.f_back is not None and not frame.f_code.co_filename.startswith(PROGRAM):
        frame = frame.f_back
    path = os.path.relpath(frame.f_code.co_filename, PROGRAM)
    return f"{path}:{frame.f_lineno} {frame.f_code.co_name}"


def tensors_in(values: Any) -> "Iterator[torch.Tensor]":
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from tensors_in(value)


def expect_one_device(name: str, tensors: "List[torch.Tensor]") -> None:
    if name in COPIES:
        return
    scalars_allowed = name.strip("_") in TAKES_A_SCALAR or name.startswith("__")
    for tensor in tensors:
        if not on_gpu(tensor) and (tensor.dim() > 0 or not scalars_allowed):
            raise RuntimeError(
                "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and "
                f"cpu! ({name})"
            )


def expect_indexes(tensor: torch.Tensor, index: Any, name: str, values: "Tuple[Any, ...]") -> None:
    parts = index if isinstance(index, tuple) else (index,)
    tensors = list(tensors_in(parts))
    lists = [part for part in parts if isinstance(part, (list, numpy.ndarray, range))]
    if not on_gpu(tensor) and any(map(on_gpu, tensors)):
        raise RuntimeError(
            "indices should be either on cpu or on the same device as the indexed tensor (cpu)"
        )
    if not on_gpu(tensor):
        return
    if any(on_gpu(part) and part.dtype in (torch.bool, torch.uint8) for part in tensors):
        gpu().wait("result of unknown size")
    if lists or not all(map(on_gpu, tensors)):
        gpu().wait("index of the processor")
    for value in tensors_in(values):
        if not on_gpu(value) and value.dim() > 0 and (lists or tensors):
            raise RuntimeError(
                "Expected all tensors to be on the same device, but found cuda:0 and cpu! (index_put_)"
            )


def expect_generator(generator: Optional[torch.Generator], device: torch.device) -> None:
    if generator is not None and generator.device.type != device.type:
        raise RuntimeError(
            f"Expected a '{device.type}' device type for generator but found '{generator.device.type}'"
        )


def is_non_blocking(name: str, args: "Tuple[Any, ...]", kwargs: "dict[str, Any]") -> bool:
    return name == "copy_" and bool(kwargs.get("non_blocking", args[2] if len(args) > 2 else False))


def take_device(args: "Tuple[Any, ...]", kwargs: "dict[str, Any]") -> "Tuple[Any, Any, Any]":
    """The device that `Tensor.to` is told, and its other arguments."""
    kwargs = dict(kwargs)
    device = kwargs.pop("device", None)
    if args and isinstance(args[0], torch.Tensor):
        return args[0].device, (args[0].dtype, *args[1:]), kwargs
    if args and isinstance(args[0], (str, int, torch.device)):
        device, args = args[0], args[1:]
    return device, args, kwargs


def plain_to(self: torch.Tensor, *args, **kwargs):
    """`Tensor.to` of the processor's."""
    device, args, kwargs = take_device(args, kwargs)
    if not is_gpu(device):
        return _to(self, *(() if device is None else (device,)), *args, **kwargs)
    if not kwargs.pop("non_blocking", False):
        gpu().wait("blocking copy")
    moved = _to(self, *args, **kwargs)
    return tagged(moved.clone() if moved is self else moved, gpu())


def factory(name: str, make: Callable) -> Callable:
    def run(*args, device=None, **kwargs):
        given = [tensor for tensor in tensors_in([*args, *kwargs.values()]) if on_gpu(tensor)]
        there = is_gpu(device) if device is not None else bool(given) and name not in COPIED_FACTORIES
        expect_generator(kwargs.get("generator"), GPU if there else CPU)
        if name in COPIED_FACTORIES:
            if given:
                gpu().wait("read back")
            if there:
                gpu().wait("blocking copy")
        with as_plain_tensors():
            made = make(*args, **kwargs)
        return tagged(made, gpu()) if there and isinstance(made, torch.Tensor) else made

    return run


@contextlib.contextmanager
def pretended_gpu() -> "Iterator[Gpu]":
    global _gpu
    with contextlib.ExitStack() as patches:
        _gpu = gpu = Gpu()
        replaced = [
            (torch, "Generator", make_generator),
            (torch.Tensor, "to", plain_to),
            (torch.cuda, "is_available", lambda: True),
            (torch.cuda, "set_device", lambda _: None),
            (torch.cuda, "get_device_name", lambda _=None: "a pretended GPU"),
            (torch.cuda, "max_memory_allocated", lambda _=None: 0),
            (torch.cuda, "Stream", Stream),
            (torch.cuda, "stream", gpu.stream),
            (torch.cuda, "current_stream", lambda _=None: gpu.current_stream),
            *((torch, name, factory(name, getattr(torch, name))) for name in FACTORIES),
        ]
        for owner, name, replacement in replaced:
            patches.enter_context(mock.patch.object(owner, name, replacement))
        try:
            yield gpu
        finally:
            _gpu = None


def main() -> int:
    from unblur_torch import device_command

    with pretended_gpu() as gpu:
        code = device_command.main()
        print(f"{gpu.operations} operations; waits:", file=sys.stderr)
        for (kind, line), count in gpu.waits.most_common():
            print(f"{count:7} {kind:24} {line}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
