"""TRC files of keypoints in pixels."""

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.keypoint_files import read_tracks
from lifting.inference.options import ReadOptions
from lifting.skeletons import skeleton
from tests.lifting.inference.keypoint_files import made_keypoints as made
from tests.lifting.inference.keypoint_files.test_joint_names import SPORTS2D

POINTS = made.person(22)


def trc(path, points=POINTS, depth=0.0, names=SPORTS2D, frames=None):
    """A file as Sports2D writes it; NaN are empty cells."""
    count = len(names)
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\t"
        "OrigNumFrames",
        f"30.0\t30.0\t{len(points)}\t{count}\tm\t30.0\t0\t{len(points)}",
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t",
        "\t\t" + "\t".join(f"X{i + 1}\tY{i + 1}\tZ{i + 1}" for i in range(count)),
    ]
    for number, frame in enumerate(points):
        cells = [
            "" if np.isnan(value) else f"{value:g}" for x, y, _ in frame for value in (x, y, depth)
        ]
        number = number if frames is None else frames[number]
        lines.append("\t".join([str(number), f"{number / 30:.3f}", *cells]))
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_file_of_sports2d(tmp_path):
    points = POINTS.copy()
    points[2, 21] = np.nan
    points[3, 0] = 0
    path = trc(tmp_path / "walk_Sports2D_px_person01.trc", points)
    (track,) = read_tracks(path, ReadOptions(**made.SIDES))
    assert (track.name, track.skeleton, track.fps) == ("person1", "halpe26", 30.0)
    joints = skeleton("halpe26")
    for name, ours in (("RHip", "right_hip"), ("Hip", "pelvis"), ("Neck", "neck_base")):
        row, place = SPORTS2D.index(name), joints.index(ours)
        seen = track.seen[:, place]
        np.testing.assert_allclose(track.keypoints[seen, place], points[seen, row, :2], rtol=1e-5)
    assert not track.seen[2, joints.index("left_wrist")]
    assert not track.seen[3, joints.index("pelvis")]
    assert not track.seen[:, joints.index("left_eye")].any()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"depth": 0.7}, "holds markers in 3D; give keypoints in pixels, as Sports2D's"),
        ({"points": POINTS / 1000}, "is not in pixels, but in metres"),
        ({"names": [f"M{i}" for i in range(22)]}, "tracks M0, M1, M2, M3"),
        ({"frames": [0, 1, 2, 2, 3, 4]}, "its frames are not numbered in order"),
        ({"points": POINTS[:0]}, "holds no frames"),
    ],
)
def test_other_files_are_refused(changed, sentence, tmp_path):
    with pytest.raises(InputError, match=rf"m\.trc: {sentence}"):
        read_tracks(trc(tmp_path / "m.trc", **changed), ReadOptions())


def test_a_damaged_file_is_refused(tmp_path):
    path = trc(tmp_path / "m.trc")
    path.write_text(path.read_text().replace("\t1\t0.033", "\t1\tx"))
    path.write_text(path.read_text()[:-40] + "a\tb\n")
    with pytest.raises(InputError, match=r"m\.trc: is no table of numbers"):
        read_tracks(path, ReadOptions())
