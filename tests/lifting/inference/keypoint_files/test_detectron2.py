"""The npz of VideoPose3D's infer_video_d2.py."""

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.keypoint_files import read_tracks
from lifting.inference.options import ReadOptions
from tests.lifting.inference.keypoint_files import made_keypoints as made

COCO = made.person(17)


def save(path, people):
    """``people``: of each frame points and probabilities ``(N, 17, 3)``."""
    boxes, keypoints = (np.empty((len(people), 2), object) for _ in range(2))
    for frame, points in enumerate(people):
        logits = np.zeros_like(points[..., :1])
        four = np.concatenate([points[..., :2], logits, points[..., 2:]], -1).transpose(0, 2, 1)
        boxes[frame, 0] = keypoints[frame, 0] = []
        boxes[frame, 1] = np.ones((len(points), 5)) if len(points) else []
        keypoints[frame, 1] = four if len(points) else []
    segments = np.array([None] * len(people))
    metadata = {"w": int(made.SIZE[0]), "h": int(made.SIZE[1])}
    np.savez(path, boxes=boxes, segments=segments, keypoints=keypoints, metadata=metadata)
    return path


def test_people_and_frames_without_any(tmp_path):
    points = COCO.copy()
    points[..., 2] = 0.4
    points[:, 3, 2], points[:, 4, 2] = 0.06, 0.04
    frames = [points[t][None] for t in range(6)]
    frames[3] = np.zeros((0, 17, 3))
    (track,) = read_tracks(save(tmp_path / "w.mp4.npz", frames), ReadOptions())
    kept = [0, 1, 2, 4, 5]
    assert (track.skeleton, track.size, track.frames.tolist()) == ("coco17", made.SIZE, kept)
    np.testing.assert_allclose(track.keypoints, points[kept][..., :2])
    # Detectron2 draws from 0.05 on, which is 0.1 of ours.
    assert (track.seen == (np.arange(17) != 4)).all()
    assert track.confidence[0, [0, 3]].tolist() == [0.8, 0.12]


def test_other_arrays_of_that_name_are_refused(tmp_path):
    arrays = {name: np.zeros((2, 2, 3)) for name in ("boxes", "segments", "keypoints")}
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(InputError, match=r"x\.npz: frame 0: keypoints are \(3,\)"):
        read_tracks(tmp_path / "x.npz", ReadOptions())
