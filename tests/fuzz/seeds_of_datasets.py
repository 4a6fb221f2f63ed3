"""Small files of every dataset, of stores and indices; each function returns the path of its own."""

from pathlib import Path

import numpy as np

from datamodules.crops.index import write_index
from datamodules.crops.records import gather_records
from datamodules.h36m.cameras import CAMERAS
from tests.datamodules import (
    made_aist,
    made_cmu,
    made_h36m,
    made_images,
    made_lsp,
    made_mpi_inf_3dhp,
    made_npz,
    made_panoptic,
    made_threedpw,
)
from tests.datamodules.image_sets import test_shelf
from tests.datamodules.motion import made_motion_files
from tests.datamodules.store import made_clips
from tests.fuzz.seed_texts import FRAMES, write_json
from tests.lifting.inference.keypoint_files import made_keypoints as made


def custom_cameras(folder: Path) -> Path:
    return made_npz.write_cameras(folder / "cameras.json")


def _panoptic(folder: Path) -> Path:
    made_panoptic.write(folder, {1: [made_panoptic.person()]})
    return folder / made_panoptic.SEQUENCE


def panoptic_cameras(folder: Path) -> Path:
    return next(_panoptic(folder).glob("calibration*"))


def panoptic_bodies(folder: Path) -> Path:
    return next(_panoptic(folder).glob("hd*/*"))


def store(folder: Path) -> Path:
    return made_clips.write(folder / "a.h5")


def index(folder: Path) -> Path:
    made_images.write_images(folder, [made_images.record(0)])
    records = gather_records(made_images.INFO, folder, [made_images.record(0)])
    write_index(folder / "index.h5", records)
    return folder / "index.h5"


def boxes(folder: Path) -> Path:
    box = {"image_id": 785, "bbox": [1.5, 2, 30, 40], "score": 0.9}
    return write_json(folder / "a.json", [box, box | {"image_id": "a/b.jpg"}])


def _aist(folder: Path, name: str) -> Path:
    made_aist.write(folder, detections=True)
    return folder / name


def aist_poses(folder: Path) -> Path:
    return _aist(folder, f"keypoints3d/{made_aist.SEQUENCE}.pkl")


def aist_detections(folder: Path) -> Path:
    return _aist(folder, f"keypoints2d/{made_aist.SEQUENCE}.pkl")


def aist_cameras(folder: Path) -> Path:
    return _aist(folder, "cameras/setting1.json")


def aist_mapping(folder: Path) -> Path:
    return _aist(folder, "cameras/mapping.txt")


def threedpw(folder: Path) -> Path:
    made_threedpw.write(folder)
    return next(folder.rglob("*.pkl"))


def cmu_npz(folder: Path) -> Path:
    made_cmu.write_npz(folder / "data_3d_a.npz", {("S02", "01"): FRAMES})
    return folder / "data_3d_a.npz"


def amc(folder: Path) -> Path:
    made_cmu.write_amc(folder, frames=FRAMES)
    return folder / "02_01.amc"


def asf(folder: Path) -> Path:
    return amc(folder).with_name("02.asf")


def bvh(folder: Path) -> Path:
    made_cmu.write_bvh(folder, frames=FRAMES)
    return folder / "02_01.bvh"


def motion(folder: Path) -> Path:
    made_motion_files.write_motion(folder / "a.npz", [("mine", "anna", "take 1", "wave", 4)])
    return folder / "a.npz"


_RECORDINGS = {("S1", "Walking 1"): made_h36m.body(0, FRAMES)}


def h36m_npz(folder: Path) -> Path:
    made_h36m.write_npz(folder / "data_3d_h36m.npz", _RECORDINGS)
    return folder / "data_3d_h36m.npz"


def h36m_detections(folder: Path) -> Path:
    return made_h36m.write_detections(folder / "data_2d_h36m_sh.npz", _RECORDINGS)


def baseline(folder: Path) -> Path:
    made_h36m.write_baseline(folder, _RECORDINGS)
    return next(folder.rglob("*.h5"))


def fetch(folder: Path) -> Path:
    content = np.zeros((4 * FRAMES, 32, 2))
    made_h36m.write_fetch(folder, _RECORDINGS, range(FRAMES), **{"pose/2d": content})
    path = next(folder.rglob("annot.h5"))
    for camera in CAMERAS:
        for number in range(FRAMES):
            image = path.parent / f"imageSequence/{camera}/img_{number + 1:06}.jpg"
            made_images.write_picture(image, number)
    return path


def mpi_train(folder: Path) -> Path:
    made_mpi_inf_3dhp.write_train(folder, (("S1", "Seq1"),), 2)
    return next(folder.rglob("annot.mat"))


def mpi_calibration(folder: Path) -> Path:
    return mpi_train(folder).with_name("camera.calibration")


def mpi_test(folder: Path) -> Path:
    made_mpi_inf_3dhp.write_test(folder, ("TS1",))
    return next(folder.rglob("annot_data.mat"))


def mpi_rows(folder: Path) -> Path:
    made_mpi_inf_3dhp.write_rows(folder / "rows")
    return next(folder.rglob("*.npz"))


def mpi_cameras(folder: Path) -> Path:
    return mpi_rows(folder).with_name("cameras_any.pkl")


def mpii(folder: Path) -> Path:
    person = {"image": "a.jpg", "scale": 1.5, "center": [60.0, 40.0], "joints_vis": [1] * 16}
    joints = made.person(16, 1)[0, :, :2].tolist()
    made_images.write_picture(folder / "a.jpg", 0)
    return write_json(folder / "train.json", [person | {"joints": joints}])


def shelf(folder: Path) -> Path:
    return test_shelf.write(folder)[0] / "actorsGT.mat"


def shelf_cameras(folder: Path) -> Path:
    return test_shelf.write(folder)[0] / "calibration_shelf.json"


def lsp_mat(folder: Path) -> Path:
    return made_lsp.write_mat(folder / "joints.mat", *made_lsp.points(2000), False)


def relative_depth(folder: Path) -> Path:
    xy, seen = made_lsp.points(1)
    pairs = [[("neck", "left_knee", "neck")]]
    path = folder / "a.json"
    made_lsp.write_json(path, made_lsp.annotations(xy, seen, pairs))
    return path


def answers(folder: Path) -> Path:
    names = ("image", "first", "second", "nearer", "seconds", "time")
    values = ("im0001", "neck", "left_knee", "first", 2.4, "2025-01-31T12:00:00+00:00")
    sheet = {"seed": 0, "pairs": 5, "answers": [dict(zip(names, values, strict=True))]}
    content = {"format": "depth-answers", "version": 1, "annotators": {"anna": sheet}}
    return write_json(folder / "a.json", content)
