"""Predictions of a run, matched with the store by clip and frame number."""

import json

import numpy as np
import pytest

from datamodules import H36M, Synthetic
from datamodules.store.clips import ClipKey, ClipWriter, StoreInfo
from lifting.errors import InputError
from lifting.inference.saved_predictions import Predictions, data_of_run
from lifting.skeletons import skeleton

JOINTS = skeleton("h36m17")
CLIPS = np.array(
    [("S9", "Walking 1", "front"), ("S9", "Walking", "front"), ("S9", "Walking", "up")]
)


def pose(frames):
    """Human-sized poses that tell their frame: the whole body moves by a metre per frame."""
    one = np.zeros((17, 3), np.float32)
    for parent, child in JOINTS.bones:
        one[child] = one[parent] + [0, 250, 0]
    return one + np.arange(frames, dtype=np.float32)[:, None, None] * 1000


@pytest.fixture
def data(tmp_path):
    info = StoreInfo("h36m17", {"gt": "h36m17"}, "made up", "none")
    numbers = np.array([3, 4, 8, 9])
    keypoints = np.ones((4, 17, 3), np.float32) * numbers[:, None, None].astype(np.float32)
    keypoints[..., 2] = 1
    keypoints[1, 5, 2] = 0
    with ClipWriter(tmp_path / "store.h5", info) as store:
        for subject, sequence, view in CLIPS.tolist():
            key = ClipKey(subject, sequence, "Walking", view, 50.0, 4)
            store.add(key, {"gt": keypoints}, None if view == "up" else pose(4), numbers)
    return H36M(store=str(tmp_path / "store.h5"))


def write(path, **changes):
    content = {
        "pose": np.random.default_rng(0).normal(size=(5, 17, 3)).astype(np.float32),
        "clip": np.array([1, 0, 0, 2, 0]),
        "frame": np.array([8, 9, 4, 3, 8]),
        "clips": CLIPS,
    }
    np.savez(path, **{k: v for k, v in (content | changes).items() if v is not None})
    return Predictions(path)


def test_clip_is_found_by_its_whole_name_or_its_beginning(tmp_path):
    predictions = write(tmp_path / "p.npz")
    assert predictions.rows_of("S9/Walking 1").tolist() == [2, 4, 1]  # by frame
    assert predictions.rows_of("S9/Walking").tolist() == [0]
    assert predictions.rows_of("S9/Walking/up").tolist() == [3]
    assert predictions.first == "S9/Walking/front"
    with pytest.raises(InputError, match=r"'S9/Walk'.*for example S9/Walking 1/front"):
        predictions.rows_of("S9/Walk")


def test_truth_and_input_are_those_of_the_predicted_frames(tmp_path, data):
    predictions = write(tmp_path / "p.npz")
    shown = predictions.beside_truth(predictions.rows_of("S9/Walking 1"), data)
    assert (shown.key.sequence, shown.key.fps) == ("Walking 1", 50.0)
    assert shown.frames.tolist() == [4, 8, 9]
    np.testing.assert_array_equal(shown.predicted, predictions.content["pose"][[2, 4, 1]])
    # Root-relative, so that the frames are alike.
    np.testing.assert_allclose(shown.truth, np.stack([pose(1)[0]] * 3), atol=1e-3)
    np.testing.assert_array_equal(shown.keypoints[:, 0, 0], [4, 8, 9])
    unseen = np.isnan(shown.keypoints).all(-1)
    assert np.argwhere(unseen).tolist() == [[0, 5]]
    assert shown.status is None


def test_status_comes_along_and_truth_may_be_absent(tmp_path, data):
    status = np.arange(5 * 17).reshape(5, 17) % 3
    predictions = write(tmp_path / "p.npz", status=status)
    shown = predictions.beside_truth([3], data)
    assert shown.truth is None
    np.testing.assert_array_equal(shown.status, status[[3]])


@pytest.mark.parametrize(
    "changes",
    [
        {"frame": np.array([8, 9, 5, 3, 8])},  # a frame that was left out
        {"clips": np.array([("S9", "Sitting", "front"), *CLIPS[1:].tolist()])},
        {"pose": np.zeros((5, 16, 3), np.float32)},
    ],
)
def test_predictions_of_another_store_are_refused(tmp_path, data, changes):
    predictions = write(tmp_path / "p.npz", **changes)
    with pytest.raises(InputError, match=r"p.npz: was not predicted from .*store.h5"):
        predictions.beside_truth(np.array([2, 4, 1]), data)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"pose": None}, "holds clip, frame, clips but no poses"),
        ({"clip": np.array([0, 0, 0, 0, 3])}, "damaged"),
        ({"frame": np.array([1.5] * 5)}, "damaged"),
        ({"pose": np.zeros((4, 17, 3), np.float32)}, "damaged"),
        ({"clips": np.array(["a"])}, "damaged"),
    ],
)
def test_damaged_predictions_are_refused(tmp_path, changes, fault):
    with pytest.raises(InputError, match=fault):
        write(tmp_path / "p.npz", **changes)


def test_datamodule_has_the_options_that_predict_was_given_beside_the_configuration(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("data: {class_path: datamodules.H36M, init_args: {test_frames: all}}")
    starts = [
        {"stage": "predict", "changes": {"data.test_frames": "every2"}},
        {"stage": "predict", "changes": {"data.test_frames": "every64", "model.flip_test": True}},
        {"stage": "test", "changes": {"data.test_frames": "every4"}},
    ]
    (tmp_path / "provenance.json").write_text(json.dumps(starts))
    assert data_of_run(config).frames["test"] == "every64"


def test_datamodule_is_the_one_the_run_was_trained_with(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(
        "seed_everything: 0\n"
        "data: {class_path: datamodules.Synthetic, init_args: {folder: f, frames_per_sequence: 6}}\n"
    )
    data = data_of_run(config)
    assert isinstance(data, Synthetic)
    assert data.store == "f/synthetic_seed0_6frames.h5"


@pytest.mark.parametrize(
    "text",
    [
        "data: {class_path: os.system}",
        "model: 1",
        "- 1",
        "data: {class_path: H36M, init_args: {x: 1}}",
    ],
)
def test_configuration_without_a_dataset_is_refused(tmp_path, text):
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(InputError, match=r"config.yaml: names no dataset"):
        data_of_run(tmp_path / "config.yaml")


def test_configuration_that_is_no_yaml_is_called_so(tmp_path):
    (tmp_path / "config.yaml").write_text("data: [")
    with pytest.raises(InputError, match=r"config.yaml: is not YAML"):
        data_of_run(tmp_path / "config.yaml")
