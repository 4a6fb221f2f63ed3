"""The index file: what is written is read, images and index move together, damage is told."""

import shutil

import h5py
import numpy as np
import pytest
import torch

from datamodules.crops.index import read_index, write_index
from datamodules.crops.records import gather_records
from lifting.errors import InputError
from tests.datamodules.made_images import INFO, prepare, record


def test_what_is_written_is_read(tmp_path):
    given = [record(0), record(1, camera=None, pose=None), record(2, "S5")]
    index = prepare(tmp_path, given)
    expected, found = gather_records(INFO, tmp_path, given), read_index(index)
    assert found.info == expected.info
    assert found.paths == expected.paths
    assert found.names == expected.names
    assert found.digest == expected.digest
    for name, column in expected.columns.items():
        torch.testing.assert_close(found.columns[name], column, equal_nan=True, rtol=0, atol=0)
    torch.testing.assert_close(found.cameras.rotation, expected.cameras.rotation)


def test_images_and_index_move_together_and_may_lie_apart(tmp_path):
    index = prepare(tmp_path / "here", [record(0)])
    shutil.move(tmp_path / "here", tmp_path / "there")
    assert read_index(tmp_path / "there/index.h5").file(0).is_file()
    records = read_index(tmp_path / "there/index.h5")
    write_index(tmp_path / "far/away.h5", records)
    assert read_index(tmp_path / "far/away.h5").file(0).is_file()
    assert not index.exists()
    assert [p.name for p in (tmp_path / "far").iterdir()] == ["away.h5"]


def test_no_camera_at_all_can_be_kept(tmp_path):
    found = read_index(prepare(tmp_path, [record(0, camera=None, pose=None)]))
    assert len(found.cameras.focal) == 0


def put(file, name, values):
    del file[name]
    file[name] = values


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda f: f.attrs.update(format="other"), "no index of images"),
        (lambda f: f.attrs.update(format_version=7), "format version 7"),
        (lambda f: f.attrs.update(format_version=[1, 2]), r"format version \[1 2\]"),
        (lambda f: f.attrs.update(skeleton="h37m"), "no skeleton 'h37m'"),
        (lambda f: put(f, "cameras/focal", np.float64(3)), "damaged or incomplete"),
        (lambda f: put(f, "cameras/focal", np.ones((1, 3))), "together|incomplete"),
        (lambda f: f.pop("box"), "no 'box' in it"),
        (lambda f: f["camera"].write_direct(np.array([5])), "do not belong together"),
        (lambda f: f["subject"].write_direct(np.array([-1])), "do not belong together"),
    ],
)
def test_damage_is_told(tmp_path, damage, sentence):
    index = prepare(tmp_path, [record(0)])
    with h5py.File(index, "a") as file:
        damage(file)
    with pytest.raises(InputError, match=sentence):
        read_index(index)


def test_missing_and_truncated_files_are_told(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_index(tmp_path / "index.h5")
    index = prepare(tmp_path, [record(0)])
    index.write_bytes(index.read_bytes()[:1000])
    with pytest.raises(InputError, match="damaged"):
        read_index(index)
