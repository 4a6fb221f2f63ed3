"""Keypoints of files that are not believed."""

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.keypoint_files import read_tracks
from lifting.inference.options import ReadOptions
from lifting.skeletons import skeleton
from tests.lifting.inference.keypoint_files import made_keypoints as made

COCO = made.person(17)
LEGS = skeleton("mediapipe33").indices(
    [f"{s}_{j}" for s in ("left", "right") for j in ("knee", "ankle", "heel", "toe_tip")]
)


def one(path, **options):
    (track,) = read_tracks(path, ReadOptions(**made.SIDES, **options))
    return track


def scored(score):
    return np.concatenate([COCO[..., :2], np.broadcast_to(score, (6, 17))[..., None]], -1)


def files(folder, points):
    """The same person in files of every scale of confidence, as far as they have one."""
    np.savez(folder / "third.npz", keypoints=points, skeleton="coco17")
    beside = {"keypoints": points[..., :2], "confidence": points[..., 2], "skeleton": "coco17"}
    np.savez(folder / "beside.npz", **beside)
    return [
        folder / "third.npz",
        folder / "beside.npz",
        made.coco_results(folder / "results.json", list(enumerate(points))),
        made.alphapose(folder / "alphapose.json", [(t, p, 1) for t, p in enumerate(points)]),
        made.coco_annotations(folder / "a.json", [(t, p, {}) for t, p in enumerate(points)]),
    ]


def test_scores_above_one_are_sure_in_every_format(tmp_path):
    for path in files(tmp_path, scored(1.09)):
        assert (one(path).confidence == 1).all(), path


def test_scores_of_another_scale_are_refused_in_every_format(tmp_path):
    for path in files(tmp_path, scored(87.0)):
        with pytest.raises(InputError, match=rf"{path.name}: confidence is .* but 87; scale it"):
            one(path)


def test_little_confidence_is_missing_in_every_format(tmp_path):
    score = np.where(np.arange(17) < 5, 0.09, 0.9)
    for path in files(tmp_path, scored(score)):
        assert (one(path).seen == (score > 0.1)).all(), path
        assert one(path, least_confidence=0.05).seen.all(), path
        with pytest.raises(
            InputError, match=r"confidence of 0\.95, the highest is 0\.9; lower --least_confidence"
        ):
            one(path, least_confidence=0.95)


@pytest.mark.parametrize(("visibility", "seen"), [(0.0006, False), (0.45, False), (0.6, True)])
def test_landmarks_that_are_guessed_below_the_image_are_missing(visibility, seen, tmp_path):
    points = made.person(33, at=(600, 400))
    points[..., 2] = 0.95
    points[:, LEGS, 1] += 1.2 * made.SIZE[1]
    points[:, LEGS, 2] = visibility
    path = made.write(tmp_path / "m.json", [made.landmarks(frame) for frame in points])
    track = one(path)
    legs = np.isin(np.arange(33), LEGS)
    assert (track.seen == (seen | ~legs)).all()
    assert one(path, least_confidence=0.0).seen.all()


def test_who_is_guessed_alone_is_left_out(tmp_path):
    """Of two people one is nowhere seen with confidence; nobody is where nobody is left."""
    ghost = made.person(17, seed=1, at=(100, 300))
    ghost[..., 2] = 0.05
    people = [(t, p, {}) for points in (COCO, ghost) for t, p in enumerate(points)]
    assert one(made.coco_annotations(tmp_path / "a.json", people)).frames.tolist() == list(range(6))
    far = ghost + np.array([0, 3000, 0.2])
    path = made.coco_annotations(tmp_path / "b.json", [(t, p, {}) for t, p in enumerate(far)])
    with pytest.raises(InputError, match=r"b\.json: shows people outside of the image alone"):
        one(path)


@pytest.mark.real
def test_real_cases(cases):
    for name in ("a.npz", "b.npz", "results.json"):
        (track,) = read_tracks(cases / "confidence_above_one_in_npz" / name, ReadOptions())
        assert track.keypoints.shape == (20, 17, 2)
        assert (track.confidence == 1).all()
    path = cases / "invented_landmarks_outside_the_image/landmarks.json"
    (track,) = read_tracks(path, ReadOptions(width=1920, height=1080))
    assert (track.seen == ~np.isin(np.arange(33), LEGS)).all()
