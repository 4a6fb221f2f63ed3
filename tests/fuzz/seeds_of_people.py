"""Small files of keypoints, poses and calibrations; each function returns the path of its own."""

from pathlib import Path

import numpy as np

from tests.datamodules import made_npz
from tests.fuzz.seed_texts import FRAMES, write_json, write_text
from tests.lifting.inference.camera_files import test_reading as calibrations
from tests.lifting.inference.keypoint_files import made_keypoints as made


def coco(folder: Path) -> Path:
    people = [(t, made.person(17, FRAMES)[t], {"bbox": [1, 2, 30, 40]}) for t in range(FRAMES)]
    return made.coco_annotations(folder / "a.json", people)


def results(folder: Path) -> Path:
    return made.coco_results(folder / "a.json", list(enumerate(made.person(17, FRAMES))))


def alphapose(folder: Path) -> Path:
    people = [(t, points, 1) for t, points in enumerate(made.person(17, FRAMES))]
    return made.alphapose(folder / "a.json", people)


def openpose(folder: Path) -> Path:
    frames = {t: [(points, -1)] for t, points in enumerate(made.person(25, FRAMES))}
    return next(made.openpose(folder, frames).glob("*1_keypoints.json"))


def mediapipe(folder: Path) -> Path:
    return write_json(folder / "a.json", [made.landmarks(p) for p in made.person(33, FRAMES)])


def npz(folder: Path) -> Path:
    path, count = folder / "a.npz", np.arange(6)
    points = made.person(17, 6)
    np.savez(
        path,
        keypoints=points,
        size=[1280, 720],
        fps=25,
        skeleton="coco17",
        frame=count % 3,
        track=count // 3,
        tracks=["anna", "ben"],
    )
    return path


def npy(folder: Path) -> Path:
    np.save(folder / "a.npy", made.person(25, FRAMES))
    return folder / "a.npy"


def data_2d(folder: Path) -> Path:
    tree = {"anna": {"walk": [made.person(17, FRAMES)]}}
    video = {"video_metadata": {"anna": {"w": 1280, "h": 720}}}
    return made_npz.write_2d(folder / "data_2d_a.npz", tree, **video)


def data_3d(folder: Path) -> Path:
    return made_npz.write_3d(folder / "a.npz", {"anna": {"walk": made_npz.person(frames=FRAMES)}})


def keypoint_store(folder: Path) -> Path:
    return made.store(folder / "a.h5", made.person(17, FRAMES))


def pose(folder: Path) -> Path:
    return write_json(folder / "a.json", made.person(17, 1)[0].tolist())


def lifted(folder: Path) -> Path:
    np.savez(
        folder / "a.npz",
        pose=1000 * made_npz.person(frames=FRAMES),
        known=np.ones((FRAMES, 17), bool),
        frame=np.arange(FRAMES),
        track=np.zeros(FRAMES, int),
        tracks=["anna"],
        skeleton="h36m17",
        fps=25.0,
        trajectory=np.zeros((FRAMES, 3)),
        files=["a.npz", "a.html"],
    )
    return folder / "a.npz"


def predictions(folder: Path) -> Path:
    zeros = np.zeros(FRAMES, int)
    np.savez(
        folder / "predictions.npz",
        pose=made_npz.person(frames=FRAMES),
        clips=np.array([["S9", "Walking", "front"]]),
        clip=zeros,
        frame=np.arange(FRAMES),
    )
    return folder / "predictions.npz"


def opencv(folder: Path) -> Path:
    return write_text(folder / "a.yml", calibrations.OPENCV)


def qualisys(folder: Path) -> Path:
    return write_text(folder / "a.qca.txt", calibrations.QUALISYS)


def pose2sim(folder: Path) -> Path:
    return write_text(folder / "a.toml", calibrations.POSE2SIM)
