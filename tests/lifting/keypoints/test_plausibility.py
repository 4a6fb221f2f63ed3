"""Keypoints that nobody can have, and those that people have."""

import numpy as np
import pytest
import torch

from datamodules.synthetic.procedural.clips import draw_cameras, generate_sequence
from lifting.cameras import project, world_to_camera
from lifting.keypoints.plausibility import implausible
from lifting.skeletons import skeleton

SIZE = (1000, 1000)
WRIST = skeleton("h36m17").index("left_wrist")


@pytest.fixture(scope="module")
def walk():
    """A generated person who walks, 30 frames, pixels."""
    world = torch.from_numpy(generate_sequence(7, "S11", "Walking", 30)).double()
    camera = draw_cameras(7, "S11")["55011271"]
    return project(world_to_camera(world, camera), camera).numpy()


def found(points, seen=None, size=SIZE, **options):
    seen = np.ones(points.shape[:2], bool) if seen is None else seen
    return implausible(points, seen, "h36m17", size, **options)


@pytest.mark.parametrize("size", [SIZE, None])
def test_a_person_is_let_be_as_small_as_three_pixels_and_cut_off_by_the_edge(walk, size):
    assert not found(walk, size=size)
    assert not found(walk / 200, size=size)
    assert not found(walk - [walk[..., 0].mean(), 0], size=size)
    noise = np.random.default_rng(0).normal(0, 60, walk.shape)
    assert not found(walk + noise, size=size)


def change(walk, where, value):
    changed = walk.copy()
    changed[where] = value
    return changed


@pytest.mark.parametrize(
    ("where", "value", "text"),
    [
        (
            np.s_[[2, 9], WRIST],
            (1e9, 400),
            "left wrist lies far outside the image of 1000 x 1000 pixels on 2 of 30 frames (2, 9) and "
            "is taken as not seen",
        ),
        (
            np.s_[:, WRIST],
            (9000, -9000),
            "left wrist lies far from the rest of the person on 30 of 30 frames (0, 1, 2, 3, 4, …) and "
            "is taken as not seen",
        ),
        (
            np.s_[4:6],
            (300, 300),
            "all keypoints lie in one point on 2 of 30 frames (4, 5) and are taken as missing",
        ),
        (
            np.s_[4:6],
            (0, 0),
            "all keypoints lie in one point on 2 of 30 frames (4, 5) and are taken as missing",
        ),
        (
            np.s_[7, WRIST],
            (0, 0),
            "left wrist lies at (0, 0) on 1 of 30 frames (7) and is taken as not seen",
        ),
        (
            np.s_[7, :5],
            (-1e300, 1e300),
            "5 of 17 keypoints lie far outside the image of 1000 x 1000 pixels on 1 of 30 frames (7) "
            "and are taken as not seen",
        ),
    ],
)
def test_what_nobody_can_have_is_named_and_nothing_else(walk, where, value, text):
    changed = change(walk, where, value)
    (fault,) = found(changed)
    assert fault.text == text
    np.testing.assert_array_equal(fault.mask, (changed != walk).all(-1))


def test_without_a_size_no_image_is_so_large(walk):
    (fault,) = found(change(walk, (3, WRIST), (3e5, 0)), size=None)
    assert "far outside any image on 1 of 30 frames (3)" in fault.text


def test_frames_are_called_by_their_numbers(walk):
    changed = change(walk, (3, WRIST), (1e9, 0))
    assert "(103)" in found(changed, frames=range(100, 130))[0].text
    assert "on frame 103 and" in found(changed[3:4], frames=[103])[0].text


def test_what_is_not_seen_does_not_count(walk):
    seen = np.ones(walk.shape[:2], bool)
    seen[:, WRIST] = False
    assert not found(change(walk, np.s_[:, WRIST], (1e9, 1e9)), seen)
    # Of one keypoint, or of few, no extent is known.
    seen[:] = False
    seen[:, :4] = True
    assert not found(walk, seen)


def test_who_is_outside_of_the_image_is_named_and_kept(walk):
    (fault,) = found(-walk)
    assert fault.text.startswith(
        "nothing of the person lies within the image of 1000 x 1000 pixels"
    )
    assert not fault.mask.any()
    outside = walk.copy()
    outside[:10] += 1000
    assert not found(outside)
