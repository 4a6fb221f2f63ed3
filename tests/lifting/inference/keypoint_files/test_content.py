"""Containers of keypoint files, told by name and beginning."""

import json
import pickle

import h5py
import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.keypoint_files.content import (
    ARRAYS,
    FOLDER,
    HDF5,
    JSON,
    TEXT,
    container_of,
    open_content,
)


def test_containers(tmp_path):
    np.savez(tmp_path / "a.npz", keypoints=np.ones(3))
    np.save(tmp_path / "a.npy", np.ones(3))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["clips"] = 1
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "a.txt").write_text("\ufeff \n[1]", encoding="utf-8")
    (tmp_path / "a.csv").write_text("\ufeffscorer,a\n", encoding="utf-8")
    kinds = {name: open_content(tmp_path / f"a.{name}") for name in ("npz", "npy", "h5", "csv")}
    assert {name: content.container for name, content in kinds.items()} == {
        "npz": ARRAYS,
        "npy": ARRAYS,
        "h5": HDF5,
        "csv": TEXT,
    }
    assert kinds["h5"].data == {"clips"}
    assert kinds["csv"].data == "scorer,a\n"
    assert container_of(tmp_path / "a.json") == container_of(tmp_path / "a.txt") == JSON
    assert open_content(tmp_path).container == FOLDER


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.pkl", pickle.dumps([1]), "is a pickle, .*; save its keypoints as an .npz"),
        ("a.dat", pickle.dumps([1]), "is a pickle"),
        ("a.xlsx", b"PK\x03\x04", "is a zip archive, or a spreadsheet"),
        ("a.bin", b"\x00\xff\xfe", "is neither text, JSON, arrays nor HDF5"),
        ("a.mov", b"", "is no file of keypoints; lift videos by `lifting video`"),
        ("a.png", b"", "is no file of keypoints; lift photographs by `lifting photo`"),
    ],
)
def test_what_holds_no_keypoints_is_named(name, content, sentence, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=rf"{name}: {sentence}"):
        open_content(tmp_path / name)


def test_a_byte_order_mark_is_no_damage(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps({"a": "ü"}), encoding="utf-8-sig")
    assert open_content(tmp_path / "a.json").data == {"a": "ü"}
