"""ONNX readers of keypoints: every kind of output, on people whose keypoints are known."""

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.detectors.onnx_pose_estimator import OnnxPoseEstimator
from tests.made_dots import CROP, dot_detector, layout, paint

pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
pytest.importorskip("onnx", reason="onnx is not installed, which makes the models")

from tests.lifting.inference.detectors.made_onnx import (
    fixed_model,
    heatmap_model,
    simcc_model,
)

PEOPLE = [layout(30, 40, 60, 110), layout(130, 60, 50, 100)]
BOXES = [np.array([[25, 35, 95, 155], [125, 55, 185, 165]], np.float32)]


@pytest.mark.parametrize(
    ("make", "options", "off"),
    [
        (heatmap_model, {}, 0.6),
        (heatmap_model, {"batch": 1}, 0.6),
        (heatmap_model, {"size": None}, 0.6),
        # Their bins are half as wide as a pixel of the crop.
        (simcc_model, {}, 0.8),
        (simcc_model, {"finer": 1, "batch": 1}, 0.8),
    ],
)
def test_keypoints_are_found_in_pixels_of_the_frame(tmp_path, make, options, off):
    path = make(tmp_path / "a.onnx", **options)
    pose = OnnxPoseEstimator(path, "h36m17", CROP, "cpu")
    assert pose.size == CROP
    none = np.zeros((0, 4), np.float32)
    images = [paint((240, 200), PEOPLE), paint((240, 200), [])]
    found, nobody = pose.estimate(images, [*BOXES, none])
    assert nobody.shape == (0, 17, 3)
    np.testing.assert_allclose(found[..., :2], PEOPLE, atol=off)
    # No shift is common to all.
    assert np.abs((found[..., :2] - PEOPLE).mean((0, 1))).max() < 0.3
    assert found[..., 2].min() > 0.3
    assert found[..., 2].max() <= 1


@pytest.mark.slow(reason="exports detectors to ONNX")
def test_what_the_suite_exports_is_read_as_the_checkpoint_is(tmp_path):
    from lifting.export.exporting import export_model
    from lifting.inference.detectors.checkpoint_estimator import CheckpointPoseEstimator
    from tests.made_lifters import save

    pytest.importorskip("onnxscript", reason="onnxscript is not installed, which exports")
    checkpoint = save(dot_detector(), tmp_path / "dots.ckpt")
    export_model(checkpoint, tmp_path / "dots.onnx", crop=CROP)
    pose = OnnxPoseEstimator(tmp_path / "dots.onnx", device="cpu")
    assert (pose.size, pose.skeleton) == (CROP, "h36m17")
    images = [paint((240, 200), PEOPLE)]
    wanted = CheckpointPoseEstimator(checkpoint, CROP, "cpu").estimate(images, BOXES)
    np.testing.assert_allclose(pose.estimate(images, BOXES)[0], wanted[0], atol=0.05)


def test_bins_of_simcc_count_from_the_centre_of_the_first_pixel(tmp_path):
    # Keypoints at pixels 10 and 20 of the crop, as bins of half a pixel.
    x, y = np.zeros((1, 17, 128)), np.zeros((1, 17, 128))
    x[..., 20], y[..., 40] = 0.9, 0.7
    path = fixed_model(tmp_path / "a.onnx", simcc_x=x, simcc_y=y)
    pose = OnnxPoseEstimator(path, device="cpu")
    assert pose.skeleton == "coco17"
    # The box of 51.2 pixels fills a crop of 64.
    box = np.array([[100, 200, 151.2, 251.2]], np.float32)
    (found,) = pose.estimate([np.zeros((400, 300, 3), np.uint8)], [box])
    np.testing.assert_allclose(found[0, 5], [125.6 - 32 + 10.5, 225.6 - 32 + 20.5, 0.7], atol=1e-3)


def test_points_behind_those_of_the_body_are_left_out(tmp_path):
    x = np.random.default_rng(0).random((1, 133, 128))
    path = fixed_model(tmp_path / "a.onnx", simcc_x=x, simcc_y=x)
    pose = OnnxPoseEstimator(path, device="cpu")
    assert pose.skeleton == "coco17"
    box = np.array([[0, 0, 50, 50]], np.float32)
    (found,) = pose.estimate([np.zeros((60, 60, 3), np.uint8)], [box])
    assert found.shape == (1, 17, 3)


@pytest.mark.parametrize(
    ("outputs", "joints", "sentence"),
    [
        ({"a": np.zeros((1, 5))}, None, r"gives \(1, 5\), which are neither heat-maps nor"),
        ({"a": np.zeros((1, 11, 16, 16))}, None, "its 11 keypoints are those of no known detector"),
        ({"a": np.zeros((1, 26, 16, 16))}, "coco17", "has 26 keypoints, but 'coco17' has 17"),
        ({"a": np.zeros((1, 17, 16, 16))}, "halpe26", "has 17 keypoints, but 'halpe26' has 26"),
    ],
)
def test_other_models_are_refused(tmp_path, outputs, joints, sentence):
    path = fixed_model(tmp_path / "a.onnx", **outputs)
    with pytest.raises(InputError, match=rf"a\.onnx: {sentence}"):
        OnnxPoseEstimator(path, joints, device="cpu")


def test_what_is_no_model_of_images_is_refused(tmp_path):
    from onnx import TensorProto, helper, save

    (tmp_path / "text.onnx").write_text("no model at all")
    with pytest.raises(InputError, match=r"text\.onnx: damaged or not an ONNX model"):
        OnnxPoseEstimator(tmp_path / "text.onnx")
    with pytest.raises(InputError, match=r"gone\.onnx: there is no such file"):
        OnnxPoseEstimator(tmp_path / "gone.onnx")
    value = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 34]) for n in "ab"]
    graph = helper.make_graph([helper.make_node("Relu", ["a"], ["b"])], "g", value[:1], value[1:])
    opset = [helper.make_opsetid("", 17)]
    save(helper.make_model(graph, opset_imports=opset, ir_version=9), tmp_path / "flat.onnx")
    with pytest.raises(InputError, match=r"flat\.onnx: its inputs are no images"):
        OnnxPoseEstimator(tmp_path / "flat.onnx")


def test_a_missing_library_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(InputError, match=r"needs onnxruntime, which is not installed: pip .*video"):
        OnnxPoseEstimator(tmp_path / "a.onnx")
