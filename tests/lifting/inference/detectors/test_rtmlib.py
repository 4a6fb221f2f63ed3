"""rtmlib, by a module of the same interface: what it is given, and what is made of its answers."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.detectors.rtmlib import (
    RtmlibPersonDetector,
    RtmlibPoseEstimator,
    named_models,
)

pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
pytest.importorskip("onnx", reason="onnx is not installed, which makes the models")

from tests.lifting.inference.detectors.made_onnx import fixed_model


class Shot:
    number = 0
    image = np.full((90, 160, 3), [200, 100, 50], np.uint8)


class Model:
    """What both of rtmlib's classes share."""

    def __init__(self, onnx_model, model_input_size, backend="opencv", device="cpu"):
        print("load", onnx_model)
        self.given = (onnx_model, model_input_size, backend, device)


class YOLOX(Model):
    def __call__(self, image):
        # Its models were trained on what OpenCV reads.
        assert image[0, 0].tolist() == [50, 100, 200]
        return np.array([[10.0, 20.0, 60.0, 80.0]])


class RTMPose(Model):
    def __call__(self, image, bboxes=()):
        # It takes red's mean from what comes first.
        assert image.max() == 0 or image[0, 0].tolist() == [200, 100, 50]
        boxes = np.asarray(bboxes)
        assert len(boxes)
        points = np.repeat(boxes[:, None, :2], 17, 1)
        return points, np.full(points.shape[:2], 1.2)


@pytest.fixture
def model(tmp_path, monkeypatch):
    fake = SimpleNamespace(YOLOX=YOLOX, RTMPose=RTMPose)
    monkeypatch.setitem(sys.modules, "rtmlib", fake)
    return fixed_model(tmp_path / "a.onnx", (192, 256), output=np.zeros((1, 5)))


def test_boxes(model, capsys):
    detector = RtmlibPersonDetector(model)
    assert detector._model.given == (str(model), (256, 192), "onnxruntime", "cpu")
    np.testing.assert_array_equal(detector.detect([Shot(), Shot()]), [[[10, 20, 60, 80]]] * 2)
    assert capsys.readouterr().out == ""


def test_keypoints(model):
    pose = RtmlibPoseEstimator(model, device="cuda")
    assert pose._model.given == (str(model), (192, 256), "onnxruntime", "cuda")
    assert pose.skeleton == "coco17"
    boxes = [np.array([[10, 20, 60, 80]], np.float32), np.zeros((0, 4), np.float32)]
    one, none = pose.estimate([Shot.image] * 2, boxes)
    assert none.shape == (0, 17, 3)
    # Pixels count from the left edge of the first, not from its centre.
    np.testing.assert_allclose(one[0, 3], [10.5, 20.5, 1.0])


def test_a_path_that_is_not_there_is_not_looked_for_on_the_network(model):
    with pytest.raises(InputError, match=r"gone\.onnx: there is no such file"):
        RtmlibPoseEstimator("gone.onnx")


def test_another_joint_set_is_refused(model):
    with pytest.raises(
        InputError, match="has 17 keypoints, which are those of no known set or not"
    ):
        RtmlibPoseEstimator(model, "halpe26")


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "rtmlib", None)
    with pytest.raises(
        InputError, match=r"--library rtmlib needs rtmlib, which is not installed: pip .*rtmlib"
    ):
        RtmlibPersonDetector("a.onnx")


@pytest.fixture
def downloads(monkeypatch):
    """rtmlib with two pairs of models, whose downloads are noted, or fail."""
    asked, failing = [], []

    def download_checkpoint(url):
        asked.append(url)
        if failing:
            raise failing[0]
        return f"cache/{url}.onnx"

    modes = {
        name: {"det": f"{name}-yolox", "pose": f"{name}-rtm"} for name in ("balanced", "light")
    }
    fake = SimpleNamespace(BodyWithFeet=SimpleNamespace(MODE=modes))
    monkeypatch.setitem(sys.modules, "rtmlib", fake)
    files = SimpleNamespace(download_checkpoint=download_checkpoint)
    monkeypatch.setitem(sys.modules, "rtmlib.tools.file", files)
    return asked, failing


def test_named_models_are_downloaded_by_rtmlib(downloads):
    models = named_models("balanced")
    assert models == (
        Path("cache/balanced-yolox.onnx"),
        Path("cache/balanced-rtm.onnx"),
        "halpe26",
    )
    assert downloads[0] == ["balanced-yolox", "balanced-rtm"]


def test_an_unknown_name_asks_for_the_one_that_was_meant(downloads):
    with pytest.raises(InputError, match=r"rtmlib:balancd: rtmlib has no such .* balanced\?"):
        named_models("balancd")
    with pytest.raises(InputError, match="name one of balanced, light"):
        named_models("")
    assert downloads[0] == []


def test_without_a_network_another_detector_is_named(downloads):
    downloads[1].append(OSError("no route"))
    with pytest.raises(InputError, match=r"balanced: rtmlib cannot .*no route.*detector blazepose"):
        named_models("balanced")
