"""A graph as a Python function of tensors.

The function's source holds one line per operation and one `del` after a value's last use, so that what
autograd does not keep is freed at once; torch.compile reads it like any other function.
"""

from __future__ import annotations

from typing import Callable, Dict, List, Sequence, Tuple

import torch
from torch import Tensor

from .onnx_file import Graph
from .operators import OPERATORS

Program = Callable[..., Tuple[Tensor, ...]]


def write_program(
    graph: Graph, inputs: Sequence[str], outputs: Sequence[str], device: torch.device
) -> Program:
    """
    A function of the named values, in that order, that returns the named outputs, in that order.

    Raises ValueError that names the operators of the graph that are not known.
    """
    unknown = sorted({node.operator for node in graph.nodes} - set(OPERATORS))
    if unknown:
        raise ValueError(
            f"Expected operators that the torch engine knows but the graph has {', '.join(unknown)}; add "
            "them to unblur_torch/operators."
        )
    scope: Dict[str, object] = {}
    names: Dict[str, str] = {name: f"i{index}" for index, name in enumerate(inputs)}
    steps: List[Tuple[str, str, List[str]]] = []

    def variable(value: str) -> str:
        if value not in names:
            if value not in graph.constants:
                raise ValueError(
                    f"Expected '{value}' to be made before it is read; the graph is out of order."
                )
            names[value] = f"c{len(names)}"
            scope[names[value]] = torch.from_numpy(graph.constants[value].copy()).to(device)
        return names[value]

    for index, node in enumerate(graph.nodes):
        operator = OPERATORS[node.operator]
        settings = [
            graph.constants[node.inputs[at]] if at < len(node.inputs) and node.inputs[at] else None
            for at in operator.settings
        ]
        scope[f"f{index}"] = operator.build(node.attributes, settings)
        read = [variable(name) for at, name in enumerate(node.inputs) if at not in operator.settings and name]
        for name in node.outputs:
            names[name] = f"v{len(names)}"
        steps.append((f"f{index}", ", ".join(names[name] for name in node.outputs), read))

    results = [variable(name) for name in outputs]
    last_use = {name: index for index, (_, _, read) in enumerate(steps) for name in read}
    lines = [f"def program({', '.join(names[name] for name in inputs)}):"]
    for index, (function, made, read) in enumerate(steps):
        lines.append(f"    {made} = {function}({', '.join(read)})")
        spent = sorted(
            {name for name in read if last_use[name] == index and name[0] in "vi" and name not in results}
        )
        if spent:
            lines.append(f"    del {', '.join(spent)}")
    lines.append(f"    return ({', '.join(results)},)")
    exec(compile("\n".join(lines), "<traced graph>", "exec"), scope)
    return scope["program"]
