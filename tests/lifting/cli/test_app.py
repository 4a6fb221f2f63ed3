"""The command of the app: what it offers where nothing is named."""

import pytest

from lifting.cli.app import app
from lifting.errors import InputError
from lifting.inference.app import lifters as lifters_module
from lifting.inference.app import server
from lifting.inference.detectors import factory


@pytest.fixture
def started(monkeypatch):
    """What the app was started with; a detector called ``bad`` cannot be had."""
    seen = {}

    class Server:
        url = "http://127.0.0.1:1/"

        def __init__(self, lifters, detector, *_):
            seen.update(lifters=lifters.paths, detector=detector)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def serve_forever(self):
            raise KeyboardInterrupt

    class Lifters:
        def __init__(self, paths):
            self.paths = list(paths)

    def build(options):
        if options.name in seen.get("bad", ()):
            raise InputError("cannot be fetched", options.name, "get a network.")

    monkeypatch.setattr(server, "AppServer", Server)
    monkeypatch.setattr(lifters_module, "Lifters", Lifters)
    monkeypatch.setattr(lifters_module, "models_here", lambda: ["person", "person-live"])
    monkeypatch.setattr(factory, "build_tracker", build)
    return seen


def test_nothing_has_to_be_named(started, capsys):
    app()
    assert started["lifters"] == ["person", "person-live"]
    assert started["detector"].name == "blazepose"
    assert "2 to choose from. Open http://127.0.0.1:1/" in capsys.readouterr().out
    app("runs", more=["a.ckpt"], detector="mine.onnx")
    assert started["lifters"] == ["runs", "a.ckpt"]
    assert started["detector"].name == "mine.onnx"


def test_without_a_detector_there_are_no_pictures(started, capsys):
    started["bad"] = {"blazepose"}
    app()
    assert started["detector"] is None
    error = capsys.readouterr().err
    assert error == "No pictures, videos or camera: blazepose: cannot be fetched; get a network.\n"
    app(detector="none")
    assert started["detector"] is None
    assert capsys.readouterr().err == ""
    # Who asks for one is told.
    with pytest.raises(InputError, match="cannot be fetched"):
        app(detector="blazepose")
    with pytest.raises(InputError, match="cannot be fetched"):
        app(boxes="people.onnx")
    with pytest.raises(InputError, match="give --detector"):
        app(detector="none", boxes="people.onnx")
