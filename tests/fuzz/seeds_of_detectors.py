"""Small files of keypoints of many programs; each function returns the path of its own."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.fuzz.seed_texts import FRAMES, write_json
from tests.lifting.inference.keypoint_files import made_keypoints as made
from tests.lifting.inference.keypoint_files import (
    test_deeplabcut,
    test_detectron2,
    test_mmpose,
    test_trc,
    test_ultralytics,
)


def deeplabcut_csv(folder: Path) -> Path:
    return _deeplabcut(test_deeplabcut.csv, folder / "a.csv")


def deeplabcut_h5(folder: Path) -> Path:
    return _deeplabcut(test_deeplabcut.h5, folder / "a.h5")


def _deeplabcut(write: Callable[..., Path], path: Path) -> Path:
    heading = test_deeplabcut.columns(None, test_deeplabcut.FULL_HUMAN)
    return write(path, heading, test_deeplabcut.rows(made.person(14, FRAMES)), None)


def detectron2(folder: Path) -> Path:
    return test_detectron2.save(folder / "a.npz", made.person(17, FRAMES)[:, None])


def mmpose(folder: Path) -> Path:
    return write_json(folder / "a.json", test_mmpose.video())


def trc(folder: Path) -> Path:
    return Path(test_trc.trc(folder / "a_px_person00.trc"))


def ultralytics(folder: Path) -> Path:
    frames = [[test_ultralytics.result(p, track_id=4)] for p in made.person(17, FRAMES)]
    return write_json(folder / "a.json", frames)


def ultralytics_labels(folder: Path) -> Path:
    return next(test_ultralytics.labels(folder / "labels", made.person(17, FRAMES)).glob("*.txt"))


def rtmlib(folder: Path) -> Path:
    both = np.stack([made.person(26, FRAMES), made.person(26, FRAMES, 1)])
    np.savez(folder / "a.npz", keypoints=both[..., :2], scores=both[..., 2], size=made.SIZE)
    return folder / "a.npz"
