"""Files that Python 2 wrote: read to the value, and refused where others are."""

import pickle

import numpy as np
import pytest
import torch

from lifting.containers.python2_pickles import translate_python2
from lifting.containers.torch_files import load_torch
from lifting.errors import InputError
from tests.lifting.containers.made_python2 import OPTIMIZER, array, instance, python2_file

STATE = {
    "w1.weight": torch.arange(6.0).view(2, 3),
    "batch_norm1.running_var": torch.tensor([0.5, -2.0]),
}


def written(tmp_path, **beside):
    path = tmp_path / "test_ckpt_last.pth.tar"
    path.write_bytes(python2_file(STATE, **beside))
    return path


def test_tensors_and_ids_beyond_32_bits_are_read(tmp_path):
    path = written(tmp_path, optimizer=OPTIMIZER, epoch=25, note="n" * 300, most=-(2**63))
    with pytest.raises(pickle.UnpicklingError, match="Unsupported operand"):
        torch.load(path, "cpu", weights_only=True)
    read = load_torch(path)
    assert list(read["state_dict"]) == list(STATE)
    assert all(torch.equal(read["state_dict"][name], value) for name, value in STATE.items())
    del read["state_dict"]
    assert read == {"optimizer": OPTIMIZER, "epoch": 25, "note": "n" * 300, "most": -(2**63)}


def test_what_has_no_opcode_of_python2_is_left_alone(tmp_path):
    torch.save({"a": torch.ones(3)}, tmp_path / "new.pth", _use_new_zipfile_serialization=False)
    assert translate_python2((tmp_path / "new.pth").read_bytes()) is None


def test_the_translation_is_what_python_reads_in_the_original():
    numbers = [2**31, 2**40, -(2**31) - 1, 7, 0]
    original = python2_file(
        {}, ids=numbers, bytes=bytes(range(256)).decode("latin1"), f=[1.5, True]
    )
    for data in (original, translate_python2(original)):
        read = pickle.loads(data[data.index(b"\x80\x02}(") :], encoding="latin1")
        assert read["ids"] == numbers
        assert read["bytes"].encode("latin1").decode() == bytes(range(256)).decode("latin1")
        assert read["f"] == [1.5, True]


@pytest.mark.parametrize(
    "beside",
    [
        {"stat": array(np.arange(3.0))},
        {"opt": instance("opts.default_human36.Options", {"lr": 0.1})},
        {"run": b"cos\nsystem\n" + b"(U\x04truetR"},
    ],
)
def test_more_than_tensors_is_refused_as_in_other_files(tmp_path, beside):
    with pytest.raises(pickle.UnpicklingError, match="GLOBAL"):
        load_torch(written(tmp_path, optimizer=OPTIMIZER, **beside))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_half_a_file_is_damaged(tmp_path, share):
    path = written(tmp_path, optimizer=OPTIMIZER)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises((InputError, pickle.UnpicklingError)):
        load_torch(path)
