"""Sources for tests, with all their options, as the plan of a run has them."""

import json
import os
from typing import Any, Dict

# A test of src/run-file/device-source-options.ts holds this to what Node sends.
with open(os.path.join(os.path.dirname(__file__), "source_options_test_data.json"), encoding="utf-8") as file:
    OPTIONS = json.load(file)


def source_of(kind: str, **given: Any) -> Dict[str, Any]:
    """One entry of `data.sources` whose run file gives some options; `augmentation` may be given in part."""
    options = {**OPTIONS[kind], **given}
    if "augmentation" in given:
        options["augmentation"] = {**OPTIONS[kind]["augmentation"], **given["augmentation"]}
    return options


def windows_of(kind: str = "windows", **given: Any) -> Dict[str, Any]:
    """The same where windows of frames are wanted: of videos, or rendered ones of another kind."""
    rendered = {} if kind == "windows" else OPTIONS["rendered windows"]
    return source_of(kind, **{**rendered, **given})
