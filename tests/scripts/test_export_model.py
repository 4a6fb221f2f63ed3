"""Exporting on the command line, and lifting with numpy and onnxruntime alone."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from lifting.export.modules import LiftingModule
from lifting.inference.prediction import lift
from tests.made_lifters import save
from tests.made_methods import made

ROOT = Path(__file__).parent.parent.parent


def python(folder, *arguments):
    """Run a file of the repository; return status and both outputs."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow(reason="starts Python anew and exports")
@pytest.mark.unforked
def test_a_video_is_lifted_without_torch(tmp_path):
    for library in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(library, reason=f"ONNX needs {library}, of the export extra")
    method = made("VideoPose3D", causal=False)
    path = save(method, tmp_path / "vp.ckpt")
    status, out, errors = python(tmp_path, ROOT / "scripts/export_model.py", path, "vp.onnx")
    assert (status, errors) == (0, "")
    assert "vp.onnx: VideoPose3D, differs by" in out

    video = 500 + 100 * torch.randn(12, 17, 2)
    np.save(tmp_path / "video.npy", video.numpy())
    example = ROOT / "examples/lift_onnx.py"
    source = example.read_text()
    assert sum(bool(line) for line in source.splitlines()) <= 20
    assert "torch" not in source
    assert "lifting" not in source
    status, out, errors = python(
        tmp_path, example, "vp.onnx", "video.npy", "1000", "1002", "pose.npy"
    )
    assert (status, errors) == (0, "")
    pose = np.load(tmp_path / "pose.npy")

    # Four frames of context on either side, the outermost repeated.
    padded = torch.cat([video[:1].expand(4, -1, -1), video, video[-1:].expand(4, -1, -1)])[None]
    wanted = LiftingModule(method, ["size"])(padded, torch.tensor([[1000.0, 1002.0]]))[0][0].numpy()
    np.testing.assert_allclose(pose, wanted, rtol=0, atol=1e-4 * np.abs(wanted).max())

    import onnx

    props = {p.key: p.value for p in onnx.load(tmp_path / "vp.onnx").metadata_props}
    assert props["checkpoint_sha256"] == hashlib.sha256(Path(path).read_bytes()).hexdigest()


@pytest.mark.slow(reason="exports to ONNX")
def test_a_video_of_another_size_is_lifted_without_torch_as_with_it(tmp_path):
    for library in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(library, reason=f"ONNX needs {library}, of the export extra")
    method = made("SimpleBaseline")
    method.image_side = 1000.0
    path = save(method, tmp_path / "sb.ckpt")
    video = 900 + 200 * torch.randn(5, 17, 2).numpy()
    np.save(tmp_path / "video.npy", video)
    example = (ROOT / "examples/lift_onnx.py", "sb.onnx", "video.npy", "1920", "1080", "pose.npy")
    for command in ((ROOT / "scripts/export_model.py", path, "sb.onnx"), example):
        status, _, errors = python(tmp_path, *command)
        assert (status, errors) == (0, "")
    wanted = lift(video, path, skeleton="h36m17", size=(1920, 1080), flip_test=True).pose
    pose = np.load(tmp_path / "pose.npy")
    np.testing.assert_allclose(pose, wanted, rtol=0, atol=1e-4 * np.abs(wanted).max())


@pytest.mark.slow(reason="starts three processes")
def test_what_does_not_fit_is_one_sentence_and_a_status(tmp_path):
    path = save(made("RelativeDepthTwin"), tmp_path / "a.ckpt")
    for arguments, message in [
        (("a.tflite",), "is of no known format"),
        (("a.onnx", "--push", "me/a"), "--push belongs to a folder of a hub"),
        (("a.ckpt",), "is of no known format"),
    ]:
        status, out, errors = python(tmp_path, ROOT / "scripts/export_model.py", path, *arguments)
        assert (status, out) == (2, "")
        assert message in errors
        assert errors.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["a.ckpt"]
