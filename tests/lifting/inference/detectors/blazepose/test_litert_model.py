"""LiteRT models that cannot be opened."""

import sys

import pytest

from lifting.errors import InputError
from lifting.inference.detectors.blazepose.litert_model import LiteRtModel


def test_how_to_install_what_runs_them(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    monkeypatch.delitem(sys.modules, "ai_edge_litert.interpreter", raising=False)
    message = r'^BlazePose needs ai-edge-litert, which is not installed: pip .* -e "\.\[video\]"\.$'
    with pytest.raises(InputError, match=message):
        LiteRtModel(tmp_path / "a.tflite", 224, (), 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "there is no such model file"), (b"", "damaged"), (b"TFL3" * 999, "damaged")],
)
def test_what_is_no_model(tmp_path, content, message, capfd):
    pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed")
    path = tmp_path / "a.tflite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=f"a.tflite: {message}"):
        LiteRtModel(path, 224, (), 1)
    assert capfd.readouterr().err == ""
