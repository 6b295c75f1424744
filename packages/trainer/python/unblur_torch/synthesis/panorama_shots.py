"""A camera that turns before a panorama (Argaw et al., section 3), and may be shifted, with things that move
before it.
"""

from __future__ import annotations

import math
from typing import Any, Mapping, Sequence

import numpy
from torch import Tensor

from .backdrop import CameraTurn, PanoramaBackdrop
from .camera import PinholeCamera, draw_window, focal_pixels_of
from .image_bank import ImageBank
from .motion_path import draw_plane_motion, still_at
from .panorama import Coverage, Panorama, level_for, panorama_pixels_per_pixel
from .rotation import axis_angle_of, draw_euler_rotation, draw_shake_axis, orientation_of_angles
from .shot import Random, Shots, Stillness, draw_length
from .transfer import Response

# How often a camera is placed anew before a partial panorama counts as too small for it.
MOST_PLACES = 500


class PanoramaShots(Shots):
    def __init__(self, bank: ImageBank, options: Mapping[str, Any], size_pixels: int):
        super().__init__(bank, options, size_pixels)
        # The samples of a pool are larger than the crops that the run file speaks of.
        self._photo_pixels = max(options["photoPixels"], size_pixels)

    def _draw_backdrop(
        self, random: Random, exposures: int, stillness: Stillness, response: Response
    ) -> PanoramaBackdrop:
        options, panorama = self._options, self._draw_panorama(random)
        # A shift shows what lies beyond the picture that turns.
        margin_pixels = self._reach_pixels(exposures * options["shiftPixels"][1])
        for _ in range(MOST_PLACES):
            camera = self._draw_camera(random, panorama)
            turn = self._draw_turn(random, exposures, stillness)
            if panorama.coverage is None or stays_within(camera, turn, panorama.coverage, margin_pixels):
                break
        else:
            raise ValueError(
                f"Expected panoramas large enough for the camera but {MOST_PLACES} random views all left "
                "one; use a smaller fieldOfViewDegrees, angle or picture, or leave it out."
            )
        shift, parallax = still_at((0, 0)), None
        length = (
            0
            if stillness.camera
            else exposures * draw_length(random, options["shiftPixels"], options["pathExponent"])
        )
        if length > 0:
            shift = draw_plane_motion(
                random,
                (0, 0),
                length,
                turn_degrees=0,
                zoom_percent=0,
                bend=options["bend"],
                acceleration=options["acceleration"],
            )
            parallax = self._draw_parallax(random)
        return PanoramaBackdrop(
            level_for(panorama, camera.focal_pixels), camera, turn, response, shift, parallax
        )

    def _draw_panorama(self, random: Random) -> Panorama:
        return self._bank.panoramas[int(random.integers(len(self._bank.panoramas)))]

    def _draw_camera(self, random: Random, panorama: Panorama) -> PinholeCamera:
        options = self._options
        wanted = focal_pixels_of(random.uniform(*options["fieldOfViewDegrees"]), self._photo_pixels)
        least = options["minPanoramaPixelsPerPixel"]
        finest = panorama_pixels_per_pixel(panorama.width, 1) / least if least > 0 else math.inf
        return draw_window(random, self._photo_pixels, self._size_pixels, min(wanted, finest))

    def _draw_turn(self, random: Random, exposures: int, stillness: Stillness) -> CameraTurn:
        options = self._options
        middle = orientation_of_angles(
            random.uniform(-180, 180),
            random.uniform(*options["pitchDegrees"]),
            random.uniform(*options["rollDegrees"]),
        )
        if options["eulerDegrees"] is None:
            low, high = angle_range_at(options["angleDegrees"], self._drawn)
            axis = draw_shake_axis(random, options["rollShare"])
            angle = math.radians(low + (high - low) * random.uniform() ** options["angleExponent"])
        else:
            axis, angle = axis_angle_of(draw_euler_rotation(random, options["eulerDegrees"]))
        half_turn = axis * (angle * exposures / 2)
        if stillness.camera:
            return CameraTurn(middle, numpy.zeros(3))
        sideways = (
            numpy.cross(axis, [0, 0, 1])
            * random.uniform(-options["bend"], options["bend"])
            * angle
            * exposures
        )
        return CameraTurn(
            middle, half_turn, sideways, random.uniform(-options["acceleration"], options["acceleration"])
        )

    def _texture(self, random: Random, side: int) -> Tensor:
        """A random view at the panorama's own density."""
        panorama = self._draw_panorama(random)
        focal = panorama_pixels_per_pixel(panorama.width, 1) / max(
            self._options["minPanoramaPixelsPerPixel"], 0.5
        )
        half_view = math.atan(side / math.sqrt(2) / focal)
        longitude, latitude = math.pi, 0.4 * math.pi
        if panorama.coverage is not None:
            longitude, latitude = (
                max(covered - half_view, 0)
                for covered in (panorama.coverage.longitude_radians, panorama.coverage.latitude_radians)
            )
        middle = orientation_of_angles(
            math.degrees(random.uniform(-longitude, longitude)),
            math.degrees(random.uniform(-latitude, latitude)),
            0,
        )
        camera = PinholeCamera(side, focal, (side - 1) / 2, (side - 1) / 2)
        as_sampled = lambda levels: levels
        return PanoramaBackdrop(
            level_for(panorama, focal), camera, CameraTurn(middle, numpy.zeros(3)), as_sampled
        ).render(numpy.zeros(1))[:, 0]


def angle_range_at(angle_degrees: Sequence[Any], sample_index: int) -> Sequence[float]:
    """The range of rotations that holds at a sample index: a range, or rows [sample index, range] between
    which the limits move linearly.
    """
    if not isinstance(angle_degrees[0], (list, tuple)):
        return angle_degrees
    indexes = [row[0] for row in angle_degrees]
    return [
        float(numpy.interp(sample_index, indexes, [row[1][end] for row in angle_degrees])) for end in (0, 1)
    ]


TESTED_TIMES = numpy.linspace(-1, 1, 5)
TESTED_PIXELS_PER_SIDE = 9


def stays_within(camera: PinholeCamera, turn: CameraTurn, coverage: Coverage, margin_pixels: float) -> bool:
    """Whether a camera sees nothing but the covered part of the sphere, not even within a margin around its
    picture (found at pixels along the border and at five moments).
    """
    near, far = -margin_pixels, camera.size_pixels - 1 + margin_pixels
    share = numpy.linspace(near, far, TESTED_PIXELS_PER_SIDE)
    low, high = numpy.full_like(share, near), numpy.full_like(share, far)
    across, down = numpy.concatenate([share, share, low, high]), numpy.concatenate([low, high, share, share])
    rays = numpy.stack([*camera.slopes_at(across, down), numpy.ones_like(across)])
    for orientation in turn.orientations_at(TESTED_TIMES):
        if coverage.latitude_radians < math.pi / 2 and any(
            is_in_picture(camera, pole * orientation[1]) for pole in (-1, 1)
        ):
            return False
        x, y, z = orientation @ rays
        if (numpy.abs(numpy.arctan2(x, z)) > coverage.longitude_radians).any() or (
            numpy.abs(numpy.arctan2(y, numpy.hypot(x, z))) > coverage.latitude_radians
        ).any():
            return False
    return True


def is_in_picture(camera: PinholeCamera, ray: numpy.ndarray) -> bool:
    """Whether a direction in camera axes is seen."""
    if ray[2] <= 0:
        return False
    place = ray[:2] / ray[2] * camera.focal_pixels + [camera.principal_x, camera.principal_y]
    return bool((place >= 0).all() and (place <= camera.size_pixels - 1).all())
