"""Videos, read back with the decoder: length, size, and where the colours are."""

import av
import numpy as np
import pytest

from lifting.errors import InputError
from lifting.skeletons import Skeleton
from lifting.viz import video
from lifting.viz.figures import SIDE_COLOURS, TRUTH_COLOUR
from lifting.viz.video import write_rotation

# A post with one arm: colours and sides can be told from single pixels.
JOINTS = Skeleton("post", ("pelvis", "head", "left_hand"), (-1, 0, 1))


def post(hand_x=400.0, height=800.0):
    return np.array([[0, 0, 0], [0, -height, 0], [hand_x, -height, 0]], np.float32)


def read(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])


def where(frame, colour):
    """Mean column and row of the pixels of a colour, as shares of the frame."""
    rgb = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    rows, columns = (np.abs(frame.astype(int) - rgb).max(-1) < 40).nonzero()
    assert len(rows), f"no pixel is {colour}"
    return columns.mean() / frame.shape[1], rows.mean() / frame.shape[0]


def test_single_pose_turns_once_from_the_front(tmp_path):
    path = tmp_path / "a.mp4"
    write_rotation(path, post(), None, JOINTS, frames=8, size=121)
    frames = read(path)
    assert frames.shape == (8, 122, 122, 3)
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]
    columns, rows = zip(
        *[
            np.subtract(where(f, SIDE_COLOURS["left"]), where(f, SIDE_COLOURS["middle"]))
            for f in frames
        ],
        strict=True,
    )
    # The arm points to camera x = 400, which is right, from the top of the post, y = -800.
    assert columns[0] > 0.1
    assert columns[4] < -0.1
    assert max(rows) < 0
    # As far from the end as from the beginning, and on the way past the eye in between.
    np.testing.assert_allclose(columns[7], columns[1], atol=0.05)
    np.testing.assert_allclose(columns[2], 0, atol=0.05)


def test_sequence_shows_its_next_pose_in_every_frame_with_the_truth_and_the_input(tmp_path):
    predicted = np.stack([post(height=h) for h in (800.0, 500.0, 800.0)])
    keypoints = np.array([[50, 100], [50, 20], [90, 20]], np.float64)
    write_rotation(
        tmp_path / "a.mp4",
        predicted,
        np.broadcast_to(post(hand_x=-400), predicted.shape),
        JOINTS,
        keypoints,
        JOINTS,
        size=160,
    )
    frames = read(tmp_path / "a.mp4")
    assert frames.shape == (3, 160, 320, 3)
    panel, scene = frames[:, :, :160], frames[:, :, 160:]
    assert where(panel[0], SIDE_COLOURS["left"])[0] > 0.5
    assert where(scene[0], SIDE_COLOURS["left"])[0] > 0.5
    assert where(scene[0], TRUTH_COLOUR)[0] < 0.5
    heights = [where(frame, SIDE_COLOURS["left"])[1] for frame in scene]
    assert heights[1] > heights[0] + 0.1


def test_clip_of_a_second_is_a_second_long(tmp_path):
    write_rotation(tmp_path / "a.mp4", post(), None, JOINTS, frames=25, fps=12.5, size=64)
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert container.duration / av.time_base == pytest.approx(2.0, abs=0.05)


def test_joints_of_unknown_place_are_left_out(tmp_path):
    unknown = post()
    unknown[2] = np.nan
    write_rotation(tmp_path / "a.mp4", np.stack([unknown, post()]), None, JOINTS, size=120)
    frames = read(tmp_path / "a.mp4")
    with pytest.raises(AssertionError, match="no pixel"):
        where(frames[0], SIDE_COLOURS["left"])
    where(frames[1], SIDE_COLOURS["left"])


def test_failure_leaves_the_older_video_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.mp4"
    path.write_text("older")

    show = video.Scene.show

    def fail(scene, index, angle):
        show(scene, index, angle)
        # By then the encoder has written something.
        if index == 99:
            assert list(tmp_path.glob("a.mp4.*.partial"))
            raise RuntimeError("drawing")

    monkeypatch.setattr(video.Scene, "show", fail)
    with pytest.raises(RuntimeError, match="drawing"):
        write_rotation(path, post(), None, JOINTS, frames=100, size=64)
    assert path.read_text() == "older"
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere/a.mp4: cannot be written"):
        write_rotation(tmp_path / "nowhere/a.mp4", post(), None, JOINTS, frames=2, size=64)
