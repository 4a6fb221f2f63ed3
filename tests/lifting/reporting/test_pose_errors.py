"""Errors of single poses: means, quantiles, and the worst ones."""

import numpy as np
import pytest

from lifting.reporting.pose_errors import PoseErrors, worst_frames
from lifting.skeletons import Skeleton

PAIR = Skeleton("pair", ("root", "end"), (-1, 0))
RNG = np.random.default_rng(0)


def made(errors, clips=("S1/Walk/c0",), clip=None, frame=None, **options):
    errors = np.asarray(errors, np.float32)
    clip = np.zeros(len(errors), int) if clip is None else np.asarray(clip)
    frame = np.arange(len(errors)) if frame is None else np.asarray(frame)
    return PoseErrors(PAIR, list(clips), clip, frame, errors, **{"store": "s (1)"} | options)


def test_numbers_are_those_of_the_poses_that_were_not_refused():
    errors = RNG.gamma(2, 20, (400, 2)).astype(np.float32)
    lost = errors.copy()
    lost[[3, 7]] = np.nan
    lost[8, 1] = np.nan
    found = made(lost)
    kept = np.delete(errors, [3, 7, 8], 0).astype(float)
    summary = found.summary()
    assert (summary["poses"], summary["refused"]) == ("400", "3")
    assert summary["mean"] == pytest.approx(kept.mean(), rel=1e-6)
    means = np.sort(kept.mean(1))
    assert summary["median"] == pytest.approx(means[198], rel=1e-6)
    assert summary["worst"] == pytest.approx(means[-1], rel=1e-6)
    np.testing.assert_allclose(found.by_joint, kept.mean(0), rtol=1e-6)
    points, percent = found.cumulative(float(summary["worst"]))
    assert (points[0], percent[0], percent[-1]) == (0, 0, 100)
    assert percent[100] == pytest.approx(100 * np.mean(means <= points[100]))


def test_nothing_but_refused_poses_has_no_errors():
    found = made(np.full((3, 2), np.nan))
    assert np.isnan(found.summary()["mean"])
    assert np.isnan(found.by_joint).all()
    assert set(found.cumulative(1.0)[1]) == {0.0}
    assert worst_frames(found, 5) == []


def test_the_worst_come_first_one_of_each_sequence():
    clips = ["S1/Walk/c0", "S1/Walk/c1", "S1/Sit/c0", "S2/Walk/c0"]
    clip = [0, 0, 1, 1, 2, 2, 3, 3]
    frame = [5, 6, 5, 6, 5, 6, 5, 6]
    means = np.array([90, 95, 80, 99, 70, 10, np.nan, 60])
    found = made(np.stack([means, means], 1), clips, clip, frame)
    one_each = [("S1/Walk/c1", 6), ("S1/Sit/c0", 5), ("S2/Walk/c0", 6)]
    assert worst_frames(found, 2) == one_each[:2]
    assert worst_frames(found, 3) == one_each
    more = [("S1/Walk/c1", 6), ("S1/Walk/c0", 6), ("S1/Walk/c0", 5), *one_each[1:]]
    assert worst_frames(found, 5) == more
    # A pose that was refused is never among them.
    assert len(worst_frames(found, 50)) == 7


def test_facts_are_of_the_poses_and_not_of_their_order():
    clips, clip, frame = (
        ["S1/a/c", "S2/b/c", "S3/unused/c"],
        np.array([0, 0, 1]),
        np.array([4, 5, 4]),
    )
    errors = np.zeros((3, 2))
    facts = made(errors, clips, clip, frame).facts
    turned = made(errors, clips[1::-1], 1 - clip[::-1], frame[::-1]).facts
    assert facts == turned
    assert facts["predicted"].startswith("3 poses of 2 clips (")
    others = [
        made(errors, clips, clip, frame + 1),
        made(errors, ["S1/a/d", *clips[1:]], clip, frame),
        made(errors, clips, clip, frame, store="s (2)"),
        made(errors[:2], clips, clip[:2], frame[:2]),
    ]
    assert all(other.facts != facts for other in others)
