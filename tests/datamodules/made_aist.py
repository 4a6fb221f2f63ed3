"""Files of AIST++ after its owners' loader, made up, and OpenCV's projection by its documentation."""

import json
import pickle

import numpy as np

SEQUENCE = "gBR_sBM_cAll_d04_mBR0_ch01"
LENS = (-0.06, 0.02, 0.001, -0.002, 0.0)

# Somebody who stands, in COCO's order, centimetres, y up; the right side mirrors the left.
_LEFT = {
    **{1: (3, 163, 8), 3: (8, 161, 0), 5: (17, 140, 0), 7: (22, 112, 3), 9: (24, 88, 8)},
    **{11: (11, 92, 0), 13: (12, 50, 2), 15: (12, 8, -3)},
}


def dancer(frames=6, seed=0):
    """Somebody who jumps aside, centimetres ``(N, 17, 3)``."""
    rest = np.zeros((17, 3))
    rest[0] = (0, 160, 10)
    for joint, place in _LEFT.items():
        rest[joint] = place
        rest[joint + 1] = np.array(place) * (-1, 1, 1)
    way = np.linspace([0, 0, 0], [20 + seed, 15, 30], frames)
    return rest + way[:, None]


def camera(number):
    """A camera as the settings list it."""
    return {
        "name": f"c{number + 1:02}",
        "size": [1920, 1080],
        "matrix": [[1500.0 + number, 0, 960], [0, 1498, 540], [0, 0, 1]],
        # Half a turn about x, y down and towards the dancer, then about the vertical.
        "rotation": (np.pi * np.array([np.cos(0.2 * number), 0, np.sin(0.2 * number)])).tolist(),
        "translation": [5.0, 90.0, 400.0],
        "distortions": list(LENS),
    }


def rodrigues(vector):
    """The rotation about a vector by its length."""
    angle = np.linalg.norm(vector)
    x, y, z = np.array(vector) / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def in_camera(points, content):
    """X_cam = R X + t, centimetres."""
    return points @ rodrigues(content["rotation"]).T + np.array(content["translation"])


def opencv(points, content):
    """Pixels by the formulas of OpenCV's documentation."""
    x, y, z = np.moveaxis(in_camera(points, content), -1, 0)
    x, y = x / z, y / z
    k1, k2, p1, p2, k3 = content["distortions"]
    r2 = x**2 + y**2
    radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    u = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x**2)
    v = y * radial + p1 * (r2 + 2 * y**2) + 2 * p2 * x * y
    (fx, _, cx), (_, fy, cy), _ = content["matrix"]
    return np.stack([fx * u + cx, fy * v + cy], -1)


def write(raw, sequence=SEQUENCE, setting="setting1", views=2, detections=False, **entries):
    """Write a sequence; entries are those of its file of 3D keypoints."""
    for folder in ("keypoints3d", "keypoints2d", "cameras"):
        (raw / folder).mkdir(parents=True, exist_ok=True)
    points = {"keypoints3d": dancer() + 1, "keypoints3d_optim": dancer()} | entries
    (raw / f"keypoints3d/{sequence}.pkl").write_bytes(pickle.dumps(points))
    with (raw / "cameras/mapping.txt").open("a") as mapping:
        mapping.write(f"{sequence} {setting}\n")
    listed = json.dumps([camera(number) for number in range(views)])
    (raw / f"cameras/{setting}.json").write_text(listed)
    if detections:
        seen = np.random.default_rng(0).uniform(300, 800, (views, 6, 17, 3))
        seen[..., 2] = np.random.default_rng(1).uniform(0.1, 1.1, (views, 6, 17))
        seen[0, 2, 5] = np.nan
        content = {
            "keypoints2d": seen,
            "det_scores": np.ones((views, 6)),
            "timestamps": np.arange(6),
        }
        (raw / f"keypoints2d/{sequence}.pkl").write_bytes(pickle.dumps(content))
        return seen
    return None
