"""Folders of CMU Panoptic, made up, and its projection by the formulas of OpenCV's documentation."""

import json

import numpy as np
from scipy.spatial.transform import Rotation

from datamodules.panoptic.cameras import HD_CAMERAS

SEQUENCE = "171204_pose9"

# Somebody who stands on the floor, arms down: y points down in this world, centimetres. In the order of
# the files; the right side mirrors the left.
_MIDDLE = {0: (0, -145, 0), 1: (0, -165, -9), 2: (0, -95, 0)}
_LEFT = {
    **{3: (17, -142, 0), 4: (22, -114, 3), 5: (24, -90, -4)},
    **{6: (11, -93, 0), 7: (12, -50, -3), 8: (12, -8, 4), 15: (3, -169, -8), 16: (8, -166, 1)},
}
_RIGHT = {3: 9, 4: 10, 5: 11, 6: 12, 7: 13, 8: 14, 15: 17, 16: 18}


LENS = (-0.28, 0.19, 0.001, -0.002, 0.05)


def camera(number, focal=1400.0, lens=LENS):
    turn = Rotation.from_euler("yx", [60 * number, 10], degrees=True).as_matrix()
    return {
        "K": [[focal + number, 0, 950], [0, 1395, 540], [0, 0, 1]],
        "distCoef": list(lens),
        "R": turn.tolist(),
        "t": [[5.0], [88], [420]],
        "resolution": [1920, 1080],
    }


def person(number=0, x=0.0, z=0.0, missing=(), moved=None):
    """A body as the files have it; ``moved`` takes joints elsewhere."""
    points = np.zeros((19, 4))
    for joint, place in {**_MIDDLE, **_LEFT}.items():
        points[joint, :3] = place
    for left, right in _RIGHT.items():
        points[right, :3] = points[left, :3] * (-1, 1, 1)
    points[:, :3] += (x, 0, z)
    points[:, 3] = 0.6
    for joint, place in (moved or {}).items():
        points[joint, :3] = place
    points[list(missing)] = (0, 0, 0, -1)
    return {"id": number, "joints19": points.ravel().tolist()}


def joints_of(body):
    return np.array(body["joints19"]).reshape(19, 4)


def write(folder, scenes, cameras=HD_CAMERAS, sequence=SEQUENCE, **options):
    """Write a sequence: by frame number who is in it; options are those of the cameras."""
    place = folder / sequence
    (place / "hdPose3d_stage1_coco19").mkdir(parents=True)
    listed = [{"name": name, **camera(number, **options)} for number, name in enumerate(cameras)]
    (place / f"calibration_{sequence}.json").write_text(json.dumps({"cameras": listed}))
    for frame, bodies in scenes.items():
        file = place / f"hdPose3d_stage1_coco19/body3DScene_{frame:08}.json"
        file.write_text(json.dumps({"bodies": bodies}))
    return folder


def in_camera(joints, content):
    """X_cam = R X + t, centimetres."""
    return joints[:, :3] @ np.array(content["R"]).T + np.array(content["t"])[:, 0]


def opencv(joints, content):
    """Pixels by the formulas of OpenCV's documentation, from the dataset's own numbers."""
    x, y, z = in_camera(joints, content).T
    x, y = x / z, y / z
    k1, k2, p1, p2, k3 = content["distCoef"]
    r2 = x**2 + y**2
    radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    u = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x**2)
    v = y * radial + p1 * (r2 + 2 * y**2) + 2 * p2 * x * y
    return (np.array(content["K"]) @ np.stack([u, v, np.ones_like(u)]))[:2].T
