import hashlib
import io
import os
import pickle
import struct
import subprocess
import sys
import zipfile
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datamodules.safe_load import load_npz, load_pickle, open_hdf5, sha256, walk_items
from lifting.errors import InputError

POSES = {
    "S1": {
        "Walking": np.arange(24, dtype=np.float32).reshape(2, 4, 3),
        "Eating 1": np.full((1, 4, 3), -1.5),
    },
    "S9": {"Posing": [np.arange(6).reshape(3, 2), np.float64(2.5), "text", None, True, 7]},
}


def check_same(read, written):
    if isinstance(written, dict):
        assert list(read) == list(written)
        for key in written:
            check_same(read[key], written[key])
    elif isinstance(written, list | tuple):
        assert type(read) is type(written)
        for a, b in zip(read, written, strict=True):
            check_same(a, b)
    elif isinstance(written, np.ndarray | np.generic):
        # numpy itself turns big-endian arrays into native ones, but for protocol 5.
        assert read.dtype.newbyteorder("=") == written.dtype.newbyteorder("=")
        np.testing.assert_array_equal(read, written)
    else:
        assert read == written
        assert type(read) is type(written)


def npz_bytes(**entries):
    stream = io.BytesIO()
    np.savez_compressed(stream, **entries)
    return stream.getvalue()


@pytest.fixture
def pickled(tmp_path):
    def write(data):
        path = tmp_path / "poses.pkl"
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize("protocol", range(6))
def test_pickled_containers_and_arrays_are_read_in_every_protocol(pickled, protocol):
    check_same(load_pickle(pickled(pickle.dumps(POSES, protocol))), POSES)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=">i4").reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1),
        np.array(["S1", "S11"]),
        np.array([b"S1", b"S11"]),
        np.zeros((0, 17, 3), np.float32),
        np.array([True, False]),
        np.array(3.0),
        np.array([[1 + 2j]], np.complex64),
        np.array([[None, "a"], [1, 2.5]], object),
    ],
    ids=lambda a: f"{a.dtype}{a.shape}",
)
def test_arrays_of_every_plain_kind_are_read(pickled, array, protocol):
    read = load_pickle(pickled(pickle.dumps(array, protocol)))
    assert isinstance(read, np.ndarray)
    check_same(read, array)


def test_arrays_read_can_be_written_to_and_pickled_for_a_worker(pickled):
    read = load_pickle(pickled(pickle.dumps(POSES, 2)))["S1"]["Walking"]
    check_same(pickle.loads(pickle.dumps(read)), POSES["S1"]["Walking"])
    read[0] = 5
    assert read[0].min() == 5


def test_arrays_pickled_by_python_2_are_read(pickled):
    # As Python 2.7 with numpy 1.16 writes {'S1': np.array([1.5, -2.], '<f4')}, protocol 2.
    raw = np.array([1.5, -2.0], "<f4").tobytes()
    data = (
        b"\x80\x02}q\x00U\x02S1q\x01cnumpy.core.multiarray\n_reconstruct\nq\x02"
        b"cnumpy\nndarray\nq\x03K\x00\x85U\x01b\x87Rq\x04(K\x01K\x02\x85cnumpy\ndtype\nq\x05"
        b"U\x02f4K\x00K\x01\x87Rq\x06(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        b"U" + bytes([len(raw)]) + raw + b"tbs."
    )
    check_same(load_pickle(pickled(data)), {"S1": np.array([1.5, -2.0], "<f4")})


def test_an_ordered_dictionary_is_read_as_a_dictionary(pickled):
    assert load_pickle(pickled(pickle.dumps(OrderedDict(b=1, a=2)))) == {"b": 1, "a": 2}


def test_entries_of_an_npz_are_read_as_numpy_writes_them(tmp_path):
    path = tmp_path / "a.npz"
    ragged = np.empty(2, object)
    ragged[:] = [np.arange(3.0), np.arange(4).reshape(2, 2)]
    np.savez_compressed(
        path, positions_3d=np.array(POSES, object), plain=POSES["S1"]["Walking"], ragged=ragged
    )
    read = load_npz(path)
    assert set(read) == {"positions_3d", "plain", "ragged"}
    check_same(read["positions_3d"], POSES)
    check_same(read["plain"], POSES["S1"]["Walking"])
    assert read["ragged"].shape == (2,)
    for got, expected in zip(read["ragged"], ragged, strict=True):
        check_same(got, expected)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_STORED])
def test_an_npz_packed_in_another_way_is_read(tmp_path, method):
    stream = io.BytesIO()
    np.save(stream, np.array(POSES, object), allow_pickle=True)
    with zipfile.ZipFile(tmp_path / "a.npz", "w", method) as archive:
        archive.writestr("positions_3d.npy", stream.getvalue())
    check_same(load_npz(tmp_path / "a.npz"), {"positions_3d": POSES})


class Call:
    """Pickles as a call of a function; ``state`` is what BUILD hands to the result."""

    def __init__(self, function, *arguments, state=None):
        self.reduced = (function, arguments, state)

    def __reduce__(self):
        return self.reduced


def global_call(module, name, argument):
    """A protocol-0 pickle that calls ``module.name(argument)``."""
    return f"c{module}\n{name}\n(V{argument}\ntR.".encode()


def hostile_array(dtype, shape, data):
    """An array whose pickled state says what numpy would never write."""
    reconstruct = np._core.multiarray._reconstruct
    return Call(reconstruct, np.ndarray, (0,), b"b", state=(1, shape, dtype, False, data))


def hostile_dtype(name, *state):
    return Call(np.dtype, name, False, True, state=state)


COMMANDS = {
    "os.system": lambda mark: pickle.dumps(Call(os.system, f"touch {mark}")),
    "builtins.eval": lambda mark: pickle.dumps(Call(eval, f"open({str(mark)!r}, 'w')")),
    "subprocess": lambda mark: pickle.dumps(Call(subprocess.call, ["touch", str(mark)])),
    "python 2": lambda mark: global_call("__builtin__", "execfile", str(mark)),
    "numpy testing": lambda mark: global_call(
        "numpy.testing._private.utils", "runstring", f"open({str(mark)!r}, 'w')"
    ),
    "numpy f2py": lambda mark: global_call("numpy.f2py.crackfortran", "myeval", f"open('{mark}')"),
    "dotted name": lambda mark: (
        b"\x80\x04\x8c\x16numpy._core.multiarray\x8c\x13functools.os.system\x93"
        + pickle.dumps(f"touch {mark}", 2)[2:-1]
        + b"\x85R."
    ),
    "hidden in an array": lambda mark: pickle.dumps(
        {"S1": np.array([Call(os.system, f"touch {mark}")], object)}
    ),
}


@pytest.mark.parametrize("attack", COMMANDS)
@pytest.mark.parametrize("packed", [False, True])
def test_a_pickle_that_would_run_a_command_is_refused_and_does_not_run_it(tmp_path, attack, packed):
    mark = tmp_path / "executed"
    data = COMMANDS[attack](mark)
    path = tmp_path / ("a.npz" if packed else "a.pkl")
    if packed:
        stream = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            stream, {"descr": "|O", "fortran_order": False, "shape": ()}
        )
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("positions_3d.npy", stream.getvalue() + data)
    else:
        path.write_bytes(data)
    with pytest.raises(InputError, match="refused, because it asks to run") as caught:
        (load_npz if packed else load_pickle)(path)
    assert str(path) in str(caught.value)
    assert not mark.exists()


def test_the_attacks_do_run_where_pickles_are_trusted(tmp_path):
    # Otherwise the test above could not fail.
    mark = tmp_path / "executed"
    pickle.loads(COMMANDS["os.system"](mark))
    assert mark.exists()


POINTER = struct.pack("Q", 0x4141414141414141)
CRAFTED = {
    "bytes as object pointers": hostile_array(
        hostile_dtype("V8", 3, "|", None, ("a",), {"a": (np.dtype("O"), 0)}, 8, 1, 0), (1,), POINTER
    ),
    "flags of an object": hostile_array(
        hostile_dtype("V8", 3, "|", None, None, None, 8, 1, 63), (1,), [1]
    ),
    "subarray": hostile_array(
        hostile_dtype("V8", 3, "|", (np.dtype("O"), (1,)), None, None, 8, 1, 0), (1,), POINTER
    ),
    "list shorter than the shape": hostile_array(np.dtype("O"), (1000,), [1]),
    "bytes shorter than the shape": hostile_array(np.dtype("f8"), (1000,), POINTER),
    "negative shape": hostile_array(np.dtype("f8"), (-2, -3), 6 * POINTER),
    "bytes for objects": hostile_array(np.dtype("O"), (1,), POINTER),
    "object array on a buffer": Call(np.ndarray, (1,), "O", POINTER),
    "object scalar": Call(np._core.multiarray.scalar, np.dtype("O"), POINTER),
    "objects from a buffer": Call(
        np._core.numeric._frombuffer, bytearray(POINTER), np.dtype("O"), (1,), "C"
    ),
}


def test_arrays_whose_state_would_corrupt_memory_are_refused(tmp_path):
    paths = [tmp_path / name for name in CRAFTED]
    for path, content in zip(paths, CRAFTED.values(), strict=True):
        path.write_bytes(pickle.dumps(content, 5))
    # In a process of its own: where the defence fails, the process dies.
    program = (
        "import sys; from datamodules.safe_load import load_pickle\n"
        "from lifting.errors import InputError\n"
        "for path in sys.argv[1:]:\n"
        "    try: print(path, repr(load_pickle(path)), flush=True)\n"
        "    except InputError as error: print(error, flush=True)\n"
    )
    (tmp_path / "read.py").write_text(program)
    command = [sys.executable, str(tmp_path / "read.py"), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    expected = [f"{path}: damaged or not a pickle; get the file again." for path in paths]
    assert done.stdout.splitlines() == expected
    assert done.returncode == 0, done.stderr


WHOLE = {
    "pickle": (load_pickle, pickle.dumps(POSES, 2)),
    "pickle 5": (load_pickle, pickle.dumps(POSES, 5)),
    "npz": (load_npz, npz_bytes(positions_3d=np.array(POSES, object), b=np.arange(5.0))),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_truncated_file_is_an_input_error_wherever_it_ends(tmp_path, kind):
    read, whole = WHOLE[kind]
    path = tmp_path / "a"
    for end in range(0, len(whole), max(1, len(whole) // 150)):
        path.write_bytes(whole[:end])
        with pytest.raises(InputError, match="a: damaged or not a"):
            read(path)


@pytest.mark.parametrize("kind", WHOLE)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_never_ends_in_anything_but_an_input_error(tmp_path, kind, data):
    read, whole = WHOLE[kind]
    damaged = bytearray(whole)
    places = data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=4))
    for place in places:
        damaged[place] = data.draw(st.integers(0, 255))
    path = tmp_path / "a"
    path.write_bytes(damaged)
    # Anything but an InputError fails the test; damage to a number goes unnoticed.
    with suppress(InputError):
        read(path)


def hdf5_bytes():
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file["x"] = np.arange(10)
    return stream.getvalue()


NOT_POSES = {
    "empty": b"",
    "text": b"subject,action\nS1,Walking\n",
    "hdf5": hdf5_bytes(),
    "png": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "zip of text": None,
}


@pytest.mark.parametrize(
    ("read", "kind"),
    [
        (read, kind)
        for read in (load_npz, load_pickle, open_hdf5)
        for kind in NOT_POSES
        if (read, kind) != (open_hdf5, "hdf5")
    ],
)
def test_a_file_of_another_kind_is_refused_by_name(tmp_path, read, kind):
    path = tmp_path / "a"
    if NOT_POSES[kind] is None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("readme.txt", "no poses here")
    else:
        path.write_bytes(NOT_POSES[kind])
    with pytest.raises(InputError, match=r"damaged or not an?") as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000,), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (2, 3), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': __import__('os'), 'fortran_order': False, 'shape': (), }",
        "((((",
    ],
)
def test_an_npz_whose_header_lies_is_refused(tmp_path, header):
    text = header.ljust(117) + "\n"
    entry = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", entry + pickle.dumps([1]))
    with pytest.raises(InputError, match=r"damaged or not an \.npz"):
        load_npz(tmp_path / "a.npz")


@pytest.mark.parametrize("read", [load_npz, load_pickle, open_hdf5, sha256])
def test_a_missing_file_is_named(tmp_path, read):
    for path, sentence in (
        (tmp_path / "absent.npz", "there is no such file; check the path."),
        (tmp_path, "is a folder; name a file."),
    ):
        with pytest.raises(InputError) as caught:
            read(path)
        assert str(caught.value) == f"{path}: {sentence}"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path):
    path = tmp_path / "a.npz"
    path.touch(0o000)
    with pytest.raises(InputError, match="may not be read"):
        load_npz(path)


def test_the_digest_is_that_of_the_content(tmp_path):
    data = bytes(range(256)) * 1000
    (tmp_path / "a").write_bytes(data)
    assert sha256(tmp_path / "a") == hashlib.sha256(data).hexdigest()


def test_leaves_are_walked_in_the_order_of_their_names():
    tree = {"S9": {"b": 1, "a": 2}, "S1": {"c": 3, 7: 4}}
    assert list(walk_items(tree, Path("a"), 2)) == [
        (("S1", "7"), 4),
        (("S1", "c"), 3),
        (("S9", "a"), 2),
        (("S9", "b"), 1),
    ]


@pytest.mark.parametrize("tree", [{}, {"S1": {}}, {"S1": [1]}, [1], None])
def test_another_nesting_is_refused(tree):
    with pytest.raises(InputError, match=r"a\.npz: expected a dictionary"):
        list(walk_items(tree, Path("a.npz"), 2))


@pytest.mark.real
def test_real_pickles_and_npz_are_read(real_data):
    paths = [p for kind in ("pkl", "npz") for p in (real_data / "samples").rglob(f"*.{kind}")]
    # Detections that hold a defaultdict are refused.
    paths = [path for path in paths if not path.name.startswith("pred_")]
    assert len(paths) > 8
    for path in paths:
        assert (load_pickle if path.suffix == ".pkl" else load_npz)(path)
