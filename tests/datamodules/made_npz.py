"""Files in VideoPose3D's layout, made up: people of the procedural human, filmed by two cameras.

The cameras are written down as a user would, and project by formulas of this file alone.
"""

import json

import numpy as np
from scipy.spatial.transform import Rotation

from datamodules.synthetic.procedural.clips import generate_sequence
from lifting.skeletons import skeleton

FRAMES = 12
SIZES = {"left": (1000, 1002), "right": (1920, 1080)}
LENSES = {"left": "opencv", "right": "h36m"}
SYMMETRY = {
    "coco17": ([1, 3, 5, 7, 9, 11, 13, 15], [2, 4, 6, 8, 10, 12, 14, 16]),
    "h36m17": ([4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]),
    "humaneva15": ([2, 3, 4, 8, 9, 10], [5, 6, 7, 11, 12, 13]),
    # As VideoPose3D writes it: the two sides are not in the same order.
    "mpii16": ([3, 4, 5, 13, 14, 15], [0, 1, 2, 10, 11, 12]),
}
LAYOUTS = {"coco17": "coco", "h36m17": "h36m", "humaneva15": "humaneva15", "mpii16": "mpii"}


def entry(name):
    """A camera as it stands in the file: in a corner, looking at a point above the room's middle."""
    side = {"left": -1, "right": 1}[name]
    place = np.array([4.0 * side, -3.5, 1.6])
    forward = np.array([0.1, 0.2, 0.9]) - place
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0, 0, 1])
    right /= np.linalg.norm(right)
    camera_to_world = np.stack([right, np.cross(forward, right), forward], -1)
    x, y, z, w = Rotation.from_matrix(camera_to_world).as_quat()
    width, height = SIZES[name]
    return {
        "resolution": [width, height],
        "focal": [1.15 * width, 1.14 * width],
        "principal": [width / 2 + 11.5, height / 2 - 7.25],
        "radial": [-0.2, 0.24, -0.004],
        "tangential": {"p1": -0.0016, "p2": 0.0027},
        "lens": LENSES[name],
        "orientation": [w, x, y, z],
        "translation": place.tolist(),
    }


RIG = {name: entry(name) for name in SIZES}


def in_view(world, camera):
    """World metres to camera-frame metres."""
    w, x, y, z = camera["orientation"]
    return (
        Rotation.from_quat([x, y, z, w])
        .inv()
        .apply((world - camera["translation"]).reshape(-1, 3))
        .reshape(world.shape)
    )


def see(world, camera):
    """Pixels by OpenCV's formula; Human3.6M's lens has half of the mixed tangential term."""
    seen = in_view(world, camera)
    x, y = seen[..., 0] / seen[..., 2], seen[..., 1] / seen[..., 2]
    r2 = x**2 + y**2
    k1, k2, k3 = camera["radial"]
    p1, p2 = camera["tangential"]["p1"], camera["tangential"]["p2"]
    radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    if camera["lens"] == "opencv":
        u = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x**2)
        v = y * radial + p1 * (r2 + 2 * y**2) + 2 * p2 * x * y
    else:
        u = x * (radial + p2 * x + p1 * y) + p2 * r2
        v = y * (radial + p2 * x + p1 * y) + p1 * r2
    pixels = np.stack([u, v], -1) * camera["focal"] + camera["principal"]
    return pixels.astype(np.float32)


def person(model="S1", sequence="Walking", frames=FRAMES, joints="h36m17"):
    """World metres ``(T, J, 3)`` in a joint set whose joints are all among Human3.6M's seventeen."""
    pose = generate_sequence(0, model, sequence, frames) / 1000
    return pose[:, skeleton("h36m17").indices(skeleton(joints).joints)].astype(np.float32)


def people(joints="h36m17"):
    """Two people, one of whom does two things."""
    return {
        "anna": {
            "walk 1": person("S1", "Walking", FRAMES, joints),
            "sit": person("S1", "Sitting", 7, joints),
        },
        "ben": {"walk": person("S8", "Greeting", 9, joints)},
    }


def filmed(poses, rig=RIG):
    """The keypoints of every person, action and camera."""
    return {
        subject: {
            name: [see(pose, camera) for camera in rig.values()] for name, pose in takes.items()
        }
        for subject, takes in poses.items()
    }


def metadata(joints="h36m17", **replaced):
    """What VideoPose3D says of keypoints in a joint set."""
    symmetry = [list(side) for side in SYMMETRY[joints]]
    told = {
        "layout_name": LAYOUTS[joints],
        "num_joints": len(skeleton(joints)),
        "keypoints_symmetry": symmetry,
    }
    return {key: value for key, value in (told | replaced).items() if value is not None}


def write_2d(path, tree, **told):
    """Write ``data_2d_<name>.npz``."""
    np.savez(
        path,
        positions_2d=np.array(tree, dtype=object),
        metadata=np.array(metadata(**told), dtype=object),
    )
    return path


def write_3d(path, tree):
    """Write ``data_3d_<name>.npz``."""
    np.savez(path, positions_3d=np.array(tree, dtype=object))
    return path


def write_cameras(path, content=None):
    """Write the cameras file; without a content that of both cameras for everyone."""
    path.write_text(json.dumps(content or {"fps": 50, "cameras": RIG}))
    return path
