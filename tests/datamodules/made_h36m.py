"""Human3.6M made up, in the three layouts it comes in."""

import h5py
import numpy as np
import torch

from datamodules.h36m.cameras import h36m_camera
from datamodules.h36m.raw import CAMERAS
from datamodules.safe_load import open_hdf5
from lifting.cameras import project, world_to_camera
from lifting.skeletons import skeleton

H36M17, H36M32, MPII16 = (skeleton(name) for name in ("h36m17", "h36m32", "mpii16"))
SEVENTEEN = H36M32.indices(H36M17.joints)
FRAMES = 12


def body(seed, frames=FRAMES):
    """World-frame millimetres ``(T, 32, 3)``: 250 mm bones around a walking pelvis."""
    rng = np.random.default_rng(seed)
    pose = np.zeros((frames, 32, 3))
    pose[:, 0] = np.cumsum(rng.normal(0, 30, (frames, 3)), axis=0) + np.array([0, 0, 950])
    steps = rng.normal(size=(32, 3))
    for parent, child in H36M32.bones:
        pose[:, child] = pose[:, parent] + 250 * steps[child] / np.linalg.norm(steps[child])
    return pose


RECORDINGS = {
    ("S1", "Walking 1"): body(1),
    ("S1", "Photo"): body(2, 7),
    ("S9", "SittingDown"): body(3, 9),
    ("S11", "Directions 1"): body(4, 5),
}


def in_view(world, subject, camera):
    return world_to_camera(torch.from_numpy(world), h36m_camera(subject, camera)).numpy()


def pixels(world, subject, camera):
    parameters = h36m_camera(subject, camera)
    return project(world_to_camera(torch.from_numpy(world), parameters), parameters).numpy()


def write_npz(path, recordings=RECORDINGS, key="positions_3d", scale=1e-3):
    tree = {}
    for (subject, name), pose in recordings.items():
        tree.setdefault(subject, {})[name] = (scale * pose).astype(np.float32)
    np.savez(path, **{key: np.array(tree, dtype=object)})
    return path


def write_baseline(folder, recordings=RECORDINGS, key="3D_positions", scale=1.0):
    for (subject, name), pose in recordings.items():
        places = folder / subject / "MyPoses" / "3D_positions"
        places.mkdir(parents=True, exist_ok=True)
        with h5py.File(places / f"{name}.h5", "w") as file:
            file[key] = scale * pose.reshape(len(pose), 96).T
    return folder


def write_fetch(folder, recordings, kept, cameras=CAMERAS, **replaced):
    """All views behind one another, frames counted from 1."""
    for (subject, name), pose in recordings.items():
        place = folder / subject / name
        place.mkdir(parents=True)
        views = [in_view(pose[kept], subject, camera) for camera in CAMERAS]
        content = {
            "pose/3d": np.concatenate(views),
            "camera": np.repeat([int(c) for c in cameras], len(kept)),
            "frame": np.tile(np.array(kept) + 1, len(CAMERAS)),
        }
        with h5py.File(place / "annot.h5", "w") as file:
            for key, value in (content | replaced).items():
                if value is not None:
                    file[key] = value
    return folder


def write_detections(path, recordings=RECORDINGS, longer=0, noise=8.0, shift=None, **metadata):
    """MPII joints: the projected Human3.6M joints of the same name, with noise, others at zero."""
    rng = np.random.default_rng(0)
    common = [j for j in MPII16.joints if j in H36M17.joints]
    tree = {}
    for (subject, name), pose in recordings.items():
        views = []
        for camera in CAMERAS:
            seen = np.zeros((len(pose) + longer, 16, 2), np.float32)
            true = pixels(pose[:, H36M32.indices(common)], subject, camera)
            true += (shift or {}).get((subject, name), 0.0)
            true += noise * rng.normal(size=true.shape)
            seen[: len(pose), MPII16.indices(common)] = true
            views.append(seen)
        tree.setdefault(subject, {})[name] = views
    np.savez(path, positions_2d=np.array(tree, dtype=object), metadata=np.array(metadata, object))
    return path


def content(path):
    """Everything in an HDF5 file: arrays and attributes by their paths."""
    found = {}

    def visit(name, item):
        found[name] = {k: np.asarray(v).tolist() for k, v in item.attrs.items()}
        if isinstance(item, h5py.Dataset):
            found[name]["array"] = (str(item.dtype), item[()].tolist())

    with open_hdf5(path) as file:
        found[""] = {k: np.asarray(v).tolist() for k, v in file.attrs.items()}
        file.visititems(visit)
    return found
