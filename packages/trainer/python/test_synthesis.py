"""Analytic truths about samples made on the device: motion, averages, stillness, seeds."""

import io
import unittest
from dataclasses import replace

import numpy
import torch
import torch.nn.functional as F

from source_options_test_tool import OPTIONS, source_of, windows_of
from unblur_torch.synthesis import open_source, open_window_source
from unblur_torch.synthesis.backdrop import CameraTurn, PanoramaBackdrop, Parallax, PlaneBackdrop, draw_depth
from unblur_torch.synthesis.camera import PinholeCamera
from unblur_torch.synthesis.degradation import quantize_like_jpeg
from unblur_torch.synthesis.exposure import even_times, expose, render_count
from unblur_torch.synthesis.motion_path import PlaneMotion, progress_at, still_at
from unblur_torch.synthesis.moving_object import MovingObject, Scene
from unblur_torch.synthesis.object_shapes import SHAPES, draw_shape
from unblur_torch.synthesis.panorama import build_panorama
from unblur_torch.synthesis.panorama_shots import angle_range_at
from unblur_torch.synthesis.pictures import decode_with_opencv, decode_with_pillow
from unblur_torch.synthesis.recorded_folders import clips_and_pairs
from unblur_torch.synthesis.rotation import rotation_of
from unblur_torch.synthesis.transfer import AVERAGING_SPACES, display_of, light_of
from unblur_torch.synthesis.video_motion import fastest_in, motion_lengths

CPU = torch.device("cpu")
SIZE, FRAMES = 32, 5
QUIET = {"noiseSigma": [0, 0]}
PLAIN = {**QUIET, "gain": [1, 1], "whiteBalance": [1, 1], "gamma": [1, 1]}
# Everything that a scene can have.
RICH = {
    "objects": [1, 2],
    "objectShapes": {shape: 1 for shape in SHAPES},
    "parallax": 0.3,
    "acceleration": 0.3,
    "bend": 0.2,
    "followShare": 0.5,
    "highlightShare": 0.5,
    "highlightBoost": [1, 4],
    "softnessPixels": [0, 1],
    "averaging": {"display": 1, "linear-srgb": 1},
}
MOVING = {
    "panorama": {"angleDegrees": [2, 4], "fieldOfViewDegrees": [40, 50], "shiftPixels": [2, 4]},
    "layers": {"cameraPixels": [3, 6]},
}


PARALLAX = Parallax(draw_depth(numpy.random.default_rng(4), SIZE, CPU), 0.3)


def smooth_pixels(width, height, seed=0):
    """Smooth and colourful, uint8 [h, w, 3], the same at the left and the right border."""
    random = numpy.random.default_rng(seed)
    x, y = numpy.arange(width) / width * 2 * numpy.pi, numpy.arange(height)[:, None] / height * numpy.pi
    waves = [
        numpy.sin(random.integers(3, 9) * x + random.uniform(0, 6))
        * numpy.sin(random.integers(3, 9) * y + random.uniform(0, 6))
        for _ in range(3)
    ]
    return (128 + 100 * numpy.stack(waves, -1)).astype(numpy.uint8)


def png(pixels):
    """Encoded by whichever library there is."""
    try:
        import cv2
    except ImportError:
        import PIL.Image

        file = io.BytesIO()
        PIL.Image.fromarray(numpy.ascontiguousarray(pixels)).save(file, "png")
        return file.getvalue()
    return cv2.imencode(".png", pixels[:, :, ::-1])[1].tobytes()


PANORAMAS = {"panoramas/a.png": png(smooth_pixels(256, 128))}
STILLS = {f"stills/{seed}.png": png(smooth_pixels(90, 70, seed)) for seed in range(3)}
IMAGES = {"panorama": PANORAMAS, "layers": STILLS}


def clip(frames=12, step=2, width=120, height=80):
    """Frames that show a wide picture `step` pixels farther to the right each."""
    random = numpy.random.default_rng(3)
    wide = F.interpolate(
        torch.from_numpy(random.uniform(0, 255, (1, 3, height // 4, width))),
        size=(height, 4 * width),
        mode="bilinear",
        align_corners=False,
    )
    pixels = wide[0].permute(1, 2, 0).numpy().astype(numpy.uint8)
    return [pixels[:, step * index : step * index + width] for index in range(frames)]


def opened(source, images, size_pixels=SIZE, frames=FRAMES, open_one=open_source):
    return open_one(source, images, size_pixels=size_pixels, frames=frames, device=CPU, seed=1, workers=1)


def made(kind, count=4, seed=5, **options):
    source = opened(source_of(kind, **options), IMAGES[kind])
    return source.make(count, torch.Generator().manual_seed(seed))


def moved(pictures, displacement):
    """Pictures [T, C, S, S] at each pixel plus its displacement [T, S, S, 2], and where that lies well
    inside.
    """
    size = pictures.shape[-1]
    line = torch.arange(size, dtype=torch.float32)
    places = torch.stack([line.expand(size, -1), line[:, None].expand(-1, size)], -1) + displacement
    grid = (places + 0.5) * (2 / size) - 1
    inside = ((places > 1) & (places < size - 2)).all(-1)
    return F.grid_sample(pictures, grid, mode="bicubic", align_corners=False), inside


class Motion(unittest.TestCase):
    def scene(self, objects=()):
        panorama = build_panorama(torch.from_numpy(smooth_pixels(256, 128)).permute(2, 0, 1).contiguous())
        camera = PinholeCamera(SIZE, 60.0, 10.0, 20.0)
        turn = CameraTurn(
            rotation_of(numpy.array([0.2, 0.5, 0.1])),
            numpy.array([0.03, 0.05, 0.06]),
            numpy.array([0.01, 0, 0]),
            acceleration=0.2,
        )
        shift = PlaneMotion(numpy.zeros(2), numpy.array([1.0, -2.0]), numpy.array([0.3, 0.2]))
        return Scene(
            PanoramaBackdrop(panorama.levels[0], camera, turn, lambda levels: levels / 255, shift, PARALLAX),
            list(objects),
        )

    def plane_scene(self, objects=()):
        texture = (
            torch.from_numpy(smooth_pixels(256, 128)[: SIZE + 20, : SIZE + 20]).permute(2, 0, 1).float() / 255
        )
        motion = PlaneMotion(
            numpy.array([15.5, 15.5]), numpy.array([2.0, -3.0]), numpy.array([0.5, 0.2]), 0.1, 0.05, 0.2
        )
        return Scene(PlaneBackdrop(texture, SIZE, motion, PARALLAX), list(objects))

    def test_a_frame_shows_at_p_what_the_middle_one_shows_at_p_plus_displacement(self):
        disc = torch.ones(4, 11, 11) * torch.tensor([0.9, 0.1, 0.4, 1])[:, None, None]
        things = [
            MovingObject(
                disc,
                PlaneMotion(numpy.array([12.0, 15]), numpy.array([4.0, 2]), numpy.array([0.5, 0]), 0.2, 0.05),
                follows,
            )
            for follows in (True, False)
        ]
        for scene in (self.scene(), self.plane_scene(), self.scene(things[:1]), self.scene(things[1:])):
            times = even_times(FRAMES)
            pictures = scene.render(times).transpose(0, 1)
            restored, inside = moved(
                pictures[FRAMES // 2].expand(FRAMES, -1, -1, -1), scene.displacement(times)
            )
            error = (restored - pictures).abs().amax(1)[inside]
            # But for what an object hid or sets free, and for its edge.
            self.assertLess(float(error.quantile(0.5 if scene.objects else 1)), 0.02)
            self.assertGreater(float((pictures - pictures[FRAMES // 2]).abs().max()), 0.1)

    def test_flow_is_the_inverse_of_displacement(self):
        times = even_times(FRAMES)
        for scene in (self.scene(), self.plane_scene()):
            flow = scene.flow(times)
            back = (
                scene.backdrop.middle_positions(times, scene.backdrop.pixels + flow) - scene.backdrop.pixels
            )
            self.assertLess(float(back.abs().max()), 0.01)
            self.assertGreater(float((flow + scene.displacement(times)).abs().max()), 0.1)
            self.assertLess(float(flow[FRAMES // 2].abs().max()), 1e-4)

    def test_objects_that_follow_go_where_the_scene_goes_and_others_stay(self):
        for scene in (self.scene(), self.plane_scene()):
            flat = replace(scene.backdrop, parallax=None)
            things = [
                MovingObject(torch.ones(4, 5, 5), still_at((12, 20)), follows) for follows in (True, False)
            ]
            here = numpy.array([12.0, 20, 1])
            scene, ends = Scene(flat, things), numpy.array([-1.0, 1])
            carried = (scene.maps_at(things[0], ends) @ here - here)[:, :2]
            torch.testing.assert_close(
                torch.from_numpy(carried).float(), flat.flow(ends)[:, 20, 12], atol=0.01, rtol=0
            )
            self.assertGreater(abs(carried).max(), 1)
            self.assertEqual(abs(scene.maps_at(things[1], ends) @ here - here).max(), 0)

    def test_things_speed_up_evenly_and_never_turn_back(self):
        times = numpy.linspace(-1, 1, 201)
        speeds = numpy.diff(progress_at(times, 1.0)) / numpy.diff(times)
        numpy.testing.assert_allclose([speeds[0], speeds[100], speeds[-1]], [0, 1, 2], atol=0.01)
        self.assertGreaterEqual(speeds.min(), 0)
        self.assertEqual(progress_at(numpy.zeros(1), 0.5)[0], 0)

    def test_objects_move_as_far_as_their_path_says(self):
        texture = torch.zeros(3, SIZE + 20, SIZE + 20)
        square = torch.ones(4, 5, 5)
        motion = PlaneMotion(numpy.array([16.0, 16]), numpy.array([6.0, 0]), numpy.array([0.0, 2]))
        scene = Scene(
            PlaneBackdrop(texture, SIZE, still_at((15.5, 15.5))), [MovingObject(square, motion, True)]
        )
        first, middle, last = scene.render(numpy.array([-1.0, 0, 1]))[0]
        for picture, (left, top) in ((first, (8, 16)), (middle, (14, 14)), (last, (20, 16))):
            wanted = torch.zeros(SIZE, SIZE)
            wanted[top : top + 5, left : left + 5] = 1
            torch.testing.assert_close(picture, wanted, atol=1e-4, rtol=0)
        self.assertGreaterEqual(scene.longest_path_pixels(), 12)
        displacement = scene.displacement(numpy.array([-1.0]))[0]
        torch.testing.assert_close(displacement[18, 10], torch.tensor([6.0, -2.0]), atol=1e-4, rtol=0)
        torch.testing.assert_close(displacement[3, 3], torch.zeros(2), atol=1e-4, rtol=0)

    def test_of_samples_is_the_motion_of_their_frames(self):
        for kind in ("panorama", "layers"):
            samples = made(
                kind,
                **MOVING[kind],
                objects=[0, 0],
                augmentation=QUIET,
                acceleration=0.3,
                bend=0.2,
                parallax=0.2,
            )
            coarse = samples.motion_pixels.flatten(0, 1).permute(0, 3, 1, 2)
            displacement = F.interpolate(coarse, scale_factor=4, mode="bicubic", align_corners=False).permute(
                0, 2, 3, 1
            )
            frames = samples.frames.permute(0, 1, 4, 2, 3)
            middle = frames[:, FRAMES // 2][:, None].expand_as(frames).flatten(0, 1)
            restored, inside = moved(middle, displacement)
            self.assertLess(float((restored - frames.flatten(0, 1)).abs().mean(1)[inside].mean()), 0.015)
            self.assertGreater(float((middle - frames.flatten(0, 1)).abs().mean(1)[inside].mean()), 0.03)
            self.assertEqual(samples.motion_known.tolist(), [1] * 4)


class Levels(unittest.TestCase):
    def test_those_of_odd_heights_are_means_of_boxes_that_take_parts_of_pixels(self):
        picture = torch.arange(134).repeat(3, 67, 1).to(torch.uint8)
        levels = [level[:, 1:-1, 1:-1] for level in build_panorama(picture).levels]
        self.assertEqual([tuple(level.shape) for level in levels], [(3, 67, 134), (3, 33, 66)])
        side = 67 / 33
        # Of a ramp, that of the middle of each box.
        middles = (numpy.arange(66) + 0.5) * side - 0.5
        self.assertLessEqual(float(numpy.abs(levels[1][0].numpy() - middles).max()), 0.75)
        self.assertEqual(levels[1].to(torch.int32).diff(dim=1).abs().max().item(), 0)


class Averages(unittest.TestCase):
    def test_are_means_in_the_space_that_is_averaged(self):
        class Ramp:
            device = CPU

            def render(self, times):
                return torch.from_numpy(times).float().view(1, -1, 1, 1).expand(3, -1, 2, 2) * 0.5 + 0.5

        for averaging in AVERAGING_SPACES:
            for count in (5, 21):
                blurred, frames = expose(
                    Ramp(), even_times(count), range(0, count, (count - 1) // 4), averaging
                )
                torch.testing.assert_close(light_of(blurred, averaging), torch.full((3, 2, 2), 0.5))
                torch.testing.assert_close(light_of(frames[:, 0, 0, 0], averaging), torch.linspace(0, 1, 5))

    def test_of_frames_alone_are_their_mean_where_they_are_close(self):
        still = {"objects": [0, 0], "turnDegrees": 0, "zoomPercent": 0, "bend": 0, "augmentation": PLAIN}
        for length_pixels, share, is_mean in ((8, 1, True), (8, 0, False), (24, 1, False)):
            samples = made("layers", **still, cameraPixels=[length_pixels] * 2, sparseShare=share)
            self.assertEqual(torch.allclose(samples.blurred, samples.frames.mean(1), atol=1e-5), is_mean)

    def test_light_and_display_values_go_back_and_forth(self):
        values = torch.linspace(0, 1, 50)
        for averaging in AVERAGING_SPACES:
            torch.testing.assert_close(
                display_of(light_of(values, averaging), averaging), values, atol=1e-5, rtol=0
            )

    def test_highlights_are_clipped_after_the_average(self):
        scene = Scene(PlaneBackdrop(torch.full((3, SIZE, SIZE), 0.9), SIZE, still_at((0, 0))))
        blurred, frames = expose(scene, even_times(5), range(5), "linear-srgb", highlight_boost=3)
        # 0.9 is more than white where it is boosted; without, it stays what it is.
        torch.testing.assert_close(torch.stack([blurred.min(), frames.min()]), torch.ones(2))
        torch.testing.assert_close(
            expose(scene, even_times(5), range(5), "linear-srgb")[0].max(),
            display_of(torch.tensor(0.9), "linear-srgb"),
        )

    def test_steps_between_renders_are_short(self):
        self.assertEqual([render_count(pixels, 7, 1) for pixels in (0, 6, 6.1, 30)], [7, 7, 13, 31])
        with self.assertRaisesRegex(ValueError, "at most 4096 rendered frames but it takes 6001"):
            render_count(6000, 7, 1)


class Stillness(unittest.TestCase):
    def test_before_a_still_camera_only_objects_move(self):
        for kind in ("panorama", "layers"):
            samples = made(
                kind,
                **MOVING[kind],
                objects=[0, 2],
                objectRadius=[0.1, 0.15],
                objectPixels=[4, 8],
                augmentation=QUIET,
                stillCameraShare=1,
            )
            still = samples.motion_pixels.abs().amax((1, 4)) < 1e-3
            self.assertTrue((samples.motion_pixels.abs().amax((1, 2, 3, 4)) > 1).any())
            self.assertGreater(float(still.float().mean()), 0.5)
            # A pixel that every object keeps clear of is the same in the photograph and in all frames.
            clear = (samples.frames - samples.blurred[:, None]).abs().amax((1, 4)) < 2e-3
            self.assertGreater(float(clear.float().mean()), 0.4)

    def test_sharp_samples_are_their_frames(self):
        for kind in ("panorama", "layers"):
            samples = made(
                kind, **MOVING[kind], **{**RICH, "highlightBoost": [1, 1]}, augmentation=QUIET, sharpShare=1
            )
            torch.testing.assert_close(
                samples.frames, samples.blurred[:, None].expand_as(samples.frames), atol=2e-4, rtol=0
            )
            self.assertLess(float(samples.motion_pixels.abs().max()), 1e-3)


class Seeds(unittest.TestCase):
    def test_the_same_seed_gives_the_same_bytes_and_another_one_others(self):
        for kind in ("panorama", "layers"):
            options = {**MOVING[kind], **RICH, "augmentation": {"jpegQuality": [60, 90], "jpegShare": 0.5}}
            first, again, other = (made(kind, seed=seed, **options) for seed in (5, 5, 6))
            for name, values in vars(first).items():
                self.assertTrue(torch.equal(values, getattr(again, name)), name)
            self.assertGreater(float((first.blurred - other.blurred).abs().mean()), 0.01)
            self.assertGreaterEqual(float(first.blurred.min()), 0)
            self.assertLessEqual(float(torch.maximum(first.blurred.max(), first.frames.max())), 1)
            self.assertEqual(
                [tuple(values.shape) for values in vars(first).values()],
                [
                    (4, SIZE, SIZE, 3),
                    (4, FRAMES, SIZE, SIZE, 3),
                    (4, FRAMES, SIZE // 4, SIZE // 4, 2),
                    (4,),
                    (4, FRAMES),
                ],
            )

    def test_a_curriculum_goes_on_from_batch_to_batch(self):
        self.assertEqual(list(angle_range_at([[0, [0, 2]], [10, [1, 6]]], 5)), [0.5, 4])
        curriculum = {"angleDegrees": [[0, [0, 0]], [4, [0, 0]], [5, [6, 6]]], "augmentation": QUIET}
        source = opened(source_of("panorama", **curriculum), PANORAMAS)
        generator = torch.Generator().manual_seed(1)
        still, turning = source.make(5, generator), source.make(3, generator)
        self.assertLess(float(still.motion_pixels.abs().max()), 1e-3)
        self.assertGreater(float(turning.motion_pixels.abs().amax((1, 2, 3, 4)).min()), 0.5)


class Videos(unittest.TestCase):
    def source(self, frames=None, **options):
        images = {
            f"street/{index}.png": png(pixels)
            for index, pixels in enumerate(clip() if frames is None else frames)
        }
        return opened(source_of("video", **options), images)

    def test_consecutive_frames_are_averaged(self):
        samples = self.source(
            augmentation={**PLAIN, "flips": False, "quarterTurns": False, "timeReversal": False}
        ).make(3, torch.Generator().manual_seed(2))
        torch.testing.assert_close(samples.blurred, samples.frames.mean(1), atol=1e-5, rtol=0)
        self.assertEqual(samples.motion_known.tolist(), [0, 0, 0])
        self.assertIsNone(samples.motion_pixels)
        # The picture moves by two pixels of the clip, or one where it is half as large.
        for sample in samples.frames:
            self.assertTrue(
                any(
                    torch.allclose(sample[1:, :, :-step], sample[:-1, :, step:], atol=1e-5) for step in (1, 2)
                )
            )

    def test_frames_too_far_apart_are_made_smaller_and_those_that_stay_so_are_refused(self):
        lengths, block_pixels = motion_lengths(
            torch.stack([torch.from_numpy(pixels.copy()).permute(2, 0, 1) for pixels in clip(3)])
        )
        self.assertEqual(fastest_in(lengths, block_pixels, 8, 8, 64).tolist(), [2, 2])
        self.assertRaisesRegex(
            ValueError,
            "100 random windows had none",
            self.source(neighbourPixels=[0.1, 0.5], shrink=[1, 2]).make,
            1,
            torch.Generator(),
        )
        self.assertEqual(
            self.source(neighbourPixels=[0.1, 1], shrink=[1, 2]).make(1, torch.Generator()).blurred.shape,
            (1, SIZE, SIZE, 3),
        )

    def test_short_clips_small_frames_and_mixed_sizes_are_refused(self):
        self.assertRaisesRegex(ValueError, "at least 5 frames but the longest has 4", self.source, clip(4))
        self.assertRaisesRegex(
            ValueError,
            "pictures of at least 32x32 but those of street are 30x80; use a smaller sizePixels or leave "
            "street out",
            self.source,
            clip(width=30),
        )
        self.assertRaisesRegex(
            ValueError,
            "Expected street/6.png to be 120x80, as street/0.png, but it is 60x80",
            self.source,
            [*clip(6), *clip(6, width=60)],
        )


class RecordedPairs(unittest.TestCase):
    # A pair need not be of one format.
    IMAGES = {
        f"half/{side}/{index}.{'tif' if side == 'blur' and index % 2 else 'png'}": png(
            numpy.full((40, 50, 3), value + index, numpy.uint8)
        )
        for side, value in (("blur", 100), ("gt", 20))
        for index in range(7)
    }

    def test_know_the_middle_frame_only(self):
        source = opened(source_of("pairs", augmentation=PLAIN), self.IMAGES)
        samples = source.make(6, torch.Generator().manual_seed(3))
        torch.testing.assert_close(
            samples.blurred - samples.frames[:, 2], torch.full((6, SIZE, SIZE, 3), 80 / 255)
        )
        self.assertEqual(samples.frames_known.tolist(), [[0, 0, 1, 0, 0]] * 6)
        self.assertGreater(len(samples.blurred[:, 0, 0, 0].unique()), 1)

    def test_smaller_than_a_sample_are_refused(self):
        self.assertRaisesRegex(
            ValueError,
            "pictures of at least 44x44 but those of half/gt are 50x40; use a smaller sizePixels or leave "
            "half/gt out",
            opened,
            source_of("pairs"),
            self.IMAGES,
            size_pixels=44,
        )

    def test_need_both_sides(self):
        images = {name: data for name, data in self.IMAGES.items() if "/gt/" in name}
        with self.assertRaisesRegex(ValueError, "pictures under blur/ and gt/"):
            opened(source_of("pairs"), images)


class VideoWindows(unittest.TestCase):
    def windows(self, source, images, count=3, seed=2):
        source = opened(source, images, open_one=open_window_source)
        return source.make(count, torch.Generator().manual_seed(seed))

    def test_of_scenes_are_one_path_with_a_sharp_frame_in_the_middle_of_each_exposure(self):
        for kind in ("panorama", "layers"):
            source = windows_of(
                kind,
                **{
                    name: [low / 4, high / 4]
                    for name, (low, high) in MOVING[kind].items()
                    if name != "fieldOfViewDegrees"
                },
                objects=[0, 0],
                augmentation=QUIET,
                shutterShare=[0.2, 1],
            )
            windows = self.windows(source, IMAGES[kind])
            self.assertTrue(torch.equal(windows.blurred, self.windows(source, IMAGES[kind]).blurred))
            flow = F.interpolate(
                (-windows.motion_pixels).flatten(0, 1).permute(0, 3, 1, 2),
                scale_factor=4,
                mode="bicubic",
                align_corners=False,
            ).permute(0, 2, 3, 1)
            sharp = windows.frames.permute(0, 1, 4, 2, 3).flatten(0, 1)
            middle = windows.frames[:, 2].permute(0, 3, 1, 2).repeat_interleave(5, 0)
            restored, inside = moved(sharp, flow)
            self.assertLess(float((restored - middle).abs().mean(1)[inside].mean()), 0.015)
            self.assertGreater(float((sharp - middle).abs().mean(1)[inside].mean()), 0.02)
            # Between neighbours, steps are alike.
            lengths = windows.motion_pixels.norm(dim=-1).mean((2, 3))
            torch.testing.assert_close(lengths[:, 0], 2 * lengths[:, 1], rtol=0.35, atol=0.3)

    def test_a_shutter_that_is_hardly_open_leaves_the_picture_sharp(self):
        shut = self.windows(
            windows_of("layers", cameraPixels=[6, 6], augmentation=QUIET, shutterShare=[0.001, 0.001]),
            STILLS,
        )
        torch.testing.assert_close(shut.blurred, shut.frames, atol=2e-3, rtol=0)

    def test_of_videos_average_about_their_middle(self):
        images = {f"street/{index}.png": png(pixels) for index, pixels in enumerate(clip(20))}
        steady = windows_of(exposureFrames=[3, 3], strideFrames=[1, 1], steadyShare=1, halvedShare=0)
        windows = self.windows(steady, images, count=8)
        # Exposures of three frames, a stride of one: each is the mean of its neighbours, but for those
        # repeated at the clip's ends.
        inner = [
            index for index in range(8) if (windows.frames[index].diff(dim=0).abs().amax((1, 2, 3)) > 0).all()
        ]
        self.assertGreater(len(inner), 1)
        means = (windows.frames[:, :-2] + windows.frames[:, 1:-1] + windows.frames[:, 2:]) / 3
        torch.testing.assert_close(windows.blurred[inner, 1:-1], means[inner], atol=1e-5, rtol=0)
        self.assertEqual(float(windows.motion_known.max()), 0)

    def test_of_videos_smaller_than_half_a_window_are_refused(self):
        images = {f"street/{index}.png": png(pixels) for index, pixels in enumerate(clip(20, width=15))}
        self.assertRaisesRegex(
            ValueError,
            "pictures of at least 16x16 but those of street are 15x80; use a smaller sizePixels or leave "
            "street out",
            self.windows,
            windows_of(),
            images,
        )

    def test_of_recorded_pairs_are_as_recorded(self):
        windows = self.windows(windows_of(), RecordedPairs.IMAGES)
        torch.testing.assert_close(
            windows.blurred - windows.frames, torch.full((3, 5, SIZE, SIZE, 3), 80 / 255)
        )


class PublishedSets(unittest.TestCase):
    """Names of pictures stand for the pictures: only how they are sorted is looked at."""

    def sorted_into(self, *names):
        return clips_and_pairs({name: torch.full((3, 2, 2), index) for index, name in enumerate(names)})

    def test_are_read_as_they_come(self):
        for blurred, sharp in (
            ("test/blur/street", "test/gt/street"),
            ("test/GOPR0384/blur", "test/GOPR0384/sharp"),
            ("720p_240fps_2/input", "720p_240fps_2/GT"),
            ("val/val_blur/000", "val/val_sharp/000"),
        ):
            with self.subTest(sharp):
                clips, pairs = self.sorted_into(f"{blurred}/0.png", f"{sharp}/0.png")
                self.assertEqual((list(clips), list(pairs)), ([], [sharp]))
                self.assertEqual([int(side[0, 0, 0, 0]) for side in pairs[sharp]], [0, 1])

    def test_what_is_blurred_is_no_clip(self):
        clips, pairs = self.sorted_into(
            *(f"GOPR0384/{side}/{index}.png" for side in ("blur", "blur_gamma", "sharp") for index in (0, 1)),
            *("own/input/0.png", "lake/input/0.png", "lake/input/1.png", "lake/GT/0.png", "gt/sharp/0.png"),
        )
        self.assertEqual(sorted(pairs), ["GOPR0384/sharp", "lake/GT"])
        self.assertEqual([int(frame[0, 0, 0]) for frame in pairs["GOPR0384/sharp"][0]], [0, 1])
        self.assertEqual(sorted(clips), ["gt/sharp", "own/input"])


class Asked(dict):
    """Remembers which of its keys were asked for."""

    def __init__(self, options):
        super().__init__(options)
        self.keys_asked = set()

    def __getitem__(self, key):
        self.keys_asked.add(key)
        return super().__getitem__(key)

    def get(self, key, default=None):
        self.keys_asked.add(key)
        return super().get(key, default)


class Options(unittest.TestCase):
    # What cannot be read ends the run, whatever a source says.
    NOT_HERE = {"onBadFrame"}

    def test_all_that_a_plan_says_are_heeded(self):
        video = {f"street/{index}.png": png(pixels) for index, pixels in enumerate(clip())}
        images = {**IMAGES, "video": video, "pairs": RecordedPairs.IMAGES, "windows": video}
        for name in OPTIONS:
            kinds = ("panorama", "layers") if name == "rendered windows" else (name,)
            for kind in kinds:
                rich = {**RICH, **MOVING[kind]} if kind in MOVING else {}
                of_kind, open_one = (
                    (windows_of, open_window_source) if "windows" in name else (source_of, open_source)
                )
                options = Asked(of_kind(kind, **rich))
                source = opened(options, images[kind], open_one=open_one)
                source.make(8, torch.Generator().manual_seed(1))
                self.assertEqual(set(options) - options.keys_asked - self.NOT_HERE, set(), (name, kind))


class Refusals(unittest.TestCase):
    def test_name_what_was_wanted_and_what_came(self):
        for wrong, message in (
            (
                {"kind": "shards"},
                "kind panorama, layers, video, pairs for synthesis on the device but received 'shards'",
            ),
            (source_of("layers", objectShapes={"dog": 1}), "objectShapes of blob, .* but received 'dog'"),
        ):
            self.assertRaisesRegex(ValueError, message, opened, wrong, STILLS)
        for images, message in (
            ({}, "there are none"),
            ({"a.png": b"nothing"}, "a picture .* in a.png but it cannot be decoded"),
            (STILLS, "stills/0.png: Expected a full-sphere panorama, .* but it is 90x70"),
        ):
            self.assertRaisesRegex(ValueError, message, opened, source_of("panorama"), images)
        for wrong, message in (
            ({"size_pixels": 30}, "multiple of 4, 8 or more, but received 30"),
            ({"frames": 4}, "an odd number of frames, 3 or more, but received 4"),
        ):
            self.assertRaisesRegex(ValueError, message, opened, source_of("layers"), STILLS, **wrong)

    def test_a_part_of_a_panorama_is_enough_for_small_cameras_only(self):
        images = {"part.png": png(smooth_pixels(200, 60))}
        options = {
            "coverageDegrees": 180,
            "fieldOfViewDegrees": [10, 10],
            "pitchDegrees": [-60, 60],
            "angleDegrees": [1, 2],
            "photoPixels": SIZE,
            "minPanoramaPixelsPerPixel": 0,
            "augmentation": PLAIN,
        }
        # The rest of the sphere is black; the picture nowhere is.
        for more in ({}, {"shiftPixels": [4, 4], "parallax": 0.5}, {"objects": [2, 2]}):
            source = opened(source_of("panorama", **options, **more), images)
            samples = source.make(6, torch.Generator().manual_seed(1))
            self.assertGreater(float(samples.frames.min()), 20 / 255)
        wide = opened(source_of("panorama", **{**options, "fieldOfViewDegrees": [100, 100]}), images)
        with self.assertRaisesRegex(ValueError, "500 random views all left one"):
            wide.make(1, torch.Generator())


class Pictures(unittest.TestCase):
    def test_shapes_are_filled_and_do_not_touch_the_border(self):
        random = numpy.random.default_rng(1)
        for shape in SHAPES:
            for _ in range(20):
                mask = draw_shape(random, shape, 96)
                self.assertGreater(mask.max(), 0.5, shape)
                self.assertEqual(
                    max(mask[0].max(), mask[-1].max(), mask[:, 0].max(), mask[:, -1].max()), 0, shape
                )

    def test_are_the_same_from_either_decoder(self):
        pixels = smooth_pixels(20, 10)
        for decode in (decode_with_opencv, decode_with_pillow):
            try:
                decoded = decode(png(pixels))
            except ImportError as missing:
                self.skipTest(f"no {missing.name}")
            self.assertTrue(numpy.array_equal(decoded, pixels))

    def test_strong_compression_flattens_blocks_and_none_leaves_them(self):
        picture = torch.from_numpy(smooth_pixels(20, 12).transpose(2, 0, 1).copy()).float()[None] / 255
        best, worst = quantize_like_jpeg(picture, [100]), quantize_like_jpeg(picture, [1])
        self.assertLess(float((best - picture).abs().max()), 4 / 255)
        self.assertGreater(float((worst - picture).abs().mean()), 10 / 255)


if __name__ == "__main__":
    unittest.main()
