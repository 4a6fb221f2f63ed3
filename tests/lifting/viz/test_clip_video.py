"""Videos of clips, read back with the decoder: what is where in which frame."""

import numpy as np

from lifting.skeletons import Skeleton
from lifting.viz.clip_video import write_clip_video
from lifting.viz.figures import SIDE_COLOURS, TRUTH_COLOUR
from lifting.viz.player import Clip, PoseTrack, small_jpeg
from tests.lifting.viz.test_video import JOINTS, post, read, where

SIZE = 160
# The same person, and a hat.
HATTED = Skeleton("hatted", ("pelvis", "head", "left_hand", "right_hat"), (-1, 0, 1, 1))


def panels(path):
    frames = read(path)
    return np.split(frames, frames.shape[2] // SIZE, axis=2)


def test_each_method_has_a_panel_beside_the_keypoints(tmp_path):
    poses = np.stack([post(height=height) for height in (800.0, 500.0, 800.0)])
    hatted = np.concatenate([poses, poses[:, 1:2] + [0, -300, 0]], 1)
    clip = Clip(
        "post",
        [PoseTrack("a", poses, JOINTS), PoseTrack("b", hatted, HATTED)],
        fps=10.0,
        truth=PoseTrack("truth", poses * [-1, 1, 1], JOINTS),
        keypoints=np.tile(np.array([[50.0, 100], [50, 20], [90, 20]]), (3, 1, 1)),
    )
    write_clip_video(tmp_path / "a.mp4", clip, SIZE, yaw=0.0)
    flat, first, second = panels(tmp_path / "a.mp4")
    assert len(first) == 3
    assert where(flat[0], SIDE_COLOURS["left"])[0] > 0.5
    for panel in (first, second):
        # The arm points right, the true one left.
        assert where(panel[0], SIDE_COLOURS["left"])[0] > 0.5 > where(panel[0], TRUTH_COLOUR)[0]
    heights = [where(frame, SIDE_COLOURS["left"])[1] for frame in first]
    assert heights[1] > heights[0] + 0.1
    assert where(second[0], SIDE_COLOURS["right"])[1] < where(second[0], SIDE_COLOURS["left"])[1]


def test_absolute_poses_walk_and_images_lie_under_the_keypoints(tmp_path):
    steps = np.array([0.0, 2000.0, 4000.0])[:, None, None] * [1, 0, 0]
    images = [small_jpeg(np.full((90, 120, 3), hue, np.uint8)) for hue in (40, 130, 220)]
    keypoints = np.tile(np.array([[600.0, 800], [600, 100], [1100, 100]]), (3, 1, 1))
    keypoints[1, 2] = np.nan
    clip = Clip(
        "walk",
        [PoseTrack("a", post() + steps, JOINTS)],
        keypoints=keypoints,
        images=images,
        image_size=(1200, 900),
    )
    write_clip_video(tmp_path / "a.mp4", clip, SIZE, yaw=0.0)
    picture, scene = panels(tmp_path / "a.mp4")
    across = [where(frame, SIDE_COLOURS["middle"])[0] for frame in scene]
    assert across[0] < 0.3 < 0.4 < across[1] < 0.6 < 0.7 < across[2]
    for index, hue in enumerate((40, 130, 220)):
        assert abs(int(picture[index, 130, 20, 0]) - hue) < 12
    column, row = where(picture[0], SIDE_COLOURS["left"])
    assert abs(column - 850 / 1200) < 0.05
    # 0.93 of the height is the axes', in which 4:3 lies in the middle of a square.
    assert row < 0.4
    assert not (np.abs(picture[1].astype(int) - [0, 0x72, 0xB2]).max(-1) < 40).any()
