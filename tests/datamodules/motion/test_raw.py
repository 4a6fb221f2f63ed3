import numpy as np
import pytest

from datamodules.motion.raw import JOINT_NAMES, read_motion
from lifting.errors import InputError
from lifting.skeletons import skeleton
from tests.datamodules.motion.made_motion_files import CLIPS, NAMES, PARENTS, arrays, write_motion


def test_clips_are_cut_from_all_frames_and_become_millimetres(tmp_path):
    worlds = write_motion(tmp_path / "a.npz")
    clips = read_motion(tmp_path / "a.npz").clips
    assert [(c.source, c.subject, c.name) for c in clips] == [clip[:3] for clip in CLIPS]
    assert [c.activity for c in clips] == ["walk", "motion", "wave"]
    assert {c.fps for c in clips} == {30.0}
    for clip, world in zip(clips, worlds, strict=True):
        np.testing.assert_allclose(clip.world, world, atol=1e-3)


def test_joints_are_those_of_human36m():
    assert JOINT_NAMES == NAMES
    assert skeleton("h36m17").parents == PARENTS


def test_terms_are_those_of_the_file_or_those_that_are_known(tmp_path):
    write_motion(tmp_path / "a.npz")
    terms = read_motion(tmp_path / "a.npz").terms
    assert "EIA-0196217" in terms["cmu_amc"].origin
    assert "may not be resold" in terms["cmu_amc"].licence
    assert terms["my_studio"].licence == "not stated, ask its owner"
    own = {"source_origin": np.array(["", "anna"]), "source_licence": np.array(["", "CC0"])}
    write_motion(tmp_path / "a.npz", **own)
    given = read_motion(tmp_path / "a.npz").terms
    assert given["cmu_amc"] == terms["cmu_amc"]
    assert vars(given["my_studio"]) == {"origin": "anna", "licence": "CC0"}


def short_forearms():
    content, _ = arrays()
    positions = content["positions"].copy()
    positions[:, 0, 2] += 0.1
    for elbow, wrist in ((12, 13), (15, 16)):
        positions[:, wrist] -= (positions[:, wrist] - positions[:, elbow]) / 3
    return positions


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"joint_names": 5}, "is not as documented"),
        ({"positions": None}, "no 'positions' in it; docs/data/motion.md describes the file"),
        ({"fps": None}, "no 'fps' in it"),
        ({"fps": np.float32(0)}, "frame rate 'fps' is no positive number"),
        ({"joint_names": np.array(NAMES[::-1])}, "its joints are RWrist, .*; order them as Hip"),
        ({"parents": np.zeros(17)}, "'parents' are not those of h36m17"),
        ({"positions": np.zeros((44, 16, 3))}, r"'positions' is \(44, 16, 3\), not"),
        ({"positions": 1000 * arrays()[0]["positions"]}, "clip 0, 05_01, from metres to milli"),
        ({"clip_length": np.array([24, 12, 9])}, "frames 36 to 45 are not all in 'positions'"),
        ({"clip_length": np.array([24, 12])}, r"'clip_length' is \(2,\), where there are 3 clips"),
        ({"source": np.array([0, 0, 2])}, "clip 2, take 1: there is no source 2"),
        ({"subject": np.array(["a", "..", "b"])}, "'..' is no name that can be kept"),
        ({"source_licence": np.array(["CC0"])}, "not as long as 'source_name'"),
        ({"positions": short_forearms()}, "source 'cmu_amc' has the joints of earlier conver"),
    ],
)
def test_files_of_another_kind_are_refused_in_a_sentence(tmp_path, other, message):
    write_motion(tmp_path / "a.npz", **other)
    with pytest.raises(InputError, match=message):
        read_motion(tmp_path / "a.npz")


@pytest.mark.real
def test_the_real_files_hold_what_their_readme_says(real_data):
    for name, clips, frames in (
        ("motion_h36m17.npz", 2234, 331_406),
        ("motion_h36m17_present122.npz", 122, 34_224),
    ):
        found = read_motion(real_data / "motion" / name)
        assert len(found.clips) == clips
        assert sum(len(clip.world) for clip in found.clips) == frames
        assert not [t for t in found.terms.values() if t.licence.startswith("not stated")]
