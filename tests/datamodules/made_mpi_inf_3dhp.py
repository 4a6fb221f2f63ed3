"""Made-up files of MPI-INF-3DHP in the layouts its owners and mmpose publish."""

import pickle

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from datamodules.mpi_inf_3dhp.convert import convert
from lifting.errors import InputError
from lifting.skeletons import skeleton

# Counted by hand in the owners' lists: h36m17 out of their 28 joints, and out of the test set's 17.
FROM_28 = [4, 23, 24, 25, 18, 19, 20, 3, 5, 6, 7, 9, 10, 11, 14, 15, 16]
FROM_17 = [14, 8, 9, 10, 11, 12, 13, 15, 1, 16, 0, 5, 6, 7, 2, 3, 4]
CHEST, VNECT = [0, 2, 4, 7, 8], [0, 1, 2, 4, 5, 6, 7, 8]
FRAMES = 6
K = {"f": np.array([1500.0, 1498.0]), "c": np.array([1020.0, 1030.0])}


def body(seed, frames=FRAMES, joints="mpi3dhp28"):
    """Camera-frame millimetres of 250 mm bones around a root 4 m away."""
    rng = np.random.default_rng(seed)
    tree = skeleton(joints)
    pose = np.zeros((frames, len(tree), 3))
    walk = np.cumsum(rng.normal(0, 30, (frames, 3)), axis=0) + np.array([100, -50, 4000])
    steps = rng.normal(size=(len(tree), 3))
    done, pose[:, tree.root] = {tree.root}, walk
    while len(done) < len(tree):
        for parent, child in tree.bones:
            if parent in done and child not in done:
                step = 250 * steps[child] / np.linalg.norm(steps[child])
                pose[:, child] = pose[:, parent] + step
                done.add(child)
    return pose


def pixels(pose, f=K["f"], c=K["c"]):
    return pose[..., :2] / pose[..., 2:] * f + c


def rotation(seed):
    q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return q * np.sign(np.linalg.det(q))


def placing(camera):
    return rotation(camera), np.array([10.0 * camera, 1400.0, 3800.0])


def write_calibration(folder, count=14, radial="0", intrinsic_numbers=16):
    lines = ["Skeletool Camera Calibration File V1.0"]
    for camera in range(count):
        turn, shift = placing(camera)
        inner = [K["f"][0], 0, K["c"][0], 0, 0, K["f"][1], K["c"][1], *[0] * 3, 1, *[0] * 4, 1]
        outer = np.vstack([np.column_stack([turn, shift]), [0, 0, 0, 1]]).ravel()
        lines += [
            f"name          {camera}",
            "  sensor      10 10",
            "  size        2048 2048",
            "  animated    0",
            "  intrinsic   " + " ".join(map(str, inner[:intrinsic_numbers])) + " ",
            "  extrinsic   " + " ".join(f"{x:.12f}" for x in outer) + " ",
            f"  radial      {radial}",
        ]
    (folder / "camera.calibration").write_text("\n".join(lines) + "\n")


def shrunk(pose, root):
    """A person of another height at the same place: the image changes."""
    return pose[:, [root]] + 0.9 * (pose - pose[:, [root]])


def train_pose(subject, sequence, camera, universal=False):
    pose = body(1000 * int(subject[1:]) + 100 * int(sequence[3:]) + camera)
    return shrunk(pose, FROM_28[0]) if universal else pose


def write_train(raw, sequences=(("S1", "Seq1"), ("S8", "Seq2")), count=14, **replaced):
    """``annot.mat``: a cell per camera, a row per frame, and the calibration beside it."""
    for subject, sequence in sequences:
        folder = raw / subject / sequence
        folder.mkdir(parents=True)
        cells = {name: np.empty((count, 1), object) for name in ("annot2", "annot3", "univ_annot3")}
        for camera in range(count):
            pose = train_pose(subject, sequence, camera)
            cells["annot2"][camera, 0] = pixels(pose).reshape(FRAMES, 56)
            cells["annot3"][camera, 0] = pose.reshape(FRAMES, 84)
            small = train_pose(subject, sequence, camera, universal=True)
            cells["univ_annot3"][camera, 0] = small.reshape(FRAMES, 84)
        content = cells | {
            "cameras": np.arange(count)[None],
            "frames": np.arange(FRAMES)[:, None],
        }
        content = {k: v for k, v in (content | replaced).items() if v is not None}
        savemat(folder / "annot.mat", content)
        write_calibration(folder)
    return raw


VALID = np.array([0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0])
# Frames 0 to 8 sit, the last ones walk; those that are not valid say nothing.
ACTIVITY = np.array([0, 3, 0, 3, 3, 0, 0, 3, 0, 1, 0])


def sequence_pose(subject, universal=False):
    pose = body(int(subject[2:]), len(VALID), "mpi3dhp17")
    # From the names of the joint set to the owners' order, by the hand-counted list.
    order = np.empty(17, int)
    order[FROM_17] = np.arange(17)
    pose = pose[:, order]
    return shrunk(pose, FROM_17[0]) if universal else pose


def write_test(raw, subjects=("TS1", "TS6"), **replaced):
    """``annot_data.mat`` as h5py sees MATLAB's arrays: the axes the other way round."""
    for subject in subjects:
        folder = raw / subject
        folder.mkdir(parents=True)
        pose = sequence_pose(subject)
        content = {
            "annot2": pixels(pose)[:, None],
            "annot3": pose[:, None],
            "univ_annot3": sequence_pose(subject, universal=True)[:, None],
            "valid_frame": VALID[:, None].astype(np.float64),
            "activity_annotation": ACTIVITY[:, None].astype(np.float64),
        }
        with h5py.File(folder / "annot_data.mat", "w") as file:
            for name, value in (content | replaced).items():
                if value is not None:
                    file[name] = value
    return raw


NAMES = ["S4_Seq2_Cam0_000012.jpg", "S4_Seq2_Cam0_000011.jpg", "TS5_000002.jpg"]


def write_rows(raw, names=NAMES, cameras=None, **replaced):
    """Mmpose's two files: metres, and cameras by the name of the sequence."""
    raw.mkdir()
    pose = np.stack([sequence_pose(f"TS{i}")[0] for i in range(len(names))])
    ones = np.ones((len(names), 17, 1))
    content = {
        "imgname": np.array(names),
        "part": np.concatenate([pixels(pose), ones], -1),
        "S": np.concatenate([pose / 1000, ones], -1),
    }
    content = {k: v for k, v in (content | replaced).items() if v is not None}
    np.savez(raw / "mpi_inf_3dhp_any.npz", **content)
    turn, shift = placing(0)
    inner = {"f": K["f"][:, None], "c": K["c"][:, None]}
    # The height is as mmpose's reader cuts it off.
    studio = {**inner, "R": turn, "T": shift[:, None] / 1000, "w": 2048, "h": 204}
    whole = {"S4_Seq2_Cam0": studio, "S4_Seq2_Cam3": studio, "TS5": {**inner, "w": 1920, "h": 1080}}
    with (raw / "cameras_any.pkl").open("wb") as stream:
        pickle.dump(whole if cameras is None else cameras, stream)
    return raw, pose


def refused(raw, out, message, **options):
    with pytest.raises(InputError, match=message):
        convert(raw, out, **options)
    assert not out.exists()
    assert not list(out.parent.glob("*.partial"))
