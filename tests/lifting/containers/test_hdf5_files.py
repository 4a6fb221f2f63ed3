"""HDF5 that lies elsewhere, or that declares more than it holds."""

import errno
import fcntl
from pathlib import Path

import h5py
import numpy as np
import pytest

from datamodules.synthetic.images import SyntheticImages
from datamodules.synthetic.poses import Synthetic
from lifting.containers.hdf5_files import attribute, has, open_hdf5, read, read_texts
from lifting.containers.limits import LimitError
from lifting.errors import InputError, UnavailableError

NUMBERS = np.arange(12.0).reshape(4, 3)


@pytest.fixture
def other(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = NUMBERS
    return tmp_path / "other.h5"


@pytest.fixture
def made(tmp_path, other):
    """A file with one of everything."""
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["numbers"] = NUMBERS
        file["group/numbers"] = NUMBERS
        file["packed"] = np.zeros(0)
        file.create_dataset("zeros", data=np.zeros((300, 300)), compression="gzip")
        file["texts"] = np.array(["a", "ä"], h5py.string_dtype())
        file["external"] = h5py.ExternalLink(str(other), "x")
        file["outside"] = h5py.ExternalLink(str(other), "/")
        file["soft"] = h5py.SoftLink("/outside/x")
        layout = h5py.VirtualLayout((4, 3), "f8")
        layout[:] = h5py.VirtualSource(str(other), "x", (4, 3))
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("raw", (4,), "f8", external=[(str(other), 0, 32)])
        file.create_dataset("huge", (1 << 40,), "f8", chunks=(1 << 10,), compression="gzip")
        file.create_dataset("chunk", (4,), "f8", chunks=(1 << 27,), maxshape=(None,))
        file.attrs["name"] = "mine"
    return path


def test_numbers_and_texts_come_as_they_are(made):
    with open_hdf5(made) as file:
        for name in ("numbers", "group/numbers"):
            np.testing.assert_array_equal(read(file, name), NUMBERS)
        assert read(file, "zeros", "f", (None, 300)).shape == (300, 300)
        assert read(file, "packed").shape == (0,)
        assert read_texts(file, "texts") == ["a", "ä"]
        assert attribute(file, "name") == "mine"
        assert attribute(file, "age") is None
        assert has(file, "group")
        assert not has(file, "numbers/x")


@pytest.mark.parametrize("name", ["external", "outside/x", "soft", "virtual", "raw"])
def test_what_lies_in_another_file_is_not_read(made, name):
    with h5py.File(made) as file:
        # The library does read it.
        assert len(file[name][()]) == 4
    with open_hdf5(made) as file, pytest.raises(InputError, match=r"a\.h5: (no '|'.*another file)"):
        read(file, name)


@pytest.mark.parametrize("name", ["huge", "chunk"])
def test_what_is_declared_is_compared_with_the_size_of_the_file(made, name):
    with open_hdf5(made) as file, pytest.raises(LimitError, match=r"a\.h5: would take"):
        read(file, name)


@pytest.mark.parametrize(
    ("kinds", "shape"), [("iu", None), ("f", (4,)), ("f", (4, 2)), ("f", (3, 3)), ("f", (4, 3, 1))]
)
def test_another_kind_or_shape_is_told(made, kinds, shape):
    with open_hdf5(made) as file, pytest.raises(InputError, match=r"'numbers' is float64 \(4, 3\)"):
        read(file, "numbers", kinds, shape)


@pytest.mark.parametrize("name", ["nowhere", "group", "group/nowhere", "numbers/x"])
def test_what_is_not_there_is_named(made, name):
    with open_hdf5(made) as file, pytest.raises(InputError, match=f"no '{name}' in it"):
        read(file, name)


def test_texts_are_no_numbers_and_numbers_no_texts(made):
    with open_hdf5(made) as file:
        with pytest.raises(InputError, match="'texts' is"):
            read(file, "texts")
        with pytest.raises(InputError, match="'numbers' is damaged"):
            read_texts(file, "numbers")


def test_a_large_attribute_is_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w", track_order=True, libver="latest") as file:
        file.attrs["x"] = np.zeros(1 << 18)
    with open_hdf5(tmp_path / "a.h5") as file, pytest.raises(InputError, match="attribute 'x'"):
        attribute(file, "x")


@pytest.fixture
def locked(made):
    """A file that another program writes to; a lock belongs to the open file, not to the process."""
    with made.open("rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield made


def test_a_locked_file_is_not_damaged(locked):
    with pytest.raises(UnavailableError) as caught:
        open_hdf5(locked)
    what = "is locked by another program, or lies where files cannot be locked"
    remedy = "try again later, or set HDF5_USE_FILE_LOCKING=FALSE."
    assert str(caught.value) == f"{locked}: {what}; {remedy}"


def test_no_store_is_made_anew_where_one_is_locked(locked):
    content = locked.read_bytes()
    for data in (Synthetic(str(locked.parent)), SyntheticImages(str(locked.parent))):
        place = Path(data.store if isinstance(data, Synthetic) else data.index)
        place.unlink(missing_ok=True)
        place.hardlink_to(locked)
        with pytest.raises(UnavailableError, match="is locked by another program"):
            data.prepare_data()
        assert place.read_bytes() == content


@pytest.mark.parametrize(
    ("number", "what"),
    [
        (errno.ENOLCK, "lies where files cannot be locked"),
        (errno.EIO, r"cannot be read \(Input/output error\); try it again\."),
    ],
)
def test_what_the_system_cannot_read_is_not_damaged(made, monkeypatch, number, what):
    def fail(*_):
        raise OSError(number, f"Unable to open file (errno = {number})")

    monkeypatch.setattr(h5py, "File", fail)
    with pytest.raises(UnavailableError, match=what):
        open_hdf5(made)
