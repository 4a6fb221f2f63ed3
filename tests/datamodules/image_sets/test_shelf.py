"""Shelf's and Campus's folders, made up."""

import json

import numpy as np
import pytest
from scipy.io import savemat

from datamodules.image_sets.shelf import read_shelf
from lifting.errors import InputError

CAMERA = {
    "R": [[1, 0, 0], [0, 0, -1], [0, 1, 0]],
    "T": [[0], [-5000], [1000]],
    "fx": 1000.0,
    "fy": 990.0,
    "cx": 510.0,
    "cy": 390.0,
    "k": [[0], [0], [0]],
    "p": [[0], [0]],
}


def write(folder, camera=CAMERA, frames=2):
    folder.mkdir(exist_ok=True)
    (folder / "calibration_shelf.json").write_text(json.dumps({"0": camera}))
    rng = np.random.default_rng(0)
    poses = [rng.uniform([-0.4, -0.3, 0], [0.4, 0.3, 1.7], (14, 3)) for _ in range(frames)]
    cells, actors = np.empty((frames + 1, 1), object), np.empty((1, 1), object)
    for number, pose in enumerate(poses):
        cells[number, 0] = pose
    cells[frames, 0] = np.zeros((0, 0))
    actors[0, 0] = cells
    savemat(folder / "actorsGT.mat", {"actor3D": actors})
    return folder, poses


def test_projection_is_the_pinhole_and_absent_people_are_passed_over(tmp_path):
    folder, poses = write(tmp_path / "shelf")
    records = list(read_shelf(folder).records)
    assert [r.path for r in records] == ["Camera0/img_000000.png", "Camera0/img_000001.png"]
    for record, pose in zip(records, poses, strict=True):
        x, y, z = (1000 * pose - [0, -5000, 1000]).T
        # The camera looks along the world's y; its y points down.
        expected = np.stack([1000 * x / y + 510, -990 * z / y + 390], -1)
        np.testing.assert_allclose(record.keypoints, expected, rtol=1e-9)


def test_damage_is_told(tmp_path):
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match=r"neither calibration_shelf\.json"):
        read_shelf(tmp_path / "none")
    lacking = {key: value for key, value in CAMERA.items() if key != "fx"}
    with pytest.raises(InputError, match="a camera lacks one of R"):
        read_shelf(write(tmp_path / "a", lacking)[0])
