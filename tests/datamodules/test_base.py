from dataclasses import replace

import numpy as np
import pytest
import torch

from datamodules.base import PoseDataModule
from datamodules.h36m.cameras import h36m_camera
from datamodules.h36m.poses import H36M
from datamodules.store.clips import ClipKey, ClipWriter, StoreInfo
from lifting.cameras import project
from lifting.errors import InputError
from lifting.skeletons import convert, skeleton

H36M17, MPII16 = skeleton("h36m17"), skeleton("mpii16")
CAMERAS = ("54138969", "55011271")
SEQUENCES = {"Sitting 1": "Sitting", "SittingDown": "SittingDown", "Walking": "Walking"}
SUBJECTS = ("S1", "S8", "S9", "S11")
FRAMES = 150


def poses(rng, frames=FRAMES):
    """Human-sized bodies five metres from the camera."""
    pose = np.zeros((frames, 17, 3))
    pose[:, 0] = np.cumsum(rng.normal(0, 12, (frames, 3)), axis=0) + np.array([0, 0, 5000])
    steps = rng.normal(size=(17, 3))
    for parent, child in H36M17.bones:
        pose[:, child] = pose[:, parent] + 250 * steps[child] / np.linalg.norm(steps[child])
    return pose


def detections(gt):
    """Sixteen MPII joints at places that tell joints, frames and coordinates apart."""
    place = np.arange(len(gt) * 16 * 2).reshape(-1, 16, 2) % 997
    confidence = np.linspace(0.1, 0.9, 16)[None, :, None].repeat(len(gt), 0)
    return np.concatenate([place, confidence], -1).astype(np.float32)


@pytest.fixture(scope="module")
def recording():
    """(subject, sequence, camera) to camera-frame poses and ground-truth keypoints."""
    rng = np.random.default_rng(0)
    clips = {}
    for subject in SUBJECTS:
        for sequence in SEQUENCES:
            for name in CAMERAS:
                pose = torch.from_numpy(poses(rng))
                xy = project(pose, h36m_camera(subject, name)).numpy()
                gt = np.concatenate([xy, np.ones_like(xy[..., :1])], -1).astype(np.float32)
                clips[subject, sequence, name] = pose.float().numpy(), gt
    return clips


def write(path, clips, pose=True, gaps=False, sh=lambda key: True):
    info = StoreInfo("h36m17", {"gt": "h36m17", "sh": "mpii16"}, "made up", "none", {"a": "b"})
    with ClipWriter(path, info) as store:
        for (subject, sequence, name), (points, gt) in clips.items():
            store.add_camera(subject, name, h36m_camera(subject, name))
            key = ClipKey(subject, sequence, SEQUENCES[sequence], name, 50.0, FRAMES)
            sources = {"gt": gt} | ({"sh": detections(gt)} if sh(key) else {})
            frames = 3 * np.arange(FRAMES) if gaps else None
            store.add(key, sources, points if pose else None, frames)
    return str(path)


@pytest.fixture(scope="module")
def store(recording, tmp_path_factory):
    return write(tmp_path_factory.mktemp("store") / "made_up.h5", recording)


def data(store, stage="fit", **options):
    module = H36M(store, **({"train_subjects": ["S1"]} | options))
    module.setup(stage)
    return module


def test_each_stage_loads_its_splits_and_no_other(store):
    assert set(data(store).banks) == {"train", "val"}
    assert set(data(store, val_subjects=[]).banks) == {"train"}
    assert set(data(store, "validate").banks) == {"val"}
    assert set(data(store, "test").banks) == {"test"}
    assert set(data(store, "predict").banks) == {"test"}


def test_splits_hold_their_subjects_only(store):
    for stage, split, subjects in (("fit", "train", {"S1"}), ("test", "test", {"S9", "S11"})):
        bank = data(store, stage).bank(split)
        assert {key.subject for key in bank.keys} == subjects
        assert len(bank.keys) == len(subjects) * len(SEQUENCES) * len(CAMERAS)


def test_defaults_are_the_protocol(store):
    module = H36M(store)
    assert module.subjects == {
        "train": ["S1", "S5", "S6", "S7"],
        "unlabelled": [],
        "prior": [],
        "val": ["S8"],
        "test": ["S9", "S11"],
    }
    assert module.frames == {"train": "all", "prior": "all", "val": "every8", "test": "all"}


def test_examples_are_the_clips_of_the_store(store, recording):
    bank = data(store, "test").bank("test")
    batch = bank.batch(bank.rows)
    for number, key in enumerate(bank.keys):
        mine = batch["clip"] == number
        pose, gt = recording[key.subject, key.sequence, key.camera]
        np.testing.assert_array_equal(batch["pose"][mine][:, 0], pose)
        np.testing.assert_array_equal(batch["keypoints"][mine][:, 0], gt[..., :2])
        assert batch["frame"][mine][:, 0].tolist() == list(range(FRAMES))


@pytest.mark.parametrize(
    ("rule", "frames"), [("all", range(150)), ("every64", [0, 64, 128]), ("every100", [0, 100])]
)
def test_the_protocol_chooses_the_frames_of_every_clip(store, rule, frames):
    bank = data(store, "test", test_frames=rule).bank("test")
    assert len(bank) == len(bank.keys) * len(frames)
    batch = bank.batch(bank.rows)
    assert batch["frame"].flatten().tolist() == len(bank.keys) * list(frames)


def test_frames_with_gaps_are_chosen_by_their_numbers(recording, tmp_path):
    """Numbers 0, 3, 6, ... 447: multiples of 64 among them are multiples of 192."""
    gapped = write(tmp_path / "gapped.h5", recording, gaps=True)
    bank = data(gapped, "test", test_frames="every64").bank("test")
    frames = bank.batch(bank.rows)["frame"].flatten().tolist()
    assert frames == len(bank.keys) * [0, 192, 384]


def test_interesting_frames_are_those_of_the_first_view_in_every_view(store, recording):
    bank = data(store, train_frames="interesting").bank("train")
    batch = bank.batch(bank.rows)
    for number, key in enumerate(bank.keys):
        pose = recording[key.subject, key.sequence, CAMERAS[0]][0]
        kept = [0]
        for frame in range(1, FRAMES):
            if np.linalg.norm(pose[frame] - pose[kept[-1]], axis=-1).max() >= 40:
                kept.append(frame)
        assert batch["frame"][batch["clip"] == number].flatten().tolist() == kept
        assert 5 < len(kept) < FRAMES


def test_training_frames_are_the_selected_ones_without_padding(store):
    single = data(store, train_frames="every10").training_frames()
    windows = data(store, train_frames="every10", receptive_field=27).training_frames()
    for a, b in zip(single, windows, strict=True):
        assert len(a) == len(SEQUENCES) * len(CAMERAS) * 15
        assert torch.equal(a, b)


def test_actions_are_matched_exactly(store):
    bank = data(store, "test", actions=["Sitting"]).bank("test")
    assert {key.sequence for key in bank.keys} == {"Sitting 1"}
    both = data(store, "test", actions=["SittingDown", "Sitting"])
    assert both.actions == ["Sitting", "SittingDown"]
    assert len(both.bank("test").keys) == 2 * 2 * len(CAMERAS)


def test_actions_are_all_there_are_and_ids_point_into_them(store):
    module = data(store, "test")
    assert module.actions == ["Sitting", "SittingDown", "Walking"]
    bank = module.bank("test")
    batch = bank.batch(bank.rows)
    for clip, action, subject in zip(batch["clip"], batch["action"], batch["subject"], strict=True):
        key = bank.keys[clip]
        assert module.actions[action] == key.action
        assert module.subjects["test"][subject] == key.subject


def test_a_source_of_another_joint_set_is_converted_by_joint_name(store, recording):
    bank = data(store, "test", source="sh").bank("test")
    batch = bank.batch(bank.rows)
    raw = detections(np.zeros((FRAMES, 17, 3)))
    first = batch["clip"] == 0
    for joint in ("left_knee", "right_wrist", "pelvis", "right_shoulder"):
        xy = raw[:, MPII16.index(joint)]
        mine = H36M17.index(joint)
        np.testing.assert_array_equal(batch["keypoints"][first][:, 0, mine], xy[:, :2])
        np.testing.assert_array_equal(batch["confidence"][first][:, 0, mine], xy[:, 2])
    # MPII has no Neck/Nose: two thirds neck, one third head top, as sure as the less sure of both.
    neck, top = (raw[:, MPII16.index(joint)] for joint in ("neck", "head_top"))
    face = H36M17.index("face")
    expected = 2 / 3 * neck[:, :2] + 1 / 3 * top[:, :2]
    np.testing.assert_allclose(batch["keypoints"][first][:, 0, face], expected, rtol=1e-5)
    sure = np.minimum(neck[:, 2], top[:, 2])
    np.testing.assert_array_equal(batch["confidence"][first][:, 0, face], sure)


def test_keypoints_may_be_asked_for_in_a_joint_set_other_than_that_of_the_poses(store, recording):
    module = data(store, "test", keypoint_skeleton="h36m16")
    bank = module.bank("test")
    batch = bank.batch(bank.rows, torch.ones(len(bank), dtype=torch.bool))
    assert (module.keypoint_skeleton, module.pose_skeleton) == ("h36m16", "h36m17")
    assert batch["keypoints"].shape[2:] == (16, 2)
    assert batch["pose"].shape[2:] == (17, 3)
    # Mirrored, each set by its own pairs.
    small = skeleton("h36m16")
    gt = recording[(bank.keys[0].subject, bank.keys[0].sequence, bank.keys[0].camera)][1]
    first = batch["keypoints"][batch["clip"] == 0][:, 0]
    np.testing.assert_allclose(
        first[:, small.index("left_wrist"), 0],
        1000 - gt[:, H36M17.index("right_wrist"), 0],
        rtol=1e-5,
    )


def test_clips_without_the_source_are_left_out(recording, tmp_path):
    part = write(tmp_path / "part.h5", recording, sh=lambda key: key.sequence != "Walking")
    bank = data(part, "test", source="sh").bank("test")
    assert {key.sequence for key in bank.keys} == {"Sitting 1", "SittingDown"}


def test_a_dataset_without_poses_has_keypoints_to_predict_from(recording, tmp_path):
    flat = write(tmp_path / "flat.h5", recording, pose=False)
    module = data(flat)
    assert module.training_frames()[1] is None
    assert "pose" not in module.bank("val").batch(module.bank("val").rows[:3])


def test_loaders_yield_what_the_datamodule_gathers(store):
    module = data(store, batch_size=64, eval_batch_size=100)
    index = next(iter(module.train_dataloader()))
    batch = module.on_after_batch_transfer(index, 0)
    assert batch["keypoints"].shape == (64, 1, 17, 2)
    seen = [module.on_after_batch_transfer(i, 0) for i in module.val_dataloader()]
    frames = torch.cat([batch["frame"] for batch in seen]).flatten().tolist()
    assert frames == len(module.bank("val").keys) * list(range(0, FRAMES, 8))
    assert data(store, val_subjects=[]).val_dataloader() == []


def test_training_goes_on_from_the_position_in_the_checkpoint(store):
    first, second = (data(store, batch_size=100) for _ in range(2))
    assert first.state_dict() == {}
    whole = [batch.rows.tolist() for batch in data(store, batch_size=100).train_dataloader()]
    batches = iter(first.train_dataloader())
    assert [next(batches).rows.tolist() for _ in range(3)] == whole[:3]
    second.load_state_dict(first.state_dict())
    assert [batch.rows.tolist() for batch in second.train_dataloader()] == whole[3:]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"test_subjects": ["S9", "S2"]},
            r"made_up\.h5: no subject 'S2'; it has S1, S11, S8, S9: "
            r"name those with --data\.test_subjects\.",
        ),
        ({"actions": ["Sitting", "Sit"]}, r"no action 'Sit'; it has Sitting, SittingDown, Walking"),
        ({"source": "cpn"}, r"no 2D source 'cpn'; it has gt, sh: .*--data.source"),
        ({"keypoint_skeleton": "coco"}, "no skeleton 'coco'"),
        ({"keypoint_skeleton": "coco17"}, "cannot be converted"),
        ({"actions": []}, "no clip of S1 .*train split"),
        ({"test_skeleton": "mpii16"}, r"made_up.h5: .*does not have chest of 'mpii16'"),
    ],
)
def test_what_the_store_lacks_is_named(store, options, message):
    with pytest.raises(InputError, match=message):
        data(store, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"receptive_field": 0}, "at least 1"),
        ({"receptive_field": 26}, "must be odd"),
        ({"test_chunk": 0}, "test_chunk is 0"),
        ({"train_stride": -1}, "train_stride is -1"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"eval_batch_size": -4}, "eval_batch_size is -4"),
        ({"flip": 1.5}, r"flip is 1\.5"),
        ({"test_frames": "every"}, "no frames 'every'"),
    ],
)
def test_impossible_options_are_refused_before_anything_is_read(options, message):
    with pytest.raises(InputError, match=message):
        PoseDataModule("missing.h5", **options)


def test_an_empty_split_says_how_to_fill_it(store):
    module = data(store, test_subjects=[])
    for ask in (module.test_dataloader, module.predict_dataloader):
        with pytest.raises(InputError, match=r"test split is empty.*--data\.test_subjects"):
            ask()


def test_a_split_whose_frames_are_all_left_out_is_refused(recording, tmp_path):
    shifted = tmp_path / "shifted.h5"
    info = StoreInfo("h36m17", {"gt": "h36m17"}, "made up", "none", {})
    key = ClipKey("S1", "Walking", "Walking", CAMERAS[0], 50.0, 20)
    pose, gt = recording["S1", "Walking", CAMERAS[0]]
    with ClipWriter(shifted, info) as store:
        store.add_camera("S1", CAMERAS[0], h36m_camera("S1", CAMERAS[0]))
        store.add(key, {"gt": gt[:20]}, pose[:20], np.arange(20) + 1)
        store.add(replace(key, sequence="Walking 1"), {"gt": gt[:20]}, pose[:20], np.arange(20) + 1)
    with pytest.raises(InputError, match=r"train_frames every64 leaves no frame of S1"):
        data(str(shifted), val_subjects=[], test_subjects=[], train_frames="every64")


def test_views_that_lack_different_frames_have_each_its_own_frames_chosen(recording, tmp_path):
    numbers = {CAMERAS[0]: np.arange(20), CAMERAS[1]: np.arange(20) + 5}
    with ClipWriter(tmp_path / "views.h5", StoreInfo("h36m17", {"gt": "h36m17"}, "", "")) as store:
        for camera, frames in numbers.items():
            pose, gt = recording["S1", "Walking", camera]
            key = ClipKey("S1", "Walking", "Walking", camera, 50.0, 20)
            store.add_camera("S1", camera, h36m_camera("S1", camera))
            store.add(key, {"gt": gt[:20]}, pose[:20], frames)
    path, none = str(tmp_path / "views.h5"), {"val_subjects": [], "test_subjects": []}
    bank = data(path, train_frames="every8", **none).bank("train")
    assert bank.batch(bank.rows)["frame"].flatten().tolist() == [0, 8, 16, 8, 16, 24]


def test_a_clip_without_the_source_in_any_view_of_a_split_is_refused(recording, tmp_path):
    none = write(tmp_path / "none.h5", recording, sh=lambda key: key.subject != "S1")
    with pytest.raises(InputError, match=r"no clip of S1 .* 2D source 'sh'"):
        data(none, source="sh")


def test_interesting_frames_of_a_dataset_without_poses_are_refused(recording, tmp_path):
    flat = write(tmp_path / "flat.h5", recording, pose=False)
    with pytest.raises(InputError, match="needs 3D poses"):
        data(flat, train_frames="interesting")


def test_a_missing_store_is_refused():
    with pytest.raises(InputError, match=r"^missing\.h5: is not there; make it with"):
        data("missing.h5")


def test_no_window_is_cut_across_left_out_frames(tmp_path, recording):
    path = tmp_path / "gaps.h5"
    write(path, recording, gaps=True)
    single = PoseDataModule(str(path), train_subjects=["S1"])
    single.setup("fit")
    assert len(single.bank("train")) == len(SEQUENCES) * len(CAMERAS) * FRAMES
    with pytest.raises(InputError, match="left out"):
        PoseDataModule(str(path), train_subjects=["S1"], receptive_field=3).setup("fit")


def test_unlabelled_subjects_come_beside_the_training_batches_without_their_poses(store):
    module = data(store, unlabelled_subjects=["S9", "S11"], batch_size=16, flip=0.5)
    index = next(iter(module.train_dataloader()))
    batch = module.on_after_batch_transfer(index, 0)
    other = batch["unlabelled"]
    assert "pose" in batch
    assert "pose" not in other
    assert "unlabelled" not in other
    assert len(other["keypoints"]) == len(batch["keypoints"]) == 16
    names = [module.banks["unlabelled"].keys[c].subject for c in other["clip"]]
    assert set(names) == {"S9", "S11"}
    assert module.banks["unlabelled"].pose is None


def test_statistics_are_those_of_the_labelled_frames(store):
    alone, beside = data(store), data(store, unlabelled_subjects=["S9"])
    for mine, theirs in zip(alone.training_frames(), beside.training_frames(), strict=True):
        assert torch.equal(mine, theirs)


def test_a_share_of_the_labels_is_one_part_of_each_clip(store):
    module = data(store, label_share=0.1, unlabelled_subjects=["S9"])
    bank = module.banks["train"]
    for clip in range(len(bank.keys)):
        frames = bank.frame[bank.selected & (bank.clip == clip)]
        assert len(frames) == round(0.1 * FRAMES)
        assert (frames.diff() == 1).all()
    whole = module.banks["unlabelled"], module.banks["val"]
    assert [int(b.selected.sum()) for b in whole] == [6 * FRAMES, 6 * 19]


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1])
def test_an_impossible_share_of_labels_is_refused(store, share):
    with pytest.raises(InputError, match="label_share"):
        data(store, label_share=share)


def test_poses_are_handed_over_in_the_joint_set_asked_for(store):
    plain, sparse = (
        H36M(
            store,
            pose_skeleton=name,
            val_subjects=(),
            test_subjects=("S9",),
            train_subjects=("S1",),
        )
        for name in (None, "lsp14")
    )
    for data in (plain, sparse):
        data.setup("fit")
    assert (plain.pose_skeleton, sparse.pose_skeleton) == ("h36m17", "lsp14")
    want = convert(plain.banks["train"].pose, "h36m17", "lsp14")
    assert torch.equal(sparse.banks["train"].pose, want)
