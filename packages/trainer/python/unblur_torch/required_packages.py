"""What the program cannot run without: looked for before it is imported."""

from __future__ import annotations

import sys
from importlib.util import find_spec

REQUIRED = ("torch", "numpy")


def expect_packages() -> None:
    """Ends the process with one line where this Python lacks a package."""
    missing = [name for name in REQUIRED if find_spec(name) is None]
    if missing:
        sys.exit(
            f"unblur: Expected a Python with {' and '.join(REQUIRED)} but {sys.executable} has no "
            f"{' and no '.join(missing)}; install what is missing, or set PYTHON to an interpreter that has "
            "both."
        )
