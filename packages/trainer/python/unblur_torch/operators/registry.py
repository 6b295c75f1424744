"""How operators are made and found by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, List, Optional, Sequence, Tuple

import numpy
from torch import Tensor

from ..onnx_file import Attribute

Attributes = Dict[str, Attribute]
Settings = Sequence[Optional[numpy.ndarray]]
TensorFunction = Callable[..., Tensor]


@dataclass(frozen=True)
class Operator:
    """How an operator is made: `build(attributes, settings)` gives the function of the inputs that are no
    settings.
    """

    build: Callable[[Attributes, Settings], TensorFunction]
    settings: Tuple[int, ...] = ()


OPERATORS: Dict[str, Operator] = {}


def operator(name: str, settings: Tuple[int, ...] = ()) -> Callable:
    """Registers a builder. `settings`: positions of the inputs that it reads as constants."""

    def register(build: Callable[[Attributes, Settings], TensorFunction]) -> Callable:
        OPERATORS[name] = Operator(build, settings)
        return build

    return register


def plain(name: str, function: TensorFunction) -> None:
    """Registers an operator without attributes."""
    OPERATORS[name] = Operator(lambda attributes, settings: function)


def integers(setting: Optional[numpy.ndarray]) -> List[int]:
    """A setting that is a list, such as a shape or axes."""
    return [int(value) for value in setting.reshape(-1)]
