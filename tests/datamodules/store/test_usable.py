"""Usable frames of a store, counted by hand, as the command prints and draws them."""

import numpy as np
import pytest
from matplotlib.image import imread

from datamodules.store.clips import ClipKey, ClipStore, ClipWriter, StoreInfo
from datamodules.store.usable import usable_frames
from lifting.cameras import nominal_camera
from lifting.cli.describe import describe
from lifting.errors import InputError
from lifting.skeletons import skeleton

JOINTS = skeleton("h36m17")


@pytest.fixture
def store(tmp_path):
    """Two actions: four frames of walking, of which three lack something, and two whole ones."""
    confidence = np.ones((4, 17), np.float32)
    confidence[1, JOINTS.index("left_wrist")] = 0.2  # the left arm: completed
    confidence[2, JOINTS.indices(["left_wrist", "right_wrist"])] = 0  # the legs are there
    # No part is: neither leg, nor side, nor torso.
    confidence[3, JOINTS.indices(["left_knee", "right_knee", "head"])] = 0
    path = tmp_path / "store.h5"
    with ClipWriter(path, StoreInfo("h36m17", {"mine": "h36m17"}, "made up", "none")) as writer:
        writer.add_camera("a", "c", nominal_camera(100.0, 80.0))
        for action, scores in (("Walking", confidence), ("Sitting", confidence[:1].repeat(2, 0))):
            points = np.concatenate([np.ones((len(scores), 17, 2)), scores[..., None]], -1)
            key = ClipKey("a", action, action, "c", 50.0, len(scores))
            writer.add(key, {"mine": points.astype(np.float32)})
    return path


def test_whole_and_partial_frames_are_counted(store):
    with ClipStore(store) as content:
        counts = usable_frames(content, "mine", 0.3)
    assert list(counts) == ["Sitting", "Walking", "all"]
    walking, everything = counts["Walking"], counts["all"]
    assert (walking.frames, walking.whole, walking.partial) == (4, 1, 3)
    assert (everything.frames, everything.whole, everything.partial) == (6, 3, 5)
    assert everything.seen[JOINTS.index("left_wrist")] == 4
    assert everything.seen[JOINTS.index("pelvis")] == 6
    assert walking.percent(walking.whole) == 25


def test_a_lower_confidence_sees_more(store):
    with ClipStore(store) as content:
        assert usable_frames(content, "mine", 0.1)["Walking"].whole == 2


def test_the_command_prints_and_draws_them(store, tmp_path, capsys):
    describe(str(store), usable="mine", out=str(tmp_path / "a.png"))
    printed = capsys.readouterr().out
    assert "Walking" in printed
    assert "75.0" in printed
    assert "left wrist" in printed
    assert imread(tmp_path / "a.png").std() > 0.05


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"usable": "min"}, "has no 2D source min; did you mean mine"),
        ({"out": "a.png"}, "--out a.png: shows usable frames"),
        ({"usable": "mine", "out": "a.pdf"}, "--out a.pdf"),
        ({"usable": "mine", "least_confidence": 0.0}, "--least_confidence 0.0: is no confidence"),
    ],
)
def test_a_wrong_option_is_told(store, options, told):
    with pytest.raises(InputError) as error:
        describe(str(store), **options)
    assert told in str(error.value)
