"""CSV files of poses and angles, read by the csv module."""

import csv

import numpy as np

from lifting.export.pose_table import angle_csv, pose_csv
from lifting.skeletons.joint_angles import angle_names, joint_angles
from tests.lifting.export.made_motion import motion


def rows_of(text):
    return list(csv.DictReader(text.splitlines(), strict=True))


def column(rows, name):
    return np.array([float(row[name]) if row[name] else np.nan for row in rows])


def test_everyone_s_joints_come_back_in_metres():
    people = [motion(), motion(seed=1, first=0, frames=3)]
    rows = rows_of(pose_csv(people))
    assert [row["person"] for row in rows] == 5 * ["person0"] + 3 * ["person1"]
    assert [int(row["frame"]) for row in rows] == [7, 8, 9, 10, 11, 0, 1, 2]
    np.testing.assert_allclose(column(rows, "time"), [0.28, 0.32, 0.36, 0.4, 0.44, 0, 0.04, 0.08])
    at = 0
    for person in people:
        part = rows[at : at + len(person.frames)]
        at += len(part)
        wanted = (person.pose + person.trajectory[:, None]) * [1e-3, -1e-3, -1e-3]
        for index, joint in enumerate(person.joints):
            back = np.stack([column(part, f"{joint}_{axis}") for axis in "xyz"], -1)
            np.testing.assert_allclose(back, wanted[:, index], atol=1e-6)
            assert [row[f"{joint}_known"] == "1" for row in part] == person.known[:, index].tolist()
    assert rows[1]["right_ankle_x"] == ""


def test_angles_come_back_and_what_is_not_defined_is_empty():
    person = motion(fps=None)
    rows = rows_of(angle_csv([person]))
    assert {row["time"] for row in rows} == {""}
    back = np.stack([column(rows, name) for name in angle_names("h36m17")], -1)
    np.testing.assert_allclose(back, joint_angles(person.pose, "h36m17"), atol=1e-3)
    assert np.isnan(back).any()
    assert np.isfinite(back).any()


def test_names_with_commas_and_quotes_stay_whole():
    person = motion()
    object.__setattr__(person, "name", 'S1, "walk"')
    assert rows_of(pose_csv([person]))[0]["person"] == 'S1, "walk"'
