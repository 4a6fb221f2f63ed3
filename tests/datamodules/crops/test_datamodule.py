"""The datamodule of images: batches, crops that map back, broken images, order and resumption."""

import json
import multiprocessing
import os
import signal

import numpy as np
import pytest
import torch
from PIL import Image

from datamodules.crops.augmentation import Augmentation
from datamodules.crops.datamodule import ImageDataModule
from lifting.cameras import project
from lifting.errors import InputError
from lifting.imaging.colour_normalisation import IMAGENET_MEAN, IMAGENET_STD
from lifting.imaging.crops import apply_affine, fit_aspect, invert_affine
from tests.datamodules.made_images import SIZE, picture, prepare, record, write_picture

pytestmark = pytest.mark.slow(reason="decodes and warps images", shapes=True)

CROP = {"width": 24, "height": 32, "workers": 0}


@pytest.fixture
def index(tmp_path):
    people = [record(n, "S1") for n in range(7)] + [record(n, "S8") for n in range(3)]
    people += [record(0, "S9", camera=None, pose=None), record(1, "S9")]
    return str(prepare(tmp_path, people))


def module(index, **changes):
    options = {
        "train_subjects": ("S1",),
        "val_subjects": ("S8",),
        "test_subjects": ("S9",),
        "batch_size": 3,
        "eval_batch_size": 2,
        **CROP,
    }
    data = ImageDataModule(index, **{**options, **changes})
    data.setup("fit")
    data.setup("test")
    return data


def batches(data, loader):
    return [
        data.on_after_batch_transfer(data.on_before_batch_transfer(crops, 0), 0) for crops in loader
    ]


def test_batch_holds_what_the_record_says(index):
    data = module(index)
    (batch,) = batches(data, data.test_dataloader())
    assert batch["image"].shape == (2, 3, 32, 24)
    assert batch["image"].dtype == torch.float32
    assert batch["pose"].shape == (2, 1, 17, 3)
    assert batch["posed"].tolist() == [False, True]
    given = record(1, "S9")
    labelled = torch.from_numpy(given.visibility > 0)
    points = torch.from_numpy(given.keypoints).float()
    torch.testing.assert_close(batch["keypoints"][1][labelled], points[labelled])
    assert batch["visibility"][1].tolist() == given.visibility.tolist()
    projected = project(batch["pose"][1, 0], batch["camera"][1])
    torch.testing.assert_close(projected, points, atol=1e-2, rtol=0)
    # Nothing is known of the other camera but the size of its image.
    assert batch["camera"].size[0].tolist() == list(SIZE)
    assert batch["camera"].focal[0].tolist() == [120.0, 120.0]
    names = data.split("test").records.names
    assert names["subject"][batch["subject"][0]] == "S9"
    assert names["action"][batch["action"][0]] == "Walking"
    assert batch["frame"].tolist() == [0, 1]


def test_crop_shows_the_box_and_its_surroundings(index):
    data = module(index)
    (batch,) = batches(data, data.test_dataloader())
    box = batch["box"][0]
    centre, scale = fit_aspect(box, (24, 32), 1.25)
    torch.testing.assert_close(
        apply_affine(batch["affine"][:1], centre[None, None])[0, 0], torch.tensor([12.0, 16.0])
    )
    # The value of a pixel of the crop is that of the picture where the affine comes from.
    pixels = torch.tensor([[12.5, 16.5], [5.5, 9.5], [20.5, 28.5]])
    source = apply_affine(invert_affine(batch["affine"][0]), pixels)
    values = batch["image"][0] * torch.tensor(IMAGENET_STD)[:, None, None]
    values = 255 * (values + torch.tensor(IMAGENET_MEAN)[:, None, None])
    # S9's first picture is the eleventh that was written.
    whole = picture(10).astype(float)
    for (x, y), (u, v) in zip(pixels.int().tolist(), source.tolist(), strict=True):
        if 1 < u < SIZE[0] - 1 and 1 < v < SIZE[1] - 1:
            expected = whole[int(v), int(u)]
            np.testing.assert_allclose(values[:, y, x].numpy(), expected, atol=9)
    assert scale > 0


def test_training_order_and_augmentation_are_exact_after_resumption(index):
    options = {"augmentation": Augmentation()}
    whole = module(index, **options)
    loader = whole.train_dataloader()
    epochs = [batches(whole, loader) for _ in range(3)]
    assert [len(e) for e in epochs] == [2, 2, 2]
    rows = [[b["example"].tolist() for b in e] for e in epochs]
    assert rows[0] != rows[1]
    assert not torch.equal(epochs[0][0]["affine"], epochs[1][0]["affine"])

    # Stopped after the first batch of the second epoch, and resumed in another process.
    first = module(index, **options)
    loader = first.train_dataloader()
    batches(first, loader)
    running = iter(loader)
    next(running)
    state = first.state_dict()
    second = module(index, **options)
    second.load_state_dict(state)
    resumed = second.train_dataloader()
    rest = batches(second, resumed) + batches(second, resumed)
    for ours, expected in zip(rest, [epochs[1][1], *epochs[2]], strict=True):
        for name in ("example", "affine", "image", "keypoints"):
            torch.testing.assert_close(ours[name], expected[name], rtol=0, atol=0)


def test_workers_yield_what_the_main_process_yields(index):
    alone, helped = (
        module(index, augmentation=Augmentation(), workers=workers) for workers in (0, 2)
    )
    ones, others = (batches(d, d.train_dataloader()) for d in (alone, helped))
    for one, other in zip(ones, others, strict=True):
        for name in ("example", "affine", "image"):
            torch.testing.assert_close(one[name], other[name], rtol=0, atol=0)


def test_place_is_that_of_batches_handed_over_whatever_workers_did(index):
    data = module(index, workers=2)
    running = iter(data.train_dataloader())
    next(running)
    assert data.state_dict() == {"train": {"epoch": 0, "examples": 3}}


def test_broken_image_is_named_counted_and_not_learnt_from(index, tmp_path):
    (tmp_path / "S8/001.png").write_bytes(b"no picture")
    (tmp_path / "S8/002.png").unlink()
    data = module(index, eval_batch_size=3)
    with pytest.warns(UserWarning, match="001.png: missing, damaged or no picture"):
        (batch,) = batches(data, data.val_dataloader())
    assert data.broken == [str(tmp_path / "S8/001.png"), str(tmp_path / "S8/002.png")]
    assert batch["visibility"].any(1).tolist() == [True, False, False]
    assert batch["image"].isfinite().all()


def test_batch_of_nothing_but_broken_images_is_refused(index, tmp_path):
    for path in (tmp_path / "S9").iterdir():
        path.write_bytes(b"")
    data = module(index)
    with (
        pytest.warns(UserWarning, match="damaged"),
        pytest.raises(InputError, match="nor can any other image"),
    ):
        batches(data, data.test_dataloader())


def test_images_that_are_gone_are_told_of_at_once(index, tmp_path):
    (tmp_path / "S1/000.png").unlink()
    with pytest.raises(InputError, match="any more; prepare it again"):
        module(index)


def test_subject_that_is_not_there_and_split_without_subjects_are_refused(index):
    with pytest.raises(InputError, match="no image of 'S2'"):
        module(index, train_subjects=("S2",))
    data = module(index, val_subjects=())
    assert data.val_dataloader() == []
    with pytest.raises(InputError, match=r"give --data\.val_subjects"):
        data.split("val")


@pytest.mark.parametrize("option", ["width", "height", "batch_size", "eval_batch_size"])
def test_options_without_sense_are_refused(option):
    with pytest.raises(InputError, match=f"--data.{option} is 0"):
        ImageDataModule("index.h5", **{option: 0})


def test_detected_boxes_take_the_place_of_annotated_ones(index, tmp_path):
    left, top, right, bottom = record(0, "S8").box.tolist()
    moved = [left + 1, top - 2, right - left, bottom - top]
    far = [left + 500, top, right - left, bottom - top]
    found = [
        {"image_id": "S8/000.png", "bbox": far, "score": 0.9},
        {"image_id": "S8/000.png", "bbox": moved, "score": 0.5},
        {"image_id": "S8/001.png", "bbox": far, "score": 0.9},
    ]
    (tmp_path / "boxes.json").write_text(json.dumps(found))
    with pytest.warns(UserWarning, match="2 of 3 people of the val split have no box"):
        data = module(index, boxes=str(tmp_path / "boxes.json"), test_subjects=())
    box = torch.cat([b["box"] for b in batches(data, data.val_dataloader())])
    expected = torch.tensor([left + 1, top - 2, right + 1, bottom - 2])
    torch.testing.assert_close(box[0], expected)
    torch.testing.assert_close(box[1], torch.from_numpy(record(1).box).float())
    # Training keeps the annotation.
    train = data.split("train")
    torch.testing.assert_close(
        train.batch(train[next(iter(data.train_dataloader().order))])["box"],
        train.records.columns["box"][train.rows][data.train_dataloader().order.at(0, 0).rows],
    )


@pytest.mark.parametrize("content", ["[", '[{"bbox": [1, 2]}]', "3", '[{"image_id": 1}]'])
def test_damaged_boxes_are_refused(index, tmp_path, content):
    (tmp_path / "boxes.json").write_text(content)
    with pytest.raises(InputError, match="repair it"):
        module(index, boxes=str(tmp_path / "boxes.json"))


def test_boxes_of_other_images_are_refused(index, tmp_path):
    found = [{"image_id": 7, "bbox": [0, 0, 9, 9], "score": 1}]
    (tmp_path / "boxes.json").write_text(json.dumps(found))
    with pytest.raises(InputError, match="no box overlaps"):
        module(index, boxes=str(tmp_path / "boxes.json"))


def test_another_joint_set_is_converted_to(index):
    data = module(index, keypoint_skeleton="h36m16", pose_skeleton="h36m17")
    batch = batches(data, data.test_dataloader())[0]
    assert batch["keypoints"].shape == (2, 16, 2)
    assert batch["pose"].shape == (2, 1, 17, 3)
    with pytest.raises(InputError, match="cannot be converted"):
        module(index, keypoint_skeleton="panoptic19")


def test_pictures_of_any_kind_come_as_three_colours(index, tmp_path):
    write_picture(tmp_path / "S9/000.png", 0)
    with Image.open(tmp_path / "S9/000.png") as opened:
        opened.convert("L").save(tmp_path / "S9/001.png")
    data = module(index)
    image = batches(data, data.test_dataloader())[0]["image"][1]
    colours = (
        image * torch.tensor(IMAGENET_STD)[:, None, None]
        + torch.tensor(IMAGENET_MEAN)[:, None, None]
    )
    torch.testing.assert_close(colours[0], colours[1])
    torch.testing.assert_close(colours[0], colours[2])


def test_recordings_and_actions_are_named_by_the_numbers_of_a_batch(tmp_path):
    people = [record(n, "S9", action=("Walking", "Sitting")[n % 3 == 1]) for n in range(4)]
    people += [record(1, "S1", sequence="Sitting 2", action="Sitting")]
    data = module(str(prepare(tmp_path, people)), val_subjects=(), test_subjects=("S9", "S1"))
    clips = data.clip_names("test")
    assert sorted(clips) == [
        ("S1", "Sitting 2", "55011271"),
        ("S9", "Walking 1", "54138969"),
        ("S9", "Walking 1", "55011271"),
    ]
    named = {}
    for batch in batches(data, data.test_dataloader()):
        numbers = (batch[name].tolist() for name in ("clip", "frame", "action"))
        for clip, frame, action in zip(*numbers, strict=True):
            named[*clips[clip], frame] = data.actions[action]
    assert named == {(p.subject, p.sequence, p.view, p.frame): p.action for p in people}


def test_training_frames_are_those_with_a_pose_where_some_have_one(tmp_path):
    people = [record(0), record(1, pose=None), record(2)]
    data = module(str(prepare(tmp_path, people)), val_subjects=(), test_subjects=("S1",))
    assert data.has_poses
    keypoints, poses = data.training_frames()
    posed = [people[0], people[2]]
    expected = torch.stack([torch.from_numpy(p.pose).float() for p in posed])
    torch.testing.assert_close(poses, expected)
    seen = torch.from_numpy(posed[1].visibility > 0)
    points = torch.from_numpy(posed[1].keypoints).float()
    torch.testing.assert_close(keypoints[1][seen], points[seen])
    assert data.frames_per_example == 1
    assert data.prior_poses() is None


def test_training_frames_are_all_keypoints_where_nobody_has_a_pose(tmp_path):
    people = [record(n, pose=None) for n in range(3)]
    data = module(str(prepare(tmp_path, people)), val_subjects=(), test_subjects=("S1",))
    assert not data.has_poses
    keypoints, poses = data.training_frames()
    assert keypoints.shape == (3, 17, 2)
    assert poses is None


def test_spread_is_a_batch_of_the_same_people_every_time(index):
    data = module(index, augmentation=Augmentation())
    once, again = (data.spread("train", 4, torch.device("cpu")) for _ in range(2))
    assert once["example"].tolist() == [0, 2, 4, 6]
    assert once["image"].shape == (4, 3, 32, 24)
    torch.testing.assert_close(once["image"], again["image"], rtol=0, atol=0)


def test_window_is_of_the_images_before_and_after_in_the_recording(tmp_path):
    # Two views in turns, and frames out of order.
    people = [record(n, "S1", frame=f) for n, f in enumerate((30, 10, 10, 30, 20, 20))]
    index = str(prepare(tmp_path, [*people, record(0, "S8"), record(0, "S9")]))
    data = module(index, window=3, batch_size=6)
    assert data.frames_per_example == 3
    (batch,) = batches(data, data.train_dataloader())
    assert batch["image"].shape == (18, 3, 32, 24)
    frames, clips = (batch[name].view(6, 3) for name in ("frame", "clip"))
    assert (clips == clips[:, :1]).all()
    # At the ends of a recording the last image again.
    around = {10: [10, 10, 20], 20: [10, 20, 30], 30: [20, 30, 30]}
    assert frames.tolist() == [around[f] for f in frames[:, 1].tolist()]
    assert sorted(frames[:, 1].tolist()) == [10, 10, 20, 20, 30, 30]
    assert len(data.spread("train", 4, torch.device("cpu"))["image"]) == 4
    with pytest.raises(InputError, match="window is 2: give an odd number"):
        module(index, window=2)


def test_workers_outlive_an_order_to_stop_that_all_processes_are_sent(index):
    before = {child.pid for child in multiprocessing.active_children()}
    # A batch each, more than workers are ahead.
    data = module(index, workers=1, batch_size=1)
    loader = iter(data.train_dataloader())
    next(loader)
    (worker,) = (c for c in multiprocessing.active_children() if c.pid not in before)
    os.kill(worker.pid, signal.SIGINT)
    os.kill(worker.pid, signal.SIGTERM)
    assert len(list(loader)) == 6
    data.teardown("fit")
    worker.join(5)
    assert worker.exitcode == 0
