"""A rendered video from end to end, with a trained lifter: the error is that of its poses."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from datamodules.safe_load import load_npz
from lifting.cameras import Camera, project
from lifting.cli.render import render
from lifting.geometry import centre
from lifting.imaging.colour_normalisation import normalise
from lifting.inference.detectors.cropping import crop_people
from lifting.inference.video.lifting import lift_video, report
from lifting.inference.video.reader import Video
from lifting.methods import HeatmapDetector, SimpleBaseline
from lifting.skeletons import skeleton
from tests.made_lifters import save

pytestmark = pytest.mark.slow(reason="runs whole commands", shapes=True)

ROOT = Path(__file__).parent.parent.parent
CROP = (64, 64)
OPTIONS = {"frames": 12, "every": 5, "size": 200}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A rendered video, and a lifter that has learnt its poses."""
    folder = tmp_path_factory.mktemp("rendered")
    render(str(folder / "walk.mp4"), **OPTIONS)
    truth = load_npz(folder / "walk_truth.npz")
    keypoints, pose = (torch.from_numpy(truth[n]) for n in ("keypoints", "pose"))
    torch.manual_seed(0)
    lifter = SimpleBaseline(width=64, dropout=0.0)
    relative = centre(pose, 0)
    lifter.fit_statistics(keypoints, relative)
    batch = {"keypoints": keypoints[:, None], "pose": pose[:, None]}
    optimiser = torch.optim.Adam(lifter.parameters(), 3e-3)
    for _ in range(150):
        optimiser.zero_grad()
        lifter.loss(batch).backward()
        optimiser.step()
    save(lifter, folder / "lifter.ckpt")
    _train_detector(folder, keypoints)
    return folder


class SmallDetector(HeatmapDetector):
    """A detector of five layers."""

    def configure_nets(self):
        self.mirror = skeleton(self.hparams["keypoint_skeleton"]).mirror
        self.lifters, self.window = self._group({}), 1
        layers = [(3, 24, 2), (24, 48, 2), (48, 48, 1), (48, 48, 1)]
        blocks = [
            nn.Sequential(nn.Conv2d(some, more, 5, stride, 2), nn.BatchNorm2d(more), nn.ReLU())
            for some, more, stride in layers
        ]
        self.net = nn.Sequential(*blocks, nn.Conv2d(48, 17, 1))


def _train_detector(folder, keypoints):
    """Let a detector learn the frames of the video by heart."""
    torch.manual_seed(0)
    boxes = json.loads((folder / "walk_boxes.json").read_text())
    corners = np.array([box["bbox"] for box in boxes], np.float32)
    corners[:, 2:] += corners[:, :2]
    images = [frame.image for frame in Video(folder / "walk.mp4")]
    crops, affine = crop_people(images, list(corners[:, None]), CROP)
    batch = {
        "image": normalise(torch.from_numpy(crops).movedim(-1, 1)),
        "affine": affine,
        "keypoints": keypoints,
        "visibility": torch.full(keypoints.shape[:2], 2),
    }
    detector = SmallDetector(sigma=1.5)
    optimiser = torch.optim.Adam(detector.parameters(), 3e-3)
    for _ in range(40):
        optimiser.zero_grad()
        detector.loss(batch).backward()
        optimiser.step()
    save(detector, folder / "detector.ckpt")


def run(folder, *arguments):
    """Run the command; return its status and both outputs."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/lift_video.py", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_what_is_true_of_a_rendered_video_lies_beside_it(folder):
    video, truth = Video(folder / "walk.mp4"), load_npz(folder / "walk_truth.npz")
    assert (video.size, video.fps, video.frames) == ((200, 200), 10.0, 12)
    assert truth["pose"].shape == (12, 17, 3)
    lens = {
        n: torch.from_numpy(np.asarray(truth[n])) for n in Camera.__dataclass_fields__ if n in truth
    }
    lens |= {"rotation": torch.eye(3).double(), "position": torch.zeros(3).double()}
    points = project(torch.from_numpy(truth["pose"]).double(), Camera(**lens))
    np.testing.assert_allclose(points, truth["keypoints"], atol=1e-2)
    boxes = json.loads((folder / "walk_boxes.json").read_text())
    assert [box["image_id"] for box in boxes] == list(range(12))
    left, top, width, height = np.array([box["bbox"] for box in boxes]).T
    low, high = truth["keypoints"].min(1).T, truth["keypoints"].max(1).T
    assert (left < low[0]).all()
    assert (top + height > high[1]).all()
    np.testing.assert_allclose(width, 1.15 * (high - low)[0], atol=0.02)


@pytest.mark.slow(reason="starts a process")
def test_a_rendered_video_is_lifted_and_measured(folder):
    arguments = ("walk.mp4", "--checkpoint", "lifter.ckpt", "--truth", "walk_truth.npz")
    status, out, errors = run(folder, *arguments, "--keypoints", "walk_truth.npz")
    assert (status, errors) == (0, "")
    truth = load_npz(folder / "walk_truth.npz")["pose"].astype(np.float64)
    pose = load_npz(folder / "walk_3d/poses.npz")["pose"]
    mpjpe = np.linalg.norm(pose - (truth - truth[:, :1]), axis=-1).mean()
    assert f"MPJPE {mpjpe:.1f} mm" in out
    assert "over 12 frames" in out
    # It has learnt these poses by heart; their mean is 100 mm from them.
    assert mpjpe < 40
    source, drawn = (Video(folder / name) for name in ("walk.mp4", "walk_3d/video.mp4"))
    assert (drawn.fps, drawn.frames) == (source.fps, source.frames)
    assert [f.pts for f in drawn] == [f.pts for f in source]
    assert drawn.time_base == source.time_base


def test_with_a_trained_detector_the_error_is_little_larger(folder, monkeypatch):
    monkeypatch.chdir(folder)
    given = {"checkpoint": "lifter.ckpt", "truth": "walk_truth.npz", "device": "cpu"}
    made = {"detector": "detector.ckpt", "boxes": "walk_boxes.json", "crop": CROP}
    exact = lift_video("walk.mp4", keypoints="walk_truth.npz", out="exact", **given)
    found = lift_video("walk.mp4", out="found", **made, **given)
    truth = load_npz("walk_truth.npz")
    off = np.linalg.norm(found.tracks[0].keypoints - truth["keypoints"], axis=-1)
    # Pixels of the video, in which the person is 70 high.
    assert np.median(off) < 3
    assert found.errors["frames"] == 12
    assert exact.errors["MPJPE"] < found.errors["MPJPE"] < 150
    assert "person0 and the truth: MPJPE" in report(found)
    assert sorted(p.name for p in Path("found").iterdir()) == [
        *("keypoints.npz", "page.html", "poses.npz", "poses_person0.bvh", "video.mp4")
    ]
