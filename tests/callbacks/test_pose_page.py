"""The page of a test: the frames of its clips beside what the store holds of them."""

import base64
import json
import re
from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from lightning.pytorch.loggers import WandbLogger
from torch.nn.functional import pad

from callbacks import DetectionPictures, PosePage, default_callbacks
from datamodules import Synthetic
from datamodules.store.clips import ClipStore
from datamodules.synthetic.procedural.clips import write_store
from lifting.methods import PoseFlows, SimpleBaseline
from lifting.methods.bases.lifter import Lifter
from lifting.skeletons.occlusion import Status


class Echo(Lifter):
    """Its poses are the keypoints of the frame that is asked for."""

    sees_pixels = True

    def __init__(self, now=0, chunk=1, status=None):
        super().__init__()
        self.now, self.chunk, self.status = now, chunk, status

    def configure_nets(self):
        pass

    def loss(self, batch):
        raise NotImplementedError

    def forward(self, keypoints, camera):
        return pad(keypoints[:, self.now : self.now + self.chunk], (0, 1))

    def predict_step(self, batch, batch_idx):
        lifted = super().predict_step(batch, batch_idx)
        if self.status is not None:
            lifted["status"] = torch.full(lifted["pose"].shape[:2], int(Status.LIFTED))
            lifted["status"][:, 4] = self.status
        return lifted


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("datamodules.synthetic.procedural.clips.SEQUENCES", ("Walking", "Sitting"))
        write_store(str(folder / "synthetic_seed0_11frames.h5"), 0, 11, ("S9",))
    return folder


def made(folder, **options):
    subjects = {"train_subjects": [], "val_subjects": [], "test_subjects": ["S9"]}
    data = Synthetic(str(folder), 11, **subjects, **options)
    data.setup("test")
    return data


def page(tmp_path, data, method, loggers=(), **options):
    trainer = SimpleNamespace(datamodule=data, loggers=loggers)
    PosePage(tmp_path / "run", **options).on_test_end(trainer, method)
    text = (tmp_path / "run/pictures/test.html").read_text()
    pattern = r'<script type="application/json" id="clips">(.*?)</script>'
    return json.loads(re.findall(pattern, text)[0])["clips"]


def numbers(packed, size):
    return np.frombuffer(base64.b64decode(packed["values"]), "<f4").reshape(-1, 17, size)


@pytest.mark.parametrize(
    ("windows", "method"),
    [
        ({}, Echo()),
        ({"receptive_field": 5}, Echo(now=2)),
        # Of eleven frames the last four that are shown overlap those before.
        ({"receptive_field": 3, "chunk": 4}, Echo(now=1, chunk=4)),
        ({"receptive_field": 3, "chunk": 2, "dilation": 2}, Echo(now=1, chunk=2)),
        ({"receptive_field": 3, "causal": True}, Echo(now=2)),
    ],
)
def test_every_frame_stands_beside_its_own_keypoints_and_truth(tmp_path, folder, windows, method):
    data = made(folder, **windows)
    clips = page(tmp_path, data, method, clips=3)
    names = ["/".join(name) for name in data.clip_names("test")]
    assert [clip["name"] for clip in clips] == [names[i] for i in (1, 4, 6)]
    with ClipStore(data.store) as store:
        for clip in clips:
            key = next(k for k in store.keys if k.path == f"clips/{clip['name']}")
            seen, pose = store.keypoints(key, "gt")[..., :2], store.pose(key)
            assert clip["frames"] == list(range(11))
            np.testing.assert_allclose(numbers(clip["keypoints"], 2), seen, atol=1e-3)
            np.testing.assert_allclose(numbers(clip["methods"][0], 3)[..., :2], seen, atol=1e-3)
            np.testing.assert_allclose(numbers(clip["truth"], 3), pose - pose[:, :1], atol=1e-2)
            assert clip["methods"][0]["hidden"] is None
            assert clip["fps"] == 50


def test_clips_are_cut_and_slow_ones_play_faster(tmp_path, folder):
    (clip,) = page(tmp_path, made(folder, test_frames="every2"), Echo(), clips=1, frames=4)
    assert (clip["frames"], clip["fps"]) == ([0, 2, 4, 6], 25)
    (clip,) = page(tmp_path, made(folder, test_frames="every10"), Echo(), clips=1)
    assert (clip["frames"], clip["fps"]) == ([0, 10], 5)


def test_what_was_not_seen_is_not_drawn_and_what_was_completed_is_marked(tmp_path, folder):
    data = made(folder)
    data.bank("test").confidence[:, 7] = 0
    (clip,) = page(tmp_path, data, Echo(status=int(Status.COMPLETED)), clips=1)
    missing = np.isnan(numbers(clip["keypoints"], 2)).all(-1)
    assert missing[:, 7].all()
    assert missing.sum() == 11
    assert clip["methods"][0]["hidden"] == [17 * t + 4 for t in range(11)]
    (clip,) = page(tmp_path, data, Echo(status=int(Status.DEPTH_COMPLETED)), clips=1)
    assert clip["methods"][0]["hidden"] == []


def test_page_is_logged_as_it_is(tmp_path, folder):
    logger = Mock(spec=WandbLogger)
    logger.experiment = Mock()
    page(tmp_path, made(folder), Echo(), [logger])
    ((logged,),) = (call.args for call in logger.experiment.log.call_args_list)
    assert list(logged) == ["pictures/test_page"]
    assert logged["pictures/test_page"].html == (tmp_path / "run/pictures/test.html").read_text()


def test_lifters_have_a_page_and_priors_do_not(tmp_path):
    def kinds(method):
        return [type(callback) for callback in default_callbacks(tmp_path, method)]

    assert PosePage in kinds(SimpleBaseline(width=8))
    assert PosePage not in kinds(PoseFlows(hidden=8))
    assert DetectionPictures not in kinds(SimpleBaseline(width=8))
