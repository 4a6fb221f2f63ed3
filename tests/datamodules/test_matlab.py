"""MATLAB's files: what is read is numbers, and nothing in them is run."""

import os
import pickle

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from datamodules.matlab import load_mat, numbers, read_dataset
from datamodules.safe_load import open_hdf5
from lifting.errors import InputError


class Harmful:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_arrays_and_cells_come_back(tmp_path):
    cells = np.empty((2, 1), object)
    cells[0, 0], cells[1, 0] = np.arange(6.0).reshape(2, 3), np.ones((1, 4))
    savemat(tmp_path / "a.mat", {"cells": cells, "plain": np.eye(2), "other": "text"})
    content = load_mat(tmp_path / "a.mat", ("cells", "plain"))
    np.testing.assert_array_equal(content["cells"][0, 0], cells[0, 0])
    np.testing.assert_array_equal(numbers(content["plain"], "here"), np.eye(2))
    assert "other" not in content


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_under_another_name_is_not_unpickled(tmp_path, protocol):
    trap = tmp_path / "trap"
    (tmp_path / "annot.mat").write_bytes(pickle.dumps(Harmful(trap), protocol))
    with pytest.raises(InputError, match=r"annot\.mat: damaged or not a \.mat file"):
        load_mat(tmp_path / "annot.mat", ("annot2",))
    assert not trap.exists()
    # The trap works.
    pickle.loads(pickle.dumps(Harmful(trap), protocol))
    assert trap.exists()


def test_a_pickle_inside_a_mat_file_stays_bytes(tmp_path):
    trap = tmp_path / "trap"
    payload = np.frombuffer(pickle.dumps(Harmful(trap)), np.uint8)
    cells = np.empty((1, 1), object)
    cells[0, 0] = payload
    savemat(tmp_path / "a.mat", {"bytes": payload, "cells": cells})
    content = load_mat(tmp_path / "a.mat", ("bytes", "cells"))
    np.testing.assert_array_equal(content["cells"][0, 0].ravel(), payload)
    assert not trap.exists()


@pytest.mark.parametrize("end", [0, 60, 200, -20])
def test_a_truncated_file_is_refused(tmp_path, end):
    savemat(tmp_path / "a.mat", {"x": np.arange(50.0)}, do_compression=True)
    (tmp_path / "a.mat").write_bytes((tmp_path / "a.mat").read_bytes()[:end])
    with pytest.raises(InputError, match=r"a\.mat: (damaged|no 'x')"):
        load_mat(tmp_path / "a.mat", ("x",))


def test_version_7_3_is_named(tmp_path):
    header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
    (tmp_path / "a.mat").write_bytes(header + bytes(512))
    with pytest.raises(InputError, match=r"version 7\.3"):
        load_mat(tmp_path / "a.mat", ("x",))


def test_missing_files_and_variables_are_named(tmp_path):
    savemat(tmp_path / "a.mat", {"x": np.arange(5.0)})
    with pytest.raises(InputError, match=r"a\.mat: no 'y' in it"):
        load_mat(tmp_path / "a.mat", ("x", "y"))
    with pytest.raises(InputError, match="no such file"):
        load_mat(tmp_path / "b.mat", ("x",))


@pytest.mark.parametrize("content", ["text", [], {"a": 1}, None, np.array([{}], object), 1j])
def test_what_is_no_number_is_refused(content):
    with pytest.raises(InputError, match="here: no array of numbers"):
        numbers(content, "here")


def test_a_group_is_no_variable(tmp_path):
    with h5py.File(tmp_path / "a.mat", "w") as file:
        file.create_group("x")
    with open_hdf5(tmp_path / "a.mat") as file, pytest.raises(InputError, match=r"no 'x' in it"):
        read_dataset(file, "x")
