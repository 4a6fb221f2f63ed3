"""Models listed, fetched, shown and added, as on the command line."""

import pytest

from lifting.cli.main import run
from lifting.errors import InputError
from tests.made_lifters import save
from tests.made_methods import made

CONTENT = b"weights"


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    monkeypatch.setenv("LIFTING_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LIFTING_MODELS_FILE", str(tmp_path / "models.json"))
    monkeypatch.chdir(tmp_path)


def said(capsys, *words):
    run(["models", *words])
    return capsys.readouterr().out


def test_a_model_of_one_s_own_is_added_listed_shown_and_fetched(capsys, tmp_path):
    save(made("SimpleBaseline"), tmp_path / "mine.ckpt")
    line = said(capsys, "add", "mine", "mine.ckpt", "--licence", "CC0-1.0")
    assert line.startswith(f"mine: a model of kind lifter, path:{tmp_path}/mine.ckpt, in ")
    [row] = [line for line in said(capsys).splitlines() if line.startswith("mine ")]
    assert row.split() == ["mine", "lifter", "0.0", "CC0-1.0", "h36m17", f"{tmp_path}/mine.ckpt"]
    shown = said(capsys, "show", "mine")
    assert "# mine\n\na SimpleBaseline. Licence: CC0-1.0." in shown
    assert "mine.ckpt  " in shown
    assert said(capsys, "fetch", "mine") == f"mine: {tmp_path}/mine.ckpt\n"
    (tmp_path / "mine.ckpt").unlink()
    assert "gone or changed" in said(capsys, "list")


def test_the_detector_is_listed_with_its_source_until_it_is_fetched(capsys):
    def row():
        return next(line for line in said(capsys).splitlines() if line.startswith("blazepose "))

    assert row().endswith("to be fetched from pypi:mediapipe==0.10.14")
    assert "  9.4  Apache-2.0  mediapipe33  " in row()
    with pytest.raises(InputError, match="LIFTING_OFFLINE is set") as caught:
        run(["models", "fetch", "blazepose"])
    assert "cache/blazepose" in str(caught.value)
    shown = said(capsys, "show", "blazepose")
    assert "MediaPipe" in shown
    assert "pose_landmark_full.tflite  6,440,512 bytes  SHA-256 e9a5c5cb17f7" in shown


@pytest.mark.parametrize("words", [["show", "blazepoes"], ["fetch", "blazepose", "blazepoes"]])
def test_a_name_that_is_not_there_asks_for_the_one_that_was_meant(words):
    with pytest.raises(InputError, match="blazepoes: there is no such model; did you mean blazepo"):
        run(["models", *words])
