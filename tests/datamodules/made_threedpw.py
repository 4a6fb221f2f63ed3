"""Files of 3DPW after its readme, made up: SMPL's joints before a camera that is carried about."""

import numpy as np
from scipy.spatial.transform import Rotation

from tests.datamodules import made_python2

# SMPL's joints in their order, and where they are of somebody who stands, metres, y up.
SMPL = {
    "pelvis": (0.0, 0.0, 0.0),
    **{"left_hip": (0.06, -0.09, 0), "right_hip": (-0.06, -0.09, 0), "spine1": (0, 0.11, -0.02)},
    **{"left_knee": (0.1, -0.47, 0), "right_knee": (-0.1, -0.47, 0), "spine2": (0, 0.25, 0)},
    **{"left_ankle": (0.09, -0.87, -0.04), "right_ankle": (-0.09, -0.87, -0.04)},
    **{"spine3": (0, 0.3, 0), "left_foot": (0.11, -0.93, 0.08), "right_foot": (-0.11, -0.93, 0.08)},
    **{"neck": (0, 0.52, -0.03), "left_collar": (0.08, 0.43, 0), "right_collar": (-0.08, 0.43, 0)},
    **{
        "head": (0, 0.6, 0.02),
        "left_shoulder": (0.17, 0.45, 0),
        "right_shoulder": (-0.17, 0.45, 0),
    },
    **{"left_elbow": (0.43, 0.44, 0), "right_elbow": (-0.43, 0.44, 0)},
    **{"left_wrist": (0.68, 0.44, 0), "right_wrist": (-0.68, 0.44, 0)},
    **{"left_hand": (0.77, 0.43, 0), "right_hand": (-0.77, 0.43, 0)},
}
INTRINSICS = np.array([[1969.2, 0, 540], [0, 1961.8, 960], [0, 0, 1]])


def world(frames, seed=0):
    """Somebody who turns about and walks, metres ``(T, 24, 3)``."""
    rest = np.array(list(SMPL.values()))
    turns = Rotation.from_euler("y", np.linspace([0], [1 + seed], frames)).as_matrix()
    way = np.linspace([0, 1, 0], [0.5, 1, 0.3 + seed], frames)
    return np.einsum("tij,kj->tki", turns, rest) + way[:, None]


def camera_poses(frames):
    """World to camera ``(T, 4, 4)``: y down, the person four metres away, and never twice the same."""
    poses = np.tile(np.eye(4), (frames, 1, 1))
    angles = np.linspace([180, 0, 0], [175, 10, 3], frames)
    poses[:, :3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    poses[:, :3, 3] = np.linspace([0, 1, 4], [0.2, 1.1, 4.5], frames)
    return poses


def content(name, frames=6, people=1, **changes):
    """The dictionary of a sequence."""
    rng = np.random.default_rng(1)
    detected = rng.uniform(300, 700, (people, frames, 3, 18))
    detected[:, :, 2] = rng.uniform(0.2, 1.05, (people, frames, 18))
    detected[:, 0] = 0
    return {
        "sequence": name,
        "betas": [np.zeros(10) for _ in range(people)],
        "genders": ["m"] * people,
        "jointPositions": [world(frames, seed).reshape(frames, 72) for seed in range(people)],
        "poses2d": list(detected),
        "campose_valid": [np.ones(frames, bool) for _ in range(people)],
        "cam_poses": camera_poses(frames),
        "cam_intrinsics": INTRINSICS,
        "img_frame_ids": np.arange(frames) * 2,
        **changes,
    }


def write(raw, split="train", name="downtown_walking_00", **changes):
    """Write a sequence; returns its dictionary."""
    folder = raw / "sequenceFiles" / split
    folder.mkdir(parents=True, exist_ok=True)
    made = content(name, **changes)
    (folder / f"{name}.pkl").write_bytes(made_python2.dumps(made))
    return made
