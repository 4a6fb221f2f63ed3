"""Every lifter and detector computes the same, exported or not."""

import numpy as np
import pytest
import torch

from lifting import methods
from lifting.export import exportable
from lifting.export import onnx as to_onnx
from lifting.export.parity import difference
from lifting.export.program import build_program, runner, saved_program
from lifting.export.wrapping import example_camera, metadata
from lifting.methods import Lifter
from lifting.methods.bases.detector import Detector
from tests.exhaustive import EXHAUSTIVE
from tests.made_methods import DETECTORS, LIFTERS, made

KINDS = [*LIFTERS, *DETECTORS]
LIMIT = 1e-4
# It chooses neighbours by similarity, and rounding may choose another of two.
LIMITS = {"MotionAGFormer": 1e-3}


def test_every_lifter_and_detector_is_tried():
    kinds = (getattr(methods, name) for name in methods.__all__)
    public = {k.__name__ for k in kinds if issubclass(k, Lifter | Detector) and k is not Lifter}
    assert public == set(KINDS)


# A program that is saved computes what the one does of which ONNX is made: a few show it.
SAVED = KINDS if EXHAUSTIVE else ("ElePose", "MixSTE", "HeatmapDetector")
# Their operations are those of others.
SHARED = {
    *(
        "DSTformer",
        "FlowLifterTwin",
        "MotionAGFormer",
        "PoseFormerV2",
        "GuidedDetector",
        "IGANet",
        "LInKs",
        "OcclusionCompletion",
    ),
    *("PoseFormer", "RelativeDepth", "RelativeDepthTwin", "RepNet", "SemiSupervisedVideoPose3D"),
    *("TemporalGAN", "TransformerLifter", "WindowMLPLifter"),
}
# Every kind as it is, and one that sees missing keypoints as the person has them.
CASES = [
    pytest.param(kind, {}, id=kind, marks=[pytest.mark.exhaustive] if kind in SHARED else [])
    for kind in KINDS
]
VIEWED = {"view": "person", "missing": True}
CASES.append(pytest.param("VideoPose3D", VIEWED, id="view", marks=pytest.mark.exhaustive))


@pytest.mark.slow(reason="exports every method")
@pytest.mark.parametrize(("kind", "options"), CASES)
def test_exports_compute_what_the_method_does_for_other_sizes_than_were_traced(kind, options):
    for library in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(library, reason=f"ONNX needs {library}, of the export extra")
    # The completion has eight networks, and four lifters of six.
    fewer = {"blocks": 1, "lifter_head_blocks": 1} if kind == "OcclusionCompletion" else {}
    model = exportable(made(kind, **options, **fewer), crop=(64, 96))
    program = build_program(model)
    told, limit = metadata(model), LIMITS.get(kind, LIMIT)
    runs = {"onnx": to_onnx.runner(to_onnx.saved_onnx(model, program, told), threads=1)}
    if kind in SAVED:
        runs["pt2"] = runner(saved_program(program, told))
    for batch, more in ((1, 0), (2, 1), (7, 6)):
        inputs = model.example(batch, more if model.any_length else 0)
        with torch.no_grad():
            wanted = model.module(*inputs)
        for name, run in runs.items():
            for mine, theirs in zip(run(*inputs), wanted, strict=True):
                assert mine.shape == theirs.shape
                # Refused poses are NaN in both.
                scale = np.nanmax(np.abs(theirs.numpy())) or 1
                np.testing.assert_allclose(
                    mine.numpy(), theirs.numpy(), rtol=0, atol=limit * scale, err_msg=name
                )


def test_completion_in_the_view_of_the_person_takes_the_camera():
    method = made("OcclusionCompletion", view="person")
    model = exportable(method)
    assert model.inputs[:2] == ("keypoints", "confidence")
    assert {"focal", "principal"} < set(model.inputs)
    keypoints, confidence, *camera = model.example(5)
    confidence[:, :, method.joints.part("left_arm")] = 0
    keypoints += 150
    fields = example_camera(5)
    for name, value in zip(model.inputs[2:], camera, strict=True):
        setattr(fields, name, value)
    batch = {"keypoints": keypoints, "confidence": confidence, "camera": fields}
    pose, status = model.module(keypoints, confidence, *camera)
    wanted = method._lift(batch)
    torch.testing.assert_close(pose[:, 0], wanted.pose, rtol=1e-4, atol=0.01)
    assert torch.equal(status[:, 0], wanted.status)


def test_what_differs_is_seen():
    wanted = torch.tensor([10.0, -20.0])
    assert difference(torch.tensor([10.0, -19.0]), wanted) == pytest.approx(1 / 20)
    assert difference(torch.tensor([10.0, torch.nan]), wanted) == float("inf")
    assert difference(wanted[:1], wanted) == float("inf")
    assert difference(torch.tensor([1, 2]), torch.tensor([1, 3])) == float("inf")
