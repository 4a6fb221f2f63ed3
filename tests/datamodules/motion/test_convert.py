"""Files of motion and the procedural human become one clip store."""

import numpy as np
import pytest

from datamodules.motion.convert import convert, resampled
from datamodules.store.clips import ClipStore
from datamodules.synthetic.procedural import clips as procedural
from lifting.cameras import camera_to_world
from lifting.errors import InputError
from tests.datamodules.motion.made_motion_files import CLIPS, write_motion


def worlds_of(path):
    """World poses by subject and sequence, and the keys."""
    import torch

    with ClipStore(path) as store:
        found = {}
        for key in store.keys:
            pose = torch.from_numpy(store.pose(key)).double()
            world = camera_to_world(pose, store.camera(key))
            found[key.subject, key.sequence] = world.numpy()
        return found, store.keys, store.info


def test_worlds_are_recovered_from_the_one_view_of_each_clip(tmp_path):
    worlds = write_motion(tmp_path / "a.npz")
    report = convert([tmp_path / "a.npz"], tmp_path / "out.h5")
    found, keys, info = worlds_of(tmp_path / "out.h5")
    assert len(keys) == len(CLIPS)
    for (_, subject, name, activity, _), world in zip(CLIPS, worlds, strict=True):
        np.testing.assert_allclose(found[subject, name], world, atol=0.01)
        (key,) = (k for k in keys if (k.subject, k.sequence) == (subject, name))
        assert (key.action, key.fps) == (activity or "motion", 30.0)
    assert info.skeleton == "h36m17"
    assert info.sources == {"gt": "h36m17"}
    assert "cmu_amc: The data used in this project was obtained from mocap.cs.cmu" in info.origin
    assert "my_studio: not stated, ask its owner" in info.licence
    assert set(info.inputs) == {"a.npz"}
    assert "my_studio                       1         8      0.0" in report


def test_another_frame_rate_is_interpolated(tmp_path):
    write_motion(tmp_path / "a.npz")
    convert([tmp_path / "a.npz"], tmp_path / "out.h5", fps=60.0)
    convert([tmp_path / "a.npz"], tmp_path / "same.h5")
    fast, keys, _ = worlds_of(tmp_path / "out.h5")
    same, _, _ = worlds_of(tmp_path / "same.h5")
    assert {key.fps for key in keys} == {60.0}
    for name, world in fast.items():
        assert len(world) == 2 * len(same[name]) - 1
        np.testing.assert_allclose(world[::2], same[name], atol=0.02)
        between = (same[name][1:] + same[name][:-1]) / 2
        np.testing.assert_allclose(world[1::2], between, atol=0.02)


@pytest.mark.parametrize(("frames", "kept"), [(1, 1), (2, 1), (11, 7), (480, 288)])
def test_fifty_frames_a_second_become_thirty(frames, kept):
    line = np.arange(frames, dtype=float)[:, None, None] * np.ones((1, 17, 3))
    found = resampled(line, 50.0, 30.0)
    assert len(found) == kept
    np.testing.assert_allclose(found[:, 0, 0], np.arange(kept) * 50 / 30, atol=1e-9)


def test_the_procedural_human_is_added_at_several_seeds(tmp_path, monkeypatch):
    write_motion(tmp_path / "a.npz")
    monkeypatch.setattr("datamodules.motion.convert.SUBJECTS", ("S1", "S8"))
    monkeypatch.setattr("datamodules.motion.convert.SEQUENCES", ("Walking", "Sitting 1"))
    made = {"procedural_seeds": 2, "procedural_frames": 11}
    convert([tmp_path / "a.npz"], tmp_path / "out.h5", **made)
    found, keys, info = worlds_of(tmp_path / "out.h5")
    assert len(found) == len(CLIPS) + 8
    world = procedural.generate_sequence(1, "S8", "Sitting 1", 11)
    last = found["procedural1_S8", "Sitting 1"]
    assert len(last) == 7
    # Frame 6 of 30 a second is frame 10 of 50.
    np.testing.assert_allclose(last[[0, 3, 6]], world[[0, 5, 10]], atol=0.01)
    assert {k.action for k in keys if k.subject.startswith("procedural")} == {"Walking", "Sitting"}
    # Not those that the synthetic dataset tests on.
    assert {subject[:11] for subject, _ in found} >= {"procedural1", "procedural2"}
    assert not any(subject.startswith("procedural0") for subject, _ in found)
    assert "procedural: the procedural human" in info.origin
    convert([tmp_path / "a.npz"], tmp_path / "alone.h5", without=["cmu_amc", "my_studio"], **made)
    assert len(worlds_of(tmp_path / "alone.h5")[0]) == 8


def test_sources_can_be_left_out(tmp_path):
    write_motion(tmp_path / "a.npz")
    convert([tmp_path / "a.npz"], tmp_path / "out.h5", without=["my_studio"])
    found, _, info = worlds_of(tmp_path / "out.h5")
    assert {subject for subject, _ in found} == {"cmu05", "cmu12"}
    assert "my_studio" not in info.licence


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"without": ["reactidle"]}, "there is no source 'reactidle', only cmu_amc, my_studio"),
        ({"fps": 0.0}, "--fps is 0.0: give a positive number"),
        ({"procedural_seeds": -1}, "--procedural_seeds is -1: give 0 or more"),
        ({"procedural_seeds": 1, "procedural_frames": 0}, "A sequence has 0 frames"),
    ],
)
def test_options_that_are_none_are_refused_and_nothing_is_left(tmp_path, options, message):
    write_motion(tmp_path / "a.npz")
    with pytest.raises(InputError, match=message):
        convert([tmp_path / "a.npz"], tmp_path / "out.h5", **options)
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_the_same_clip_in_two_files_is_refused(tmp_path):
    write_motion(tmp_path / "a.npz")
    write_motion(tmp_path / "b.npz")
    with pytest.raises(InputError, match="clips/cmu05/05_01/05_01_view0: given twice"):
        convert([tmp_path / "a.npz", tmp_path / "b.npz"], tmp_path / "out.h5")
