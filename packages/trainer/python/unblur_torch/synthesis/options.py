"""Options of synthesis, by the names of the run file (and of @unblur/datasets, which checks them and fills in
the defaults).
"""

from __future__ import annotations

from typing import Any, Dict, Mapping

AUGMENTATION = {
    "flips": True,
    "quarterTurns": True,
    "timeReversal": True,
    "gain": [0.8, 1.2],
    "whiteBalance": [0.9, 1.1],
    "gamma": [0.8, 1.25],
    "noiseSigma": [0, 0.01],
    "jpegQuality": None,
    "jpegShare": 1,
}

# What synthesis on the device can do beside what both do; all off by default.
DEVICE_SCENE = {
    # Share of the samples whose camera stands still, before which at least one object moves.
    "stillCameraShare": 0,
    # Share of the samples in which nothing moves.
    "sharpShare": 0,
    # Lengths of paths are minimum + (maximum - minimum) * u^pathExponent with u uniform: above 1 favours
    # short ones.
    "pathExponent": 1,
    # How much the speed at the ends of the exposure differs from that in its middle, at most, as a share of
    # it: 0 to 1.
    "acceleration": 0,
    # How much more or less than the rest near and far positions are shifted, as a share of the shift.
    "parallax": 0,
    # Kinds of objects by weight, see `object_shapes`.
    "objectShapes": {"blob": 1},
    # Share of the objects that move within the scene, on top of its own motion; the others only by
    # themselves.
    "followShare": 1,
    # Share of the samples of which the frames alone are averaged, as of a high-speed video, where these are
    # close enough (`MOST_SPARSE_PIXELS`).
    "sparseShare": 0,
    # Share of the samples with light brighter than a picture can show, and how much of it, see
    # `boost_highlights`.
    "highlightShare": 0,
    "highlightBoost": [1, 1],
    # Standard deviation of a Gaussian that softens blurred picture and frames alike; None: none.
    "softnessPixels": None,
}

# And what of the layers' options a panorama has there: the shift of its camera beside the turn, and objects.
DEVICE_PANORAMA = {
    "shiftPixels": [0, 0],
    "bend": 0,
    "objects": [0, 0],
    "objectRadius": [0.12, 0.35],
    "objectPixels": [2, 20],
    "turnDegrees": 4,
    "zoomPercent": 3,
}

DEFAULTS: Dict[str, Dict[str, Any]] = {
    "panorama": {
        "coverageDegrees": None,
        "photoPixels": None,
        "fieldOfViewDegrees": [40, 90],
        "minPanoramaPixelsPerPixel": 0.9,
        "pitchDegrees": [-60, 60],
        "rollDegrees": [-10, 10],
        "angleDegrees": [1, 10],
        "angleExponent": 1,
        "rollShare": 0.3,
        "eulerDegrees": None,
        "stepPixels": 1,
        "averaging": "display",
        "augmentation": AUGMENTATION,
        **DEVICE_SCENE,
        **DEVICE_PANORAMA,
    },
    "layers": {
        "objects": [1, 3],
        "objectRadius": [0.12, 0.35],
        "cameraPixels": [0, 12],
        "objectPixels": [2, 20],
        "turnDegrees": 4,
        "zoomPercent": 3,
        "bend": 0.2,
        "shrink": [1, 2],
        "stepPixels": 1,
        "averaging": "display",
        "augmentation": AUGMENTATION,
        **DEVICE_SCENE,
    },
    "video": {
        "windowFrames": None,
        "neighbourPixels": [0.2, 2],
        "shrink": [1, 4],
        "onBadFrame": "stop",
        "averaging": "display",
        "augmentation": AUGMENTATION,
        "sharpShare": 0,
        "softnessPixels": None,
    },
    "pairs": {"shrink": [1, 1], "augmentation": AUGMENTATION},
}
SAMPLE_KINDS = tuple(DEFAULTS)

# Windows for video: cut from videos and recorded pairs (a source without a kind).
WINDOW_DEFAULTS = {
    "videos": None,
    "exposureFrames": [3, 9],
    "steadyShare": 0.5,
    "strideFrames": [1, 4],
    "halvedShare": 0.3,
    "averaging": "display",
    "softnessPixels": None,
}
DEFAULTS["windows"] = WINDOW_DEFAULTS
# And what windows that are rendered, of panoramas and stills, have beside the options of their kind: the part
# of its interval that a shutter is open, and in how many windows it is the same for all frames.
WINDOW_SHOT_DEFAULTS = {"shutterShare": [0.3, 1], "steadyShare": 0.5}

# Said by a source but not an option of its synthesis.
SOURCE_KEYS = ("kind", "folder", "weight")


def read_options(source: Mapping[str, Any]) -> Dict[str, Any]:
    """The options of a source, with defaults for those it does not say. Raises ValueError for a kind or an
    option that synthesis on the device does not have.
    """
    kind = source.get("kind")
    if kind not in DEFAULTS:
        raise ValueError(
            f"Expected a source of kind {', '.join(SAMPLE_KINDS)} for synthesis on the device but received "
            f"{kind!r}."
        )
    given = {name: value for name, value in source.items() if name not in SOURCE_KEYS}
    options = with_defaults(given, DEFAULTS[kind], f"a source of kind {kind}")
    if "augmentation" in options:
        options["augmentation"] = with_defaults(options["augmentation"] or {}, AUGMENTATION, "augmentation")
    return options


def with_defaults(given: Mapping[str, Any], defaults: Mapping[str, Any], what: str) -> Dict[str, Any]:
    for name in given:
        if name not in defaults:
            raise ValueError(f"Expected an option of {what} ({', '.join(defaults)}) but received {name!r}.")
    return {**defaults, **given}
