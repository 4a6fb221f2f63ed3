"""Keypoints whose y points up, or whose left and right are exchanged."""

import numpy as np
import pytest
import torch

from lifting.cameras import nominal_camera, project
from lifting.keypoints.orientation import misread
from lifting.skeletons import skeleton

SETS = ["halpe26", "openpose25", "mediapipe33"]
SIDES = {"left": 0.1, "right": -0.1}
# Metres to the left, in front, and up.
PLACES = {"nose": (0, 0.1, 1.6), "hip": (1, 0, 0.95), "knee": (1, 0.05, 0.5), "ankle": (1, 0, 0.1)}
PLACES |= {"heel": (1.1, -0.05, 0.02), "toe": (1.2, 0.18, 0.02), "shoulder": (1.5, 0, 1.4)}


def walking(joint_set, heading, frames=30, height=1.5):
    """Somebody who walks in a direction, degrees, 4 m before a camera at a height: pixels, seen."""
    joints = skeleton(joint_set)
    body, seen = np.zeros((frames, len(joints), 3)), np.zeros((frames, len(joints)), bool)
    swing = 0.25 * np.sin(np.arange(frames) / 3)
    for index, name in enumerate(joints.joints):
        side = SIDES.get(name.split("_")[0])
        part = "toe" if name.endswith(("big_toe", "toe_tip")) else name.split("_")[-1]
        if part not in PLACES or (side is None) != (part == "nose"):
            continue
        left, front, up = PLACES[part]
        legs = part in ("ankle", "heel", "toe")
        stride = swing * (1 if side == SIDES["left"] else -1) if legs else 0 * swing
        body[:, index] = np.stack(
            [np.full(frames, left * (side or 0)), front + stride, np.full(frames, up)], -1
        )
        seen[:, index] = True
    angle = np.radians(heading)
    # The camera's frame: x right, y down, z away; heading 0 is towards the camera.
    left, front, up = np.moveaxis(body, -1, 0)
    x = left * np.cos(angle) + front * np.sin(angle)
    z = 4 + left * np.sin(angle) - front * np.cos(angle)
    camera = nominal_camera(1000.0, 900.0)
    points = 1000 * torch.from_numpy(np.stack([x, height - up, z], -1))
    return project(points, camera.to(torch.float64)).numpy(), seen


@pytest.mark.parametrize("joint_set", SETS)
@pytest.mark.parametrize("heading", [0, 60, 90, 180, 270, 330])
def test_whoever_walks_is_seen_as_it_is(joint_set, heading):
    points, seen = walking(joint_set, heading)
    mirror = list(skeleton(joint_set).mirror)
    assert misread(points, seen, joint_set) is None
    assert "left and right are exchanged" in misread(points[:, mirror], seen, joint_set).text
    mirrored = points * [-1, 1] + [1000, 0]
    assert "left and right are exchanged" in misread(mirrored, seen, joint_set).text
    up = points * [1, -1] + [0, 900]
    assert misread(up, seen, joint_set).remedy == "if y points up in it, give the height less y."


def test_without_feet_or_with_few_frames_nothing_is_said():
    points, seen = walking("halpe26", 0)
    mirror = list(skeleton("halpe26").mirror)
    wrong = points[:, mirror]
    assert misread(wrong[:9], seen[:9], "halpe26") is None
    unseen = seen.copy()
    unseen[:, skeleton("halpe26").index("left_heel")] = False
    assert misread(wrong, unseen, "halpe26") is None
    coco, there = walking("coco17", 0)
    assert misread(coco[:, list(skeleton("coco17").mirror)], there, "coco17") is None
    # Toes that were put elsewhere are no feet.
    put = wrong.copy()
    put[:, skeleton("halpe26").indices(["left_big_toe", "right_big_toe"])] = 500
    assert misread(put, seen, "halpe26") is None
    # One who stands on the hands now and then is no mistake.
    some = points.copy()
    some[::2] = some[::2] * [1, -1] + [0, 900]
    assert misread(some, seen, "halpe26") is None


@pytest.mark.real
@pytest.mark.parametrize("clip", ["sports2d_demo", *(f"pose2sim_cam0{i}" for i in range(1, 5))])
def test_real_people(real_data, clip):
    with np.load(real_data / f"video/mediapipe_keypoints/{clip}.npz") as content:
        landmarks, size = content["landmarks"], content["size"]
    seen = np.isfinite(landmarks[..., 0]) & (landmarks[..., 3] > 0.1)
    points = np.where(seen[..., None], landmarks[..., :2] * size, 0)
    assert misread(points, seen, "mediapipe33") is None
    mirror = list(skeleton("mediapipe33").mirror)
    exchanged = misread(points[:, mirror], seen[:, mirror], "mediapipe33")
    # Of the gymnast from this side nothing can be told.
    assert (exchanged is None) == (clip == "pose2sim_cam02")
