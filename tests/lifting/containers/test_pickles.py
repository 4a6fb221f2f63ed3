"""Pickles that ask for memory, or change the functions they are read with."""

import pickle
import tracemalloc

import numpy as np
import pytest

from lifting.containers import pickles
from lifting.containers.pickles import load_pickle
from lifting.errors import InputError

GREEDY = {
    # The unpickler written in C makes room for as many objects as the number says: 32 GB.
    "an object of number two thousand million": b"\x80\x02K\x05r\xff\xff\xff\x7f.",
    "an array of bytes without bytes": b"\x80\x05\x96" + (1 << 40).to_bytes(8, "little") + b".",
    "bytes by their number": b"\x80\x02c__builtin__\nbytes\nJ\xff\xff\xff\x7f\x85R.",
    "a buffer by its size": (
        b"\x80\x02cnumpy._core.numeric\n_frombuffer\n(J\0\0\0\x40cnumpy\ndtype\nX\x02\0\0\0u1"
        b"\x85RJ\0\0\0\x40\x85X\x01\0\0\0CtR."
    ),
}


@pytest.mark.parametrize("kind", GREEDY)
def test_a_pickle_that_asks_for_memory_is_refused_before_it_gets_any(tmp_path, kind):
    path = tmp_path / "a.pkl"
    path.write_bytes(GREEDY[kind])
    tracemalloc.start()
    try:
        if kind.startswith("an object"):
            assert load_pickle(path) == 5
        else:
            with pytest.raises(InputError, match="damaged or not a pickle"):
                load_pickle(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_an_array_of_empty_texts_is_no_longer_than_its_file(tmp_path):
    path, names = tmp_path / "a.pkl", np.array(["a", "b"])
    # Two letters of four bytes, and the same array of texts without letters.
    whole = pickle.dumps(names, 2)
    path.write_bytes(whole)
    assert load_pickle(path).tolist() == ["a", "b"]
    texts = whole.replace(b"U1", b"U0").replace(b"K\x02\x85", b"J\0\0\0\x40\x85")
    assert texts != whole
    path.write_bytes(texts)
    with pytest.raises(InputError, match="damaged or not a pickle"):
        load_pickle(path)


@pytest.mark.parametrize("callee", ["numpy._core.multiarray\n_reconstruct", "numpy\ndtype"])
def test_the_functions_that_stand_in_are_not_changed(tmp_path, callee):
    path = tmp_path / "a.pkl"
    # BUILD with a second state sets attributes.
    path.write_bytes(b"\x80\x02c" + callee.encode() + b"\nN}X\x08\0\0\0__name__X\x01\0\0\0xs\x86b.")
    with pytest.raises(InputError, match="damaged or not a pickle"):
        load_pickle(path)
    assert pickles._reconstruct.__name__ == "_reconstruct"
    assert pickles._Dtype.__name__ == "_Dtype"
