"""Joint angles of poses made from known angles, by a chain of rotations that scipy builds."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lifting.skeletons import SKELETONS, skeleton
from lifting.skeletons.joint_angles import angle_names, joint_angles
from lifting.skeletons.t_pose import t_pose

# Forwards, up, right of somebody who faces the camera: x right, y down, z away.
FACING = np.array([[0, 0, -1], [0, -1, 0], [-1, 0, 0]], float)
MIRROR = np.diag([1.0, 1.0, -1.0])


def limbs(angles, side):
    """Directions of thigh, shank, foot, upper arm and forearm: forwards, up, right of the trunk."""

    def about_right(degrees):
        return Rotation.from_rotvec(np.radians(degrees)[:, None] * [0.0, 0, 1])

    hip = np.stack([angles[f"hip_{name}"] for name in ("flexion", "adduction", "rotation")], -1)
    leg = Rotation.from_euler("ZXY", hip, degrees=True)
    # ISB's elevation is a negative turn about X.
    plane = np.stack(
        [angles["shoulder_plane"], -angles["shoulder_elevation"], angles["shoulder_rotation"]], -1
    )
    arm = Rotation.from_euler("YXY", plane, degrees=True)
    down = [0.0, -1.0, 0.0]
    knee = about_right(-angles["knee_flexion"])
    # A foot is square to the shank, and dorsiflexion lifts the toes.
    foot = about_right(angles["ankle_dorsiflexion"]).apply([1.0, 0, 0])
    parts = {
        "thigh": leg.apply(down),
        "shank": (leg * knee).apply(down),
        "foot": (leg * knee).apply(foot),
        "arm": arm.apply(down),
        "forearm": (arm * about_right(angles["elbow_flexion"])).apply(down),
    }
    if side == "left":
        parts = {name: vector @ MIRROR for name, vector in parts.items()}
    return parts


def poses_of(angles, joints, world):
    """Poses (millimetres, camera frame) of a trunk, turned by ``world``, with limbs at given angles."""
    count = len(world)
    place = {"hips": np.zeros((count, 3)), "shoulders": np.tile([0.0, 480, 0], (count, 1))}
    middle = np.tile([0.0, 250, 0], (count, 1))
    for sign, side in ((1, "right"), (-1, "left")):
        part = limbs(
            {n.removeprefix(f"{side}_"): v for n, v in angles.items() if n.startswith(side)}, side
        )
        place[f"{side}_hip"] = np.tile([0.0, 0, 130 * sign], (count, 1))
        place[f"{side}_shoulder"] = np.tile([0.0, 480, 170 * sign], (count, 1))
        place[f"{side}_knee"] = place[f"{side}_hip"] + 440 * part["thigh"]
        place[f"{side}_ankle"] = place[f"{side}_knee"] + 430 * part["shank"]
        place[f"{side}_heel"] = place[f"{side}_ankle"] + 60 * part["shank"] - 50 * part["foot"]
        for toe in ("toe_tip", "big_toe", "small_toe"):
            place[f"{side}_{toe}"] = place[f"{side}_heel"] + 250 * part["foot"]
        place[f"{side}_elbow"] = place[f"{side}_shoulder"] + 280 * part["arm"]
        place[f"{side}_wrist"] = place[f"{side}_elbow"] + 250 * part["forearm"]
    place["spine"] = middle
    poses = np.stack([place.get(joint, middle) for joint in joints.joints], 1) @ FACING
    return np.einsum("tij,tkj->tki", world.as_matrix(), poses)


def random_angles(count, seed=0):
    rng = np.random.default_rng(seed)
    limits = {
        **{"hip_flexion": (-170, 170), "hip_adduction": (-75, 75), "hip_rotation": (-80, 80)},
        **{"knee_flexion": (21, 150), "ankle_dorsiflexion": (-50, 40), "elbow_flexion": (21, 150)},
        **{"shoulder_elevation": (11, 165), "shoulder_plane": (-170, 170)},
        "shoulder_rotation": (-80, 80),
    }
    return {
        f"{side}_{name}": rng.uniform(*ends, count)
        for side in ("right", "left")
        for name, ends in limits.items()
    }


def named(poses, name):
    return dict(zip(angle_names(name), joint_angles(poses, name).T, strict=True))


@pytest.mark.parametrize("name", ["h36m17", "halpe26", "mediapipe33", "coco17"])
def test_angles_that_a_pose_was_made_with_come_back_wherever_it_is_turned(name):
    angles = random_angles(50)
    poses = poses_of(angles, skeleton(name), Rotation.random(50, random_state=1))
    found = named(poses, name)
    toes = name in ("halpe26", "mediapipe33")
    assert ("left_ankle_dorsiflexion" in found) == toes
    for angle, wanted in angles.items():
        if not angle.endswith("ankle_dorsiflexion"):
            np.testing.assert_allclose(found[angle], wanted, atol=1e-6, err_msg=angle)
        elif toes:
            # From the T-pose on, whose toes lie 2 to 3 degrees lower than square to the shank.
            offset = found[angle] - wanted
            assert np.ptp(offset) < 1e-6
            assert 0 < offset.mean() < 3


def test_flexion_and_adduction_of_the_arm_are_those_of_a_leg():
    """The same chain of rotations, Z, X, Y, at the shoulder."""
    angles = random_angles(40, seed=2)
    poses = poses_of(angles, skeleton("h36m17"), Rotation.random(40, random_state=2))
    found = named(poses, "h36m17")
    for side in ("right", "left"):
        e, p = (np.radians(angles[f"{side}_shoulder_{n}"]) for n in ("elevation", "plane"))
        arm = np.stack([np.sin(e) * np.sin(p), -np.cos(e), np.sin(e) * np.cos(p)], -1)
        adduction = found[f"{side}_shoulder_adduction"]
        np.testing.assert_allclose(adduction, np.degrees(np.arcsin(-arm[:, 2])), atol=1e-6)
        flexion = found[f"{side}_shoulder_flexion"]
        assert np.array_equal(np.isnan(flexion), np.abs(adduction) > 80)
        rest = ~np.isnan(flexion)
        back = Rotation.from_euler(
            "ZX", np.stack([flexion[rest], adduction[rest]], -1), degrees=True
        ).apply([0.0, -1.0, 0.0])
        np.testing.assert_allclose(back, arm[rest], atol=1e-6)


def test_words_mean_what_they_say():
    """Of somebody who faces the camera: right is on the image's left."""
    joints = skeleton("h36m17")

    def pose(**moved):
        place = dict(zip(joints.joints, t_pose(joints) * [10.0, -10, -10], strict=True))
        place |= {name: np.array(at, float) for name, at in moved.items()}
        return np.stack([place[joint] for joint in joints.joints])[None]

    standing = named(pose(), "h36m17")
    for name, value in standing.items():
        if "rotation" in name or name.endswith("shoulder_flexion"):
            assert np.isnan(value), name
    assert standing["left_shoulder_elevation"] == pytest.approx(90, abs=0.1)
    assert standing["left_shoulder_plane"] == pytest.approx(0, abs=0.1)
    assert standing["left_shoulder_adduction"] == pytest.approx(-90, abs=0.1)
    for angle in ("hip_flexion", "hip_adduction", "knee_flexion", "elbow_flexion"):
        assert standing[f"right_{angle}"] == pytest.approx(0, abs=0.1)

    # A knee lifted towards the camera, the shank hanging, the foot turned outwards.
    lifted = named(pose(right_knee=(-120, -950, -440), right_ankle=(-200, -520, -440)), "h36m17")
    assert lifted["right_hip_flexion"] == pytest.approx(90, abs=0.1)
    assert lifted["right_knee_flexion"] == pytest.approx(90, abs=0.1)
    assert lifted["right_hip_rotation"] == pytest.approx(np.degrees(np.arctan(80 / 430)), abs=0.1)
    crossed = named(pose(left_knee=(0, -530, 0), left_ankle=(-120, -110, 0)), "h36m17")
    assert crossed["left_hip_adduction"] == pytest.approx(np.degrees(np.arctan(120 / 420)), abs=0.1)


def test_what_is_not_known_is_not_told():
    angles = random_angles(3)
    poses = poses_of(angles, skeleton("halpe26"), Rotation.identity(3))
    poses[1, skeleton("halpe26").index("left_knee")] = np.nan
    missing = {name for name, values in named(poses, "halpe26").items() if np.isnan(values[1])}
    wanted = ("hip_flexion", "hip_adduction", "hip_rotation", "knee_flexion", "ankle_dorsiflexion")
    assert missing == {f"left_{name}" for name in wanted}
    straight = angles | {"left_knee_flexion": np.full(3, 19.0), "left_elbow_flexion": np.zeros(3)}
    found = named(poses_of(straight, skeleton("h36m17"), Rotation.identity(3)), "h36m17")
    untold = {name for name, values in found.items() if np.isnan(values).all()}
    assert {"left_hip_rotation", "left_shoulder_rotation"} <= untold


@pytest.mark.parametrize("joints", SKELETONS.values(), ids=SKELETONS)
def test_every_joint_set_has_angles(joints):
    found = named(t_pose(joints)[None] * [10.0, -10, -10], joints.name)
    has_toes = any("toe" in joint for joint in joints.joints)
    assert ("right_ankle_dorsiflexion" in found) == has_toes
    assert found["right_knee_flexion"] == pytest.approx(0, abs=0.5)
    if has_toes:
        assert found["left_ankle_dorsiflexion"] == pytest.approx(0, abs=1e-9)
