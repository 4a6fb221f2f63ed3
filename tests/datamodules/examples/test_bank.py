from dataclasses import fields

import numpy as np
import pytest
import torch

from datamodules.examples.bank import LoadedClip, PoseBank, contiguous_part, select_frames
from datamodules.h36m.cameras import h36m_camera
from datamodules.store.clips import ClipKey
from lifting.cameras import Camera, project
from lifting.errors import InputError
from lifting.skeletons import skeleton
from lifting.windows import Windows

H36M = skeleton("h36m17")
ACTIONS, SUBJECTS = ["Eating", "Sitting"], ["S9", "S11"]
LENGTHS = (5, 1, 12)
CAMERAS = ("54138969", "55011271", "60457274")
# Windows that overlap, that dilate, and that are longer than some of the clips.
SHAPES = [
    Windows(),
    Windows(9),
    Windows(1, 4),
    Windows(5, 3, dilation=2),
    Windows(4, 2, causal=True),
]


def clip(number, frames, pose=True, seed=0):
    """A clip whose keypoints are the projection of its poses; every number in it is another."""
    rng = np.random.default_rng([seed, number])
    points = rng.normal(0, 300, (frames, 17, 3)) + np.array([200, -100, 5000])
    camera = h36m_camera("S9", CAMERAS[number])
    # Human3.6M's images are all but square, which hides what is done to the wrong side.
    camera.size = torch.tensor([1000.0, 802.0], dtype=torch.float64)
    keypoints = project(torch.from_numpy(points), camera)
    confidence = torch.from_numpy(rng.uniform(size=(frames, 17, 1)))
    subject, action = SUBJECTS[number % 2], ACTIONS[number % 2]
    return LoadedClip(
        key=ClipKey(subject, f"{action} {number}", action, CAMERAS[number], 50.0, frames),
        camera=camera,
        keypoints=torch.cat([keypoints, confidence], -1).float(),
        pose=torch.from_numpy(points).float() if pose else None,
        selected=torch.from_numpy(rng.uniform(size=frames) < 0.6) | (torch.arange(frames) == 0),
        frames=10 * number + torch.arange(frames),
    )


def clips(pose=True):
    return [clip(i, frames, pose) for i, frames in enumerate(LENGTHS)]


def bank(windows=Windows(), pose=True):  # noqa: B008 (frozen)
    return PoseBank(clips(pose), windows, H36M, H36M, ACTIONS, SUBJECTS)


def example(source, start, windows):
    """One example of a clip, frame by frame."""
    past = windows.receptive_field - 1
    past = past if windows.causal else past // 2
    last = len(source.frames) - 1

    def at(frame):
        return min(max(frame, 0), last)

    inputs = [at(start + windows.dilation * (i - past)) for i in range(windows.length)]
    outputs = [start + windows.dilation * i for i in range(windows.chunk)]
    # The frames before the next multiple of the chunk are those of the example before.
    first = -(start // windows.dilation) % windows.chunk
    valid = [i >= first and o <= last and bool(source.selected[o]) for i, o in enumerate(outputs)]
    return {
        "keypoints": source.keypoints[inputs, :, :2],
        "confidence": source.keypoints[inputs, :, 2],
        "pose": source.pose[[at(o) for o in outputs]],
        "valid": torch.tensor(valid),
        "frame": source.frames[[at(o) for o in outputs]],
    }


@pytest.mark.parametrize("windows", SHAPES, ids=str)
def test_a_batch_holds_what_gathering_frame_by_frame_finds(windows):
    sources, examples = clips(), bank(windows)
    expected = [
        (number, start)
        for number, source in enumerate(sources)
        for start in windows.starts(source.selected).tolist()
    ]
    assert len(examples) == len(expected)
    order = torch.randperm(len(expected))
    batch = examples.batch(examples.rows[order])
    for row, (number, start) in enumerate([expected[i] for i in order]):
        for name, value in example(sources[number], start, windows).items():
            assert torch.equal(batch[name][row], value), name
        key = sources[number].key
        assert batch["clip"][row] == number
        assert ACTIONS[batch["action"][row]] == key.action
        assert SUBJECTS[batch["subject"][row]] == key.subject
        for f in fields(Camera):
            mine = getattr(batch["camera"][row], f.name)
            assert torch.equal(mine, getattr(sources[number].camera, f.name).float())


@pytest.mark.parametrize("windows", SHAPES, ids=str)
def test_every_selected_frame_is_valid_once(windows):
    examples = bank(windows)
    batch = examples.batch(examples.rows)
    where = batch["valid"].nonzero()
    seen = [(int(batch["clip"][b]), int(batch["frame"][b, c])) for b, c in where]
    wanted = [
        (number, int(frame))
        for number, source in enumerate(clips())
        for frame in source.frames[source.selected]
    ]
    assert sorted(seen) == wanted


def test_rows_by_clip_keeps_clips_whole_and_in_order():
    examples = bank(Windows(3, 2))
    shares = examples.rows_by_clip()
    assert torch.equal(torch.cat(shares), examples.rows)
    assert [set(examples.clip[rows].tolist()) for rows in shares] == [{0}, {1}, {2}]


@pytest.mark.parametrize("windows", SHAPES, ids=str)
def test_mirrored_examples_are_mirrored_in_every_part(windows):
    examples = bank(windows)
    plain = examples.batch(examples.rows)
    flip = torch.arange(len(examples)) % 2 == 0
    batch = examples.batch(examples.rows, flip)
    swapped = [
        H36M.index(j.replace("left", "?").replace("right", "left").replace("?", "right"))
        for j in H36M.joints
    ]
    width = plain["camera"].size[:, 0][:, None, None]
    mirrored = plain["keypoints"][:, :, swapped].clone()
    mirrored[..., 0] = width - mirrored[..., 0]
    torch.testing.assert_close(batch["keypoints"][flip], mirrored[flip])
    assert torch.equal(batch["confidence"][flip], plain["confidence"][:, :, swapped][flip])
    pose = plain["pose"][:, :, swapped] * torch.tensor([-1.0, 1.0, 1.0])
    assert torch.equal(batch["pose"][flip], pose[flip])
    for name in ("keypoints", "confidence", "pose"):
        assert torch.equal(batch[name][~flip], plain[name][~flip])
        assert not torch.equal(batch[name], plain[name])
    for name in ("valid", "subject", "action", "clip", "frame"):
        assert torch.equal(batch[name], plain[name])
    for f in fields(Camera):
        mine, was = (getattr(b["camera"], f.name) for b in (batch, plain))
        assert torch.equal(mine[~flip], was[~flip])


def test_a_mirrored_camera_still_projects_the_pose_onto_the_keypoints():
    examples = bank()
    plain = examples.batch(examples.rows)
    batch = examples.batch(examples.rows, torch.ones(len(examples), dtype=torch.bool))
    seen = project(batch["pose"][:, 0], batch["camera"])
    assert (seen - batch["keypoints"][:, 0]).abs().max() < 1e-2
    # With the camera as it was it does not.
    assert (project(batch["pose"][:, 0], plain["camera"]) - seen)[..., 0].abs().min() > 1


@pytest.mark.parametrize("windows", SHAPES, ids=str)
def test_batches_leave_the_bank_as_it_was(windows):
    examples, untouched = bank(windows), bank(windows)
    rows = torch.cat([examples.rows, examples.rows])
    batch = examples.batch(rows, torch.ones(len(rows), dtype=torch.bool))
    for name, value in batch.items():
        for tensor in vars(value).values() if name == "camera" else [value]:
            tensor.zero_()
    for name, value in vars(untouched).items():
        if isinstance(value, torch.Tensor):
            assert torch.equal(getattr(examples, name), value), name
    for f in fields(Camera):
        assert torch.equal(getattr(examples.camera, f.name), getattr(untouched.camera, f.name))


def test_mirroring_none_is_not_mirroring():
    examples = bank()
    plain = examples.batch(examples.rows)
    batch = examples.batch(examples.rows, torch.zeros(len(examples), dtype=torch.bool))
    assert all(torch.equal(batch[k], plain[k]) for k in plain if k != "camera")


def test_without_poses_a_batch_has_none_and_can_be_mirrored():
    examples = bank(pose=False)
    batch = examples.batch(examples.rows, torch.ones(len(examples), dtype=torch.bool))
    assert "pose" not in batch
    assert "keypoints" in batch


def test_poses_of_some_clips_only_are_refused():
    mixed = [clip(0, 5), clip(1, 1, pose=False), clip(2, 12)]
    with pytest.raises(InputError, match="some have none"):
        PoseBank(mixed, Windows(), H36M, H36M, ACTIONS, SUBJECTS)


def test_all_frames_are_selected_by_all():
    assert select_frames("all", None, torch.arange(9)).tolist() == 9 * [True]


def test_every_n_goes_by_frame_number_not_by_place():
    frames = torch.tensor([0, 1, 63, 64, 65, 128, 200, 256])
    chosen = select_frames("every64", None, frames)
    assert frames[chosen].tolist() == [0, 64, 128, 256]


def kept_by_movement(pose):
    kept, last = [0], pose[0]
    for frame in range(1, len(pose)):
        if max(np.linalg.norm(a - b) for a, b in zip(pose[frame], last, strict=True)) >= 40:
            kept.append(frame)
            last = pose[frame]
    return kept


@pytest.mark.parametrize("step", [0.1, 0.6, 8.0, 60.0])
def test_interesting_frames_are_those_that_moved_since_the_last_one_kept(step):
    """Slow walks go farther than the search looks ahead at once, fast ones keep nearly all."""
    rng = np.random.default_rng(0)
    pose = np.cumsum(rng.normal(step, step, (400, 5, 3)), axis=0).astype(np.float32)
    kept = kept_by_movement(pose)
    chosen = select_frames("interesting", torch.from_numpy(pose), torch.arange(400))
    assert chosen.nonzero().squeeze(-1).tolist() == kept
    assert 1 < len(kept) <= 400


def test_a_joint_that_moved_exactly_the_threshold_counts():
    pose = torch.zeros(4, 2, 3)
    pose[1, 0, 0], pose[2:, 1, 2] = 39.9, 40.0
    chosen = select_frames("interesting", pose, torch.arange(4))
    assert chosen.tolist() == [True, False, True, False]


@pytest.mark.parametrize("rule", ["every", "every0", "every-1", "every2.5", "every²", "some", ""])
def test_unknown_rules_are_refused(rule):
    with pytest.raises(InputError, match=r"every64"):
        select_frames(rule, torch.zeros(1, 17, 3), torch.arange(1))


def test_interesting_frames_need_poses():
    with pytest.raises(InputError, match="needs 3D poses"):
        select_frames("interesting", None, torch.arange(1))


@pytest.mark.parametrize("frames", [1, 7, 150, 1384, 5000])
@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 1.0])
def test_a_share_of_a_clip_is_one_part_of_that_length(frames, share):
    where = contiguous_part(share, frames).nonzero().flatten()
    assert len(where) == max(1, round(share * frames))
    assert (where.diff() == 1).all()


def test_the_part_begins_where_the_clips_length_puts_it():
    """SHA-256 of "1384" begins with a7 35 31 f8: little-endian 0.96950 of the range of 1247 places."""
    assert (
        int(contiguous_part(0.1, 1384).nonzero()[0])
        == int(0x_F831_35A7 / 0x_FFFF_FFFF * 1247)
        == 1208
    )
