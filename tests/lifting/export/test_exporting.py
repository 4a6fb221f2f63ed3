"""Tests of refused exports: one sentence, and nothing written."""

import json
import sys

import pytest

from lifting.errors import InputError
from lifting.export import export_model, exporting, load_exportable
from lifting.export.wrapping import metadata
from lifting.methods import PoseFlows
from tests.made_lifters import save
from tests.made_methods import made

pytestmark = pytest.mark.slow(reason="traces networks", shapes=True)


@pytest.fixture
def baseline(tmp_path):
    return save(made("SimpleBaseline", flip_test=False), tmp_path / "sb.ckpt")


@pytest.mark.parametrize("out", ["flows.onnx", "flows.pt2", "flows"])
def test_what_lifts_nothing_is_refused(tmp_path, out):
    path = save(PoseFlows(hidden=8, blocks=1), tmp_path / "flows.ckpt")
    with pytest.raises(InputError, match=r"flows\.ckpt: is of a PoseFlows, which is no lifter"):
        export_model(path, tmp_path / out)
    assert [p.name for p in tmp_path.iterdir()] == ["flows.ckpt"]


@pytest.mark.parametrize("out", ["a.onnx", "a.pt2", "a"])
def test_nothing_is_written_over(baseline, tmp_path, out):
    (tmp_path / out).write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        export_model(baseline, tmp_path / out)
    assert (tmp_path / out).read_text() == "mine"


def test_an_unknown_format_is_named(baseline, tmp_path):
    with pytest.raises(InputError, match=r"a\.tflite: is of no known format; give a name"):
        export_model(baseline, tmp_path / "a.tflite")


@pytest.mark.parametrize("library", ["onnx", "onnxscript", "onnxruntime"])
def test_a_missing_library_is_named(baseline, tmp_path, monkeypatch, library):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(InputError, match=f"needs {library}, which is not installed: pip install"):
        export_model(baseline, tmp_path / "a.onnx")


def test_a_crop_that_does_not_fit_is_named(tmp_path):
    path = save(made("HeatmapDetector"), tmp_path / "d.ckpt")
    with pytest.raises(InputError, match="--crop: is 100 by 256; give multiples of 32"):
        export_model(path, tmp_path / "a.pt2", crop=(100, 256))


def test_an_export_that_computes_something_else_is_not_written(baseline, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "parity", lambda *_: 2e-4)
    with pytest.raises(InputError, match=r"would differ by 0\.0002 of the largest value"):
        export_model(baseline, tmp_path / "a.pt2")
    assert [p.name for p in tmp_path.iterdir()] == ["sb.ckpt"]


def test_only_what_a_lifter_depends_on_goes_in(tmp_path):
    wanted = {
        "RelativeDepthTwin": ("keypoints",),
        "MixSTE": ("keypoints", "size"),
        "SimpleBaseline": ("keypoints", "size"),  # made with its mirrored twin averaged in
        "OcclusionCompletion": ("keypoints", "confidence"),
        "HeatmapDetector": ("image",),
    }
    for kind, names in wanted.items():
        assert load_exportable(save(made(kind), tmp_path / f"{kind}.ckpt")).inputs == names


def test_a_causal_window_ends_with_its_output_frame(tmp_path):
    model = load_exportable(save(made("VideoPose3D"), tmp_path / "a.ckpt"))
    told = metadata(model)
    assert (told["frames"], told["frames_before"], told["any_length"]) == ("9", "8", "true")
    centred = load_exportable(save(made("VideoPose3D", causal=False), tmp_path / "b.ckpt"), True)
    told = metadata(centred)
    assert (told["frames"], told["frames_before"], told["any_length"]) == ("9", "4", "false")
    assert json.loads(told["joints"])[0] == told["root"] == "pelvis"
