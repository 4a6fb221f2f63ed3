"""Lifters that come with the suite, on people they have not seen."""

from itertools import combinations

import numpy as np
import pytest
import torch

from datamodules.safe_load import load_npz
from datamodules.synthetic.procedural.clips import draw_cameras, generate_sequence
from lifting.cameras import project, world_to_camera
from lifting.geometry import centre
from lifting.inference.prediction import lift, load_lifter
from lifting.metrics.functional import pa_mpjpe
from lifting.skeletons import convert, skeleton

pytestmark = pytest.mark.slow(reason="lifts with the networks that are shipped", shapes=True)

H36M17 = skeleton("h36m17")
# A generator of people of which none was trained on.
SEED = 77


@pytest.fixture(scope="module")
def person():
    return load_lifter("person")


def seen(action, camera_name="55011271", frames=120):
    """A generated person, camera frame, and the pixels of their joints; 50 frames per second."""
    world = torch.from_numpy(generate_sequence(SEED, "S11", action, frames)).double()
    camera = draw_cameras(SEED, "S11")[camera_name]
    pose = world_to_camera(world, camera)
    return pose, project(pose, camera), camera


@pytest.mark.parametrize("action", ["Walking", "Eating", "Greeting"])
def test_generated_people_are_lifted(person, action):
    pose, pixels, camera = seen(action)
    lifted = lift(pixels.numpy(), person, skeleton="h36m17", camera=camera, fps=50)
    error = pa_mpjpe(torch.from_numpy(lifted.pose).double(), centre(pose, H36M17.root))
    assert error.mean() < 50
    # As a detector of other joints sees them, half the arms hidden.
    coco = convert(pixels, "h36m17", "mpii16").numpy()
    coco[:, skeleton("mpii16").index("left_wrist")] = np.nan
    lifted = lift(coco, person, skeleton="mpii16", size=(1000, 1000), fps=50)
    error = pa_mpjpe(torch.from_numpy(lifted.pose).double(), centre(pose, H36M17.root))
    assert error.mean() < 80
    assert not lifted.known[:, H36M17.index("left_wrist")].any()


# What detectors call joints that Human3.6M has under other names, or near by.
NEAR = {"nose": "face", "head_top": "head", "neck_base": "thorax", "chest": "thorax"}
OF_THE_FACE = ("eye", "ear", "mouth")


def as_detected(pixels, name):
    """Keypoints of a joint set, NaN where Human3.6M has none like it: hands, heels and toes."""
    joints = skeleton(name).joints
    points = np.full((len(pixels), len(joints), 2), np.nan)
    for number, joint in enumerate(joints):
        of_face = joint.split("_")[1:2] and joint.split("_")[1] in OF_THE_FACE
        own = NEAR.get(joint, "face" if of_face else joint)
        if own in H36M17.joints:
            points[:, number] = pixels[:, H36M17.index(own)]
    return points


@pytest.mark.parametrize("joints", ["coco17", "halpe26", "openpose25", "mediapipe33"])
@pytest.mark.parametrize("name", ["person", "person-live", "person-links"])
def test_every_one_takes_the_joint_sets_of_detectors_and_a_hidden_arm(name, joints):
    pose, pixels, _ = seen("Walking", frames=60)
    points = as_detected(pixels.numpy(), joints)
    for most, hidden in ((50, []), (90, ["left_elbow", "left_wrist"])):
        points[:, skeleton(joints).indices(hidden)] = np.nan
        lifted = lift(points, name, skeleton=joints, size=(1000, 1000), fps=50)
        error = pa_mpjpe(torch.from_numpy(lifted.pose).double(), centre(pose, H36M17.root))
        assert error.mean() < most
        assert not lifted.known[:, H36M17.indices(hidden)].any()
    assert lifted.known.any()


def test_where_and_how_large_a_person_is_does_not_matter(person):
    _, pixels, _ = seen("Walking", frames=40)
    options = {"skeleton": "h36m17", "fps": 50}
    before = lift(pixels.numpy(), person, size=(1000, 1000), **options).pose
    doubled = lift(2 * pixels.numpy(), person, size=(2000, 2000), **options).pose
    assert np.abs(doubled - before).max() < 1


def video_keypoints(folder, name):
    """Keypoints of MediaPipe of a clip, with their confidence, and the size of its images."""
    content = load_npz(folder / f"video/mediapipe_keypoints/{name}.npz")
    size = content["size"].astype(float)
    landmarks = content["landmarks"]
    return landmarks[..., :2] * size, np.nan_to_num(landmarks[..., 3]).clip(0, 1), tuple(size)


def test_four_cameras_agree_on_a_gymnast(person, real_data):
    poses = []
    for number in range(1, 5):
        points, confidence, size = video_keypoints(real_data, f"pose2sim_cam0{number}")
        options = {"skeleton": "mediapipe33", "confidence": confidence, "size": size}
        lifted = lift(points, person, fps=60, smooth="savgol", **options)
        poses.append(torch.from_numpy(lifted.pose).double())
    errors = torch.cat([pa_mpjpe(a, b) for a, b in combinations(poses, 2)])
    assert errors.median() < 90
