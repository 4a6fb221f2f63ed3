"""Arrays whose archive or header promises more than there is."""

import io
import zipfile

import numpy as np
import pytest

from lifting.containers.arrays import load_npy, load_npz, npz_names
from lifting.containers.limits import LimitError
from lifting.errors import InputError


def npy_bytes(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def test_an_archive_that_inflates_a_thousandfold_is_refused_before_it_is(tmp_path):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in "abcde":
            with archive.open(f"{name}.npy", "w") as stream:
                stream.write(npy_bytes(np.zeros(7_000_000)))
    assert path.stat().st_size < 2_000_000
    with pytest.raises(LimitError, match=r"a\.npz: would take 280 MB unpacked"):
        load_npz(path)
    # One of them alone is not too much.
    assert load_npz(path, ["c"])["c"].shape == (7_000_000,)


def test_entries_are_named_and_read_one_by_one(tmp_path):
    np.savez(tmp_path / "a.npz", a=1, b=[2, 3])
    assert npz_names(tmp_path / "a.npz") == ["a", "b"]
    assert load_npz(tmp_path / "a.npz", ["b", "c"])["b"].tolist() == [2, 3]


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("<f8", (1 << 40,)),
        ("<f8", (5,)),
        ("|S0", (1 << 40,)),
        ("<f8", (0, 1 << 40)),
        ("|u1", (-1,)),
    ],
)
def test_a_header_that_promises_more_than_there_is_is_refused(tmp_path, kind, shape):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": kind, "fortran_order": False, "shape": shape}
    )
    (tmp_path / "a.npy").write_bytes(stream.getvalue() + bytes(32))
    with pytest.raises(InputError, match=r"a\.npy: damaged or not an \.npy file"):
        load_npy(tmp_path / "a.npy")


@pytest.mark.parametrize("number", [0x110000, 0xD800, 0xDFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("order", "<>")
def test_texts_of_numbers_that_are_no_letters_are_refused(tmp_path, number, order):
    path, texts = tmp_path / "a.npy", np.array(["ab", "c"], f"{order}U2")
    np.save(path, texts)
    assert load_npy(path).tolist() == ["ab", "c"]
    one, other = (np.array([code], f"{order}u4").tobytes() for code in (ord("b"), number))
    for pickled in (False, True):
        np.save(path, np.array([texts, 1], object) if pickled else texts, allow_pickle=True)
        whole = path.read_bytes()
        assert one in whole
        path.write_bytes(whole.replace(one, other))
        with pytest.raises(InputError, match="damaged or not"):
            load_npy(path)
