"""The renderer: visible joints, crops as parts of the image, and left against right."""

import numpy as np
import pytest
import torch
from PIL import Image

from datamodules.synthetic.procedural.body import SKELETON
from datamodules.synthetic.procedural.clips import draw_cameras, generate_sequence
from datamodules.synthetic.rendered.background import Occluder
from datamodules.synthetic.rendered.renderer import RenderedScene
from datamodules.synthetic.rendered.scenes import make_scene
from lifting.cameras import project, world_to_camera
from lifting.imaging.boxes import box_around
from lifting.imaging.crops import crop_affine, fit_aspect
from lifting.imaging.warping import warp

WIDTH, HEIGHT = 192, 256
NAMES = ("S1", "Walking", "54138969")


def facing(turn=0.0, arm_before_chest=False):
    """A person with arms out before a camera that looks straight at the face, or turned from it."""
    place = {
        "pelvis": (0, 0, 0),
        "spine": (0, -230, 0),
        "thorax": (0, -480, 0),
        "face": (0, -560, -80),
        "head": (0, -670, -40),
    }
    for side, sign in (("left", 1), ("right", -1)):
        place |= {
            f"{side}_hip": (130 * sign, 0, 0),
            f"{side}_knee": (150 * sign, 430, 0),
            f"{side}_ankle": (150 * sign, 860, 0),
            f"{side}_shoulder": (160 * sign, -440, 0),
            f"{side}_elbow": (440 * sign, -420, 0),
            f"{side}_wrist": (690 * sign, -400, 0),
        }
    if arm_before_chest:
        place |= {"right_elbow": (-300, -250, -120), "right_wrist": (0, -240, -260)}
    pose = np.array([place[joint] for joint in SKELETON.joints], np.float64)
    cos, sin = np.cos(turn), np.sin(turn)
    pose = pose @ np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]).T
    return pose + np.array([0, 0, 5000])


@pytest.fixture
def scene():
    camera = draw_cameras(0, "S1")["54138969"]

    def make(pose, occluder=None):
        one = make_scene(0, NAMES, 0, pose, camera, 0.0)
        return RenderedScene(pose, camera, one.appearance, one.background, occluder)

    return make


def seen(scene):
    return {j for j, s in zip(SKELETON.joints, scene.visible_joints(), strict=True) if s}


def test_everything_is_seen_of_someone_who_spreads_the_arms(scene):
    assert seen(scene(facing())) == set(SKELETON.joints)


def test_far_side_is_hidden_by_the_near_one(scene):
    # Turned so that the left side is near the camera.
    visible = seen(scene(facing(np.pi / 2)))
    assert {"left_hip", "left_knee", "left_ankle"} <= visible
    assert not {"right_shoulder", "right_hip", "right_knee", "right_ankle"} & visible
    other = seen(scene(facing(-np.pi / 2)))
    assert not {"left_shoulder", "left_hip", "left_knee", "left_ankle"} & other


def test_arm_before_the_chest_is_seen_and_from_behind_it_is_not(scene):
    front, back = (seen(scene(facing(turn, True))) for turn in (0.0, np.pi))
    assert "right_wrist" in front
    assert "right_wrist" not in back
    assert "spine" not in front


def test_occluder_hides_what_lies_behind_it(scene):
    pose = facing()
    camera = scene(pose).camera
    knee = project(torch.from_numpy(pose), camera).numpy()[SKELETON.index("left_knee")]
    plate = Occluder(knee, 30 * np.eye(2), 12, 3000.0, np.array([[1.0, 0, 0], [1, 0, 0]]))
    assert set(SKELETON.joints) - seen(scene(pose, plate)) == {"left_knee"}
    image = scene(pose, plate).render(np.eye(2, 3), 1000, 1000, np.random.default_rng(0))
    red, green, blue = image[int(knee[1]), int(knee[0])].astype(int)
    assert red > green + 80
    assert red > blue + 80
    behind = Occluder(plate.centre, plate.axes, 12, 9000.0, plate.colours)
    assert seen(scene(pose, behind)) == set(SKELETON.joints)


def crop_of(keypoints, degrees=0.0, flip=False):
    points = torch.from_numpy(keypoints)
    box = box_around(points, torch.ones(17, dtype=torch.bool))
    centre, scale = fit_aspect(box, (WIDTH, HEIGHT))
    angle = torch.tensor(degrees * np.pi / 180).double()
    return crop_affine(centre, scale, (WIDTH, HEIGHT), angle, torch.tensor(flip)).numpy()


@pytest.mark.parametrize(("degrees", "flip"), [(0, False), (25, False), (-40, True)])
def test_crop_is_a_part_of_the_whole_image(scene, degrees, flip):
    one = scene(facing(0.4))
    keypoints = project(torch.from_numpy(one.pose), one.camera).numpy()
    affine = crop_of(keypoints, degrees, flip)
    whole = one.render(np.eye(2, 3), 1000, 1000, np.random.default_rng(0))
    ours = one.render(affine, WIDTH, HEIGHT, np.random.default_rng(0)).astype(float)
    cut = warp(Image.fromarray(whole), affine.astype(np.float32), (WIDTH, HEIGHT)).astype(float)
    # Noise, blur and lines one pixel wide differ; anything that is not in its place would too.
    inside = cut.sum(-1) > 0
    assert np.abs(ours - cut)[inside].mean() < 7
    assert np.corrcoef(ours[inside].ravel(), cut[inside].ravel())[0, 1] > 0.97
    moved = np.abs(ours[:, 8:] - cut[:, :-8])[inside[:, 8:] & inside[:, :-8]].mean()
    assert moved > 1.5 * np.abs(ours - cut)[inside].mean()


def test_image_is_a_function_of_its_names():
    camera = draw_cameras(0, "S1")["54138969"]
    world = torch.from_numpy(generate_sequence(0, "S1", "Walking", 40)).double()
    pose = world_to_camera(world, camera)[20].numpy()
    keypoints = project(torch.from_numpy(pose), camera).numpy()

    def image(names=NAMES, frame=20):
        one = make_scene(0, names, frame, pose, camera, 1.0)
        return one.render(crop_of(keypoints), WIDTH, HEIGHT, np.random.default_rng(0))

    np.testing.assert_array_equal(image(), image())
    for other in (image(("S5", *NAMES[1:])), image(frame=60), image((*NAMES[:2], "55011271"))):
        assert np.abs(other.astype(int) - image()).mean() > 1


@pytest.mark.parametrize("subject", ["S1", "S5", "S6", "S7", "S8", "S9", "S11"])
def test_left_is_warmer_than_right(subject):
    pose = facing()
    camera = draw_cameras(0, subject)["54138969"]
    one = make_scene(0, (subject, "Walking", "54138969"), 0, pose, camera, 0.0)
    image = one.render(np.eye(2, 3), 1000, 1000, np.random.default_rng(0)).astype(float)
    joint = dict(zip(SKELETON.joints, project(torch.from_numpy(pose), camera).numpy(), strict=True))

    def warmth(side):
        upper = 0.5 * (joint[f"{side}_shoulder"] + joint[f"{side}_elbow"])
        thigh = 0.5 * (joint[f"{side}_hip"] + joint[f"{side}_knee"])
        patches = [
            image[int(y) - 6 : int(y) + 7, int(x) - 6 : int(x) + 7] for x, y in (upper, thigh)
        ]
        red, green, blue = np.mean(patches, (0, 1, 2))
        return (red - max(0.85 * green, blue)) / (red + green + blue)

    assert warmth("left") > 0.04
    assert warmth("right") < -0.04
