"""Files from outside: what is in them beside tensors does nothing, whatever it asks for."""

import os
import pickle
import zipfile
from argparse import Namespace

import numpy as np
import pytest
import torch

from lifting.errors import InputError
from lifting.published.reading import read_published
from tests.lifting.containers import made_python2

STATE = {"fc.weight": torch.arange(6.0).view(2, 3), "fc.bias": torch.zeros(2)}


class Runs:
    """Runs a command when it is unpickled freely."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


class Crafted:
    """Asks numpy for an array whose state says that its bytes are pointers."""

    def __reduce__(self):
        state = (3, "|", None, None, None, -1, -1, 63)
        return np.dtype, ("O8", False, True), state


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_random_states_beside_the_network_are_passed_over(tmp_path, zipped):
    content = {
        "epoch": 80,
        "lr": np.float64(1e-3),
        "random_state": np.random.RandomState(1234),
        "generator": np.random.default_rng(1),
        "array": np.arange(3.0),
        "optimizer": {"state": {0: {"exp_avg": torch.ones(4)}}, "param_groups": [{"lr": 0.1}]},
        "model_pos": STATE,
        "model_traj": None,
    }
    path = tmp_path / "theirs.bin"
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    assert zipfile.is_zipfile(path) == zipped
    read = read_published(path)
    assert read.tensors.keys() == STATE.keys()
    assert all(torch.equal(read.tensors[k], v) for k, v in STATE.items())
    assert read.names["fc.bias"] == "model_pos.fc.bias"
    assert read.others["optimizer.state.0.exp_avg"] == "tensor (4,)"
    assert read.others["epoch"] == "80"
    assert {"lr", "random_state", "generator", "array", "model_traj"} < read.others.keys()


HISTORIC = [
    (b"numpy._core.multiarray\n", b"numpy.core.multiarray\n"),
    (b"numpy.random._pickle\n__randomstate_ctor\n", b"numpy.random\n__RandomState_ctor\n"),
    (b"numpy.random._pickle\n__randomstate_ctor\n", b"numpy.random.mtrand\n__RandomState_ctor\n"),
]


@pytest.mark.parametrize("names", HISTORIC)
def test_historic_names_of_numpy(tmp_path, names):
    torch.save({"model_pos": STATE, "random_state": np.random.RandomState(1)}, tmp_path / "new.bin")
    with (
        zipfile.ZipFile(tmp_path / "new.bin") as new,
        zipfile.ZipFile(tmp_path / "old.bin", "w") as old,
    ):
        replaced = 0
        for name in new.namelist():
            data = new.read(name)
            if name.endswith("data.pkl"):
                replaced += data.count(names[0])
                data = data.replace(*names)
            old.writestr(name, data)
    assert replaced
    assert read_published(tmp_path / "old.bin").tensors.keys() == STATE.keys()


def test_no_constructor_of_numpy_is_called(tmp_path, monkeypatch):
    path = tmp_path / "theirs.bin"
    torch.save({"model_pos": STATE, "beside": Crafted()}, path)
    called = []
    monkeypatch.setattr(np.random, "RandomState", lambda *a: called.append(a))
    monkeypatch.setattr(np, "dtype", lambda *a: called.append(a))
    assert read_published(path).others == {"beside": "numpy's"}
    assert not called


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("where", ["beside", "inside", "alone"])
def test_a_file_that_asks_to_run_something_is_refused_and_does_not(tmp_path, where, zipped):
    mark = tmp_path / "ran"
    runs = Runs(f"touch {mark}")
    content = {
        "beside": {"model_pos": STATE, "random_state": runs},
        "inside": {"model_pos": STATE | {"fc.extra": runs}},
        "alone": runs,
    }[where]
    path = tmp_path / "theirs.bin"
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(InputError, match=r"theirs\.bin: refused") as caught:
        read_published(path)
    assert "\n" not in str(caught.value)
    assert not mark.exists()
    # Read freely, it would have run.
    torch.load(path, weights_only=False)
    assert mark.exists()


def test_a_crafted_array_in_the_place_of_a_tensor_is_refused(tmp_path):
    path = tmp_path / "theirs.bin"
    torch.save({"model_pos": STATE | {"fc.extra": Crafted()}}, path)
    with pytest.raises(InputError, match=r"model_pos\.fc\.extra is a .*, not a tensor"):
        read_published(path)


class Options:
    """Options of a training, as some authors keep them."""


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_objects_with_options_are_passed_over_and_arrays_are_at_hand(tmp_path, zipped):
    options = Options()
    options.lr, options.table = 0.1, {"a": [1]}
    wide = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    content = {
        **{"state_dict": STATE, "opt": options, "args": Namespace(width=8)},
        **{"stat_2d": {"mean": np.arange(4, dtype=np.float32), "wide": wide}, "err": np.float64(3)},
    }
    path = tmp_path / "theirs.pth.tar"
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    read = read_published(path)
    assert read.others["opt"] == f"an object of {__name__}.Options"
    assert read.others["args"] == "an object of argparse.Namespace"
    assert read.arrays["stat_2d.mean"].tolist() == [0, 1, 2, 3]
    assert np.array_equal(read.arrays["stat_2d.wide"], wide)
    assert list(read.arrays) == ["stat_2d.mean", "stat_2d.wide", "err"]
    with pytest.raises(InputError, match="err is no array of numbers"):
        read.arrays["err"]


def test_objects_of_more_classes_than_any_file_needs_are_refused(tmp_path):
    many = {f"c{i}": type(f"Class{i}", (), {"__module__": __name__})() for i in range(9)}
    globals().update({type(x).__name__: type(x) for x in many.values()})
    torch.save({"model": STATE, **many}, tmp_path / "theirs.pth")
    with pytest.raises(
        InputError, match=r"theirs\.pth: refused, because it asks to run '.*Class8'"
    ):
        read_published(tmp_path / "theirs.pth")


def test_a_file_of_python2_with_options_and_statistics(tmp_path):
    beside = {
        "opt": made_python2.instance("opts.default_human36.Options", {"lr": 0.001, "load": ""}),
        "stat_2d": {"mean": made_python2.array(np.linspace(-900, 900, 34))},
        "optimizer": made_python2.OPTIMIZER,
    }
    path = tmp_path / "test_ckpt_best.pth.tar"
    path.write_bytes(made_python2.python2_file(STATE, epoch=25, **beside))
    read = read_published(path)
    assert all(torch.equal(read.tensors[k], v) for k, v in STATE.items())
    assert read.others["opt"] == "an object of opts.default_human36.Options"
    np.testing.assert_array_equal(read.arrays["stat_2d.mean"], np.linspace(-900, 900, 34))


def test_a_plain_pickle_is_no_file_of_weights(tmp_path):
    path = tmp_path / "theirs.bin"
    path.write_bytes(pickle.dumps(Runs(f"touch {tmp_path / 'ran'}")))
    with pytest.raises(InputError, match=r"theirs\.bin: "):
        read_published(path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_half_a_file_is_named(tmp_path, share):
    path = tmp_path / "theirs.bin"
    torch.save({"model_pos": STATE}, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match=r"theirs\.bin: damaged"):
        read_published(path)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_published(tmp_path / "theirs.bin")


def test_names_of_data_parallel_lose_their_prefix(tmp_path):
    path = tmp_path / "theirs.bin"
    torch.save({"module." + k: v for k, v in STATE.items()}, path)
    read = read_published(path)
    assert read.tensors.keys() == STATE.keys()
    assert read.names["fc.weight"] == "module.fc.weight"


def test_arrays_by_name(tmp_path):
    path = tmp_path / "theirs.npz"
    np.savez(path, **{k: v.numpy() for k, v in STATE.items()})
    read = read_published(path)
    assert all(torch.equal(read.tensors[k], v) for k, v in STATE.items())


def test_pickled_arrays_in_an_archive_are_refused(tmp_path):
    path = tmp_path / "theirs.npz"
    np.savez(path, fc=np.array([Runs(f"touch {tmp_path / 'ran'}")], dtype=object))
    with pytest.raises(InputError, match=r"theirs\.npz: damaged"):
        read_published(path)
    assert not (tmp_path / "ran").exists()


def test_containers_inside_themselves_end(tmp_path):
    loop = {}
    loop["again"] = loop
    path = tmp_path / "theirs.bin"
    torch.save({"model_pos": STATE, "loop": loop}, path)
    assert read_published(path).tensors.keys() == STATE.keys()
