"""Checkpoints of lifters by name."""

import pytest

from lifting.errors import InputError
from lifting.export import to_hub
from lifting.export.registering import register
from lifting.inference.app.lifters import Lifters, models_here
from lifting.methods import LSTMLifter, VideoPose3D
from tests.lifting.made_checkpoints import flow, make
from tests.made_lifters import save


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Runs as training leaves them: the best and the last checkpoint of each."""
    folder = tmp_path_factory.mktemp("runs")
    for name, method in {
        "vp3d": make("video_pose_3d"),
        "pipeline/lstm": make("lstm"),
        "flow": flow(),
    }.items():
        checkpoints = folder / name / "checkpoints"
        checkpoints.mkdir(parents=True)
        save(method, checkpoints / "best.ckpt")
        save(method, checkpoints / "last.ckpt")
    save(make("video_pose_3d"), folder / "imported.ckpt")
    return folder


def test_best_of_every_run_is_offered_by_the_name_of_the_run(runs):
    lifters = Lifters([runs])
    assert sorted(lifters.paths) == ["imported", "pipeline/lstm", "vp3d"]
    assert lifters.paths["vp3d"] == runs / "vp3d/checkpoints/best.ckpt"
    assert isinstance(lifters["vp3d"], VideoPose3D)
    assert isinstance(lifters["pipeline/lstm"], LSTMLifter)
    assert lifters["vp3d"] is lifters["vp3d"]
    assert list(Lifters([runs / "vp3d"]).paths) == ["vp3d"]


def test_files_of_one_name_are_told_apart(runs):
    files = [runs / "vp3d/checkpoints/best.ckpt", runs / "pipeline/lstm/checkpoints/best.ckpt"]
    files += [runs / "vp3d/checkpoints/last.ckpt", runs / "imported.ckpt"]
    assert list(Lifters(files).paths.values()) == files
    assert next(iter(Lifters(files).paths)) == "vp3d"
    twice = Lifters([runs / "imported.ckpt", runs / "imported.ckpt"])
    assert list(twice.paths) == ["imported", str(runs / "imported.ckpt")]


def test_hub_folders_and_names_are_offered_under_their_names(runs, tmp_path, monkeypatch):
    monkeypatch.setenv("LIFTING_MODELS_FILE", str(tmp_path / "models.json"))
    hub = tmp_path / "shared" / "walker"
    to_hub(runs / "vp3d/checkpoints/best.ckpt", hub)
    register("mine", str(hub))
    register("imported", str(runs / "imported.ckpt"))
    lifters = Lifters([hub, "mine", "imported", runs / "pipeline"])
    assert list(lifters.paths) == ["walker", "mine", "imported", "lstm"]
    assert all(isinstance(lifters[name], VideoPose3D) for name in ("walker", "mine", "imported"))
    with pytest.raises(InputError, match="mein: there is no such checkpoint; did you mean mine"):
        Lifters(["mein"])
    with pytest.raises(InputError, match="blazepose: is a model of kind detector"):
        Lifters(["blazepose"])


def test_what_lifts_nothing_is_refused(runs, tmp_path):
    with pytest.raises(InputError, match=r"best.ckpt: is of a method that lifts nothing"):
        Lifters([runs / "flow/checkpoints/best.ckpt"])
    with pytest.raises(InputError, match="flow: holds no checkpoint of a lifter"):
        Lifters([runs / "flow"])
    with pytest.raises(InputError, match="nothing: holds no checkpoint"):
        Lifters([])
    with pytest.raises(InputError, match=r"gone.ckpt: there is no such checkpoint"):
        Lifters([tmp_path / "gone.ckpt"])
    with pytest.raises(InputError, match="There is no lifter 'x'; choose imported"):
        Lifters([runs / "imported.ckpt"])["x"]


def test_models_on_this_machine_are_offered_where_nothing_is_named(runs, tmp_path, monkeypatch):
    monkeypatch.setenv("LIFTING_MODELS_FILE", str(tmp_path / "models.json"))
    own = tmp_path / "own.ckpt"
    own.write_bytes((runs / "imported.ckpt").read_bytes())
    for name in ("zebra", "person", "gone"):
        register(name, str(own if name == "gone" else runs / "imported.ckpt"))
    own.unlink()
    here = models_here()
    assert here[0] == "person"
    assert "zebra" in here
    assert not {"gone", "blazepose"} & set(here)
    assert here.count("person") == 1
