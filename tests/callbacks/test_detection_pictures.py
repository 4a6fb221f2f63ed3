"""Pictures of detections: what a fake detector finds, drawn where it is in the crop."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from callbacks import ActionTable, DetectionPictures, PosePage, PosePictures, default_callbacks
from datamodules.crops.datamodule import ImageDataModule
from lifting.methods import PoseFlows, SimpleBaseline
from tests.datamodules.made_images import prepare, record
from tests.made_detector import TinyDetector


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.fixture
def data(tmp_path):
    index = prepare(tmp_path, [record(n) for n in range(3)])
    made = ImageDataModule(str(index), test_subjects=["S1"], width=24, height=32, workers=0)
    made.setup("test")
    return made


def module(right, down):
    """A detector that finds every joint, so far off."""
    return SimpleNamespace(
        device=torch.device("cpu"),
        hparams={"keypoint_skeleton": "h36m17"},
        detect=lambda batch: (
            batch["keypoints"] + torch.tensor([right, down]),
            torch.ones(batch["keypoints"].shape[:2]),
        ),
    )


def test_title_is_the_mean_distance_and_crops_are_drawn_as_they_are(data, tmp_path):
    batch = data.spread("test", 2, torch.device("cpu"))
    callback = DetectionPictures(tmp_path)
    figure = callback.figure(data, module(3.0, 4.0), batch, ["a", "b"])
    above, below = np.reshape(figure.axes, (2, 2))
    assert [axes.get_title() for axes in above] == ["a\n5.0 px", "b\n5.0 px"]
    for i, axes in enumerate(below):
        # The affine of a crop that is neither turned nor mirrored is a scale and a shift.
        scale, shift = batch["affine"][i, 0, 0], batch["affine"][i, :, 2]
        # The third joint of these records is not labelled.
        wanted = (batch["keypoints"][i] * scale + shift)[[0, 1, *range(3, 17)]]
        dots = [line.get_xydata()[0] for line in axes.lines if line.get_marker() == "o"]
        np.testing.assert_allclose(dots, wanted.numpy(), rtol=1e-4)


def test_image_without_a_label_has_no_distance(data, tmp_path):
    batch = data.spread("test", 1, torch.device("cpu"))
    batch["visibility"] = torch.zeros_like(batch["visibility"])
    figure = DetectionPictures(tmp_path).figure(data, module(3.0, 4.0), batch, ["a"])
    assert figure.axes[0].get_title() == "a\n"


def test_pictures_are_drawn_of_what_the_method_makes(tmp_path):
    def drawn(method):
        wanted = (DetectionPictures, PosePictures)
        return [type(c) for c in default_callbacks(tmp_path, method) if isinstance(c, wanted)]

    assert drawn(TinyDetector()) == [DetectionPictures]
    assert drawn(SimpleBaseline(width=8)) == [PosePictures]
    assert drawn(PoseFlows(hidden=8)) == []
    for method in (TinyDetector(), SimpleBaseline(width=8)):
        kinds = {type(c) for c in default_callbacks(tmp_path, method, pictures=False)}
        assert not kinds & {DetectionPictures, PosePictures, PosePage}
        assert ActionTable in kinds
