"""Poses that a critic learns from: which, in what order, of what joints, and of which store."""

import numpy as np
import pytest
import torch

from datamodules.base import PoseDataModule
from datamodules.h36m.cameras import h36m_camera
from datamodules.store.clips import ClipKey, ClipWriter, StoreInfo
from lifting.errors import InputError
from lifting.geometry import mirror
from lifting.skeletons import convert, skeleton

FRAMES = 40
CAMERA = "54138969"
BODY = skeleton("h36m17")


def walk(rng, body):
    """Bodies of random posture, five metres from the camera."""
    pose = np.zeros((FRAMES, len(body), 3))
    pose[:, body.root] = np.cumsum(rng.normal(0, 12, (FRAMES, 3)), axis=0)
    pose[:, body.root, 2] += 5000
    bones, step = list(body.bones), rng.normal(size=(len(body), 3))
    done = {body.root}
    while bones:
        parent, child = next(b for b in bones if b[0] in done)
        bones.remove((parent, child))
        done.add(child)
        pose[:, child] = pose[:, parent] + 250 * step[child] / np.linalg.norm(step[child])
    return pose.astype(np.float32)


def write(path, subjects, joints="h36m17", pose=True, gaps=False):
    rng = np.random.default_rng(len(subjects))
    truth = {}
    with ClipWriter(path, StoreInfo(joints, {"gt": joints}, "made up", "none", {})) as store:
        for subject in subjects:
            points = walk(rng, skeleton(joints))
            keypoints = 500 * rng.random((FRAMES, points.shape[1], 3), np.float32)
            keypoints[..., 2] = 1
            store.add_camera(subject, CAMERA, h36m_camera("S1", CAMERA))
            key = ClipKey(subject, "Walking 1", "Walking", CAMERA, 50.0, FRAMES)
            numbers = 3 * np.arange(FRAMES) if gaps else None
            store.add(key, {"gt": keypoints}, points if pose else None, numbers)
            truth[subject] = points
    return str(path), truth


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return write(tmp_path_factory.mktemp("prior") / "poses.h5", ["S1", "S5", "S8"])


def data(path, prior=("S5",), **options):
    options = {"batch_size": 8, "flip": 0.0} | options
    made = PoseDataModule(path, train_subjects=["S1"], prior_subjects=prior, **options)
    made.setup("fit")
    return made


def batches(module, count):
    loader = module.train_dataloader()
    taken = []
    while len(taken) < count:
        taken += [module.on_after_batch_transfer(index, 0) for index in loader]
    return taken[:count]


def test_every_pose_comes_once_per_round_absolute_and_in_millimetres(store):
    path, truth = store
    seen = torch.cat([b["prior"] for b in batches(data(path), FRAMES // 8)])[:, 0]
    order = seen[:, 0, 2].argsort()
    expected = torch.from_numpy(truth["S5"])
    assert torch.equal(seen[order], expected[expected[:, 0, 2].argsort()])


def test_poses_of_the_same_subjects_do_not_meet_their_keypoints(store):
    """Examples and prior are the same forty frames here, each in its own order."""
    same = [
        (b["prior"] == b["pose"]).flatten(1).all(1) for b in batches(data(store[0], ["S1"]), 100)
    ]
    # One in forty by chance, 800 times.
    assert torch.cat(same).float().mean() < 0.06


def test_the_stream_depends_on_seed_and_step_only(store):
    path = store[0]
    one, again = (batches(data(path, ["S5", "S8"], flip=0.5), 25) for _ in range(2))
    alone = batches(data(path, [], flip=0.5), 25)
    for mine, theirs, without in zip(one, again, alone, strict=True):
        assert torch.equal(mine["prior"], theirs["prior"])
        assert torch.equal(mine["keypoints"], without["keypoints"])
        assert "prior" not in without
    other = batches(data(path, ["S5", "S8"], flip=0.5, seed=1), 25)
    assert not any(torch.equal(a["prior"], b["prior"]) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("stop", [3, 5, 13])
def test_a_resumed_run_sees_the_poses_it_would_have_seen(store, stop):
    path = store[0]
    expected = [b["prior"] for b in batches(data(path, ["S5", "S8"], flip=0.5), 20)]
    killed = data(path, ["S5", "S8"], flip=0.5)
    batches(killed, stop - stop % 5)
    for _, _ in zip(range(stop % 5), killed._train_loader, strict=False):
        pass
    resumed = data(path, ["S5", "S8"], flip=0.5)
    resumed.load_state_dict(killed.state_dict())
    rest = [b["prior"] for b in batches(resumed, 20 - stop)]
    assert all(torch.equal(a, b) for a, b in zip(rest, expected[stop:], strict=True))


def test_flips_mirror_poses_about_the_camera(store):
    path = store[0]
    plain, flipped = (batches(data(path, flip=f), 5) for f in (0.0, 1.0))
    plain, flipped = (torch.cat([b["prior"] for b in some]) for some in (plain, flipped))
    # Each frame has a depth of its own at the root, by which it is found again.
    match = (plain[:, 0, 0, 2][None] == flipped[:, 0, 0, 2][:, None]).int().argmax(1)
    assert torch.equal(flipped, mirror(plain[match], BODY.mirror))


def test_chunks_are_consecutive_and_end_with_the_clip(store):
    path, truth = store
    module = data(path, chunk=5, batch_size=4)
    expected = torch.from_numpy(truth["S5"])
    begins = set()
    for batch in batches(module, 18):
        for chunk in batch["prior"]:
            begin = int((expected[:, 0, 2] == chunk[0, 0, 2]).int().argmax())
            assert torch.equal(chunk, expected[begin : begin + 5])
            begins.add(begin)
    assert begins == set(range(FRAMES - 4))


def test_another_store_of_other_joints_is_converted(store, tmp_path):
    path, truth = write(tmp_path / "other.h5", ["A", "B"], "h36m32")
    module = data(store[0], ["B"], prior_store=path)
    expected = convert(torch.from_numpy(truth["B"]), "h36m32", "h36m17")
    assert torch.equal(module.prior_poses(), expected)
    assert set(module.fingerprint) == {"poses.h5", "other.h5"}


def test_frames_are_those_of_training_unless_said_otherwise(store):
    assert len(data(store[0], train_frames="every5", batch_size=4).prior) == 8
    assert len(data(store[0], train_frames="every5", prior_frames="every2").prior) == 20
    assert data(store[0], []).prior_poses() is None


def test_what_cannot_be_learnt_from_is_refused(store, tmp_path):
    path = store[0]
    with pytest.raises(InputError, match=r"no subject 'S7'; it has S1, S5, S8: .*--data\.prior"):
        data(path, ["S7"])
    with pytest.raises(InputError, match="fewer than one batch"):
        data(path, batch_size=64).train_dataloader()
    bare = write(tmp_path / "bare.h5", ["A"], pose=False)[0]
    with pytest.raises(InputError, match="no 3D poses to learn from"):
        data(path, ["A"], prior_store=bare)
    gaps = write(tmp_path / "gaps.h5", ["A"], gaps=True)[0]
    assert len(data(path, ["A"], prior_store=gaps).prior) == FRAMES
    with pytest.raises(InputError, match="no motion"):
        data(path, ["A"], prior_store=gaps, chunk=3)
    hands = write(tmp_path / "hands.h5", ["S1"], "h36m32")[0]
    with pytest.raises(InputError, match="cannot be converted"):
        data(hands, prior_store=path)
