"""ASF skeletons and AMC motions are read and set in motion as the formats say."""

import numpy as np
import pytest

from datamodules.cmu.asf import forward_kinematics, read_amc, read_asf
from lifting.errors import InputError
from tests.datamodules.made_motion import (
    ASF,
    MM_PER_UNIT,
    amc_text,
    asf_place,
    asf_text,
    draw_asf_motion,
    turn,
)

MOTION = draw_asf_motion(4)


def places(tmp_path, skeleton, motion):
    (tmp_path / "02.asf").write_text(skeleton, newline="")
    (tmp_path / "02_01.amc").write_text(motion, newline="")
    asf = read_asf(tmp_path / "02.asf")
    moved = forward_kinematics(asf, read_amc(tmp_path / "02_01.amc", asf))
    return dict(zip(asf.names, moved.transpose(1, 0, 2), strict=True))


def check(found, motion=MOTION, bones=ASF, unit=MM_PER_UNIT):
    assert set(found) == {"root", *bones}
    for name, of_frames in found.items():
        for frame, place in enumerate(of_frames):
            values = {bone: rows[frame] for bone, rows in motion.items()}
            expected = asf_place(name, values, bones, unit)[1]
            np.testing.assert_allclose(place, expected, atol=1e-6)


def test_places_are_those_reckoned_bone_by_bone(tmp_path):
    check(places(tmp_path, asf_text(), amc_text(MOTION)))


@pytest.mark.parametrize(
    ("skeleton", "motion", "unit"),
    [
        (asf_text(angle="rad"), amc_text(MOTION), MM_PER_UNIT),
        (asf_text(), amc_text(MOTION, "RADIANS"), MM_PER_UNIT),
        (asf_text(length="2.0"), amc_text(MOTION), 12.7),
        (asf_text(dict(reversed(ASF.items()))), amc_text(MOTION, first=1000), MM_PER_UNIT),
        (asf_text().replace("\r\n", "\n"), amc_text(dict(reversed(MOTION.items()))), MM_PER_UNIT),
    ],
    ids=["axes in radians", "motion in radians", "half an inch", "other order", "unix"],
)
def test_units_and_order_are_those_of_the_files(tmp_path, skeleton, motion, unit):
    check(places(tmp_path, skeleton, motion), unit=unit)


def test_the_root_has_its_channels_in_the_order_the_skeleton_says(tmp_path):
    skeleton = asf_text(root_order="RZ TY RX TX RY TZ")
    motion = MOTION | {"root": MOTION["root"].copy()}
    # First about z, then about x, then about y.
    found = places(tmp_path, skeleton, amc_text(motion))
    rz, ty, rx, tx, ry, tz = motion["root"].T
    for frame in range(4):
        place = MM_PER_UNIT * np.array([tx[frame], ty[frame], tz[frame]])
        np.testing.assert_allclose(found["root"][frame], place, atol=1e-9)
        rotation = turn("Y", ry[frame]) @ turn("X", rx[frame]) @ turn("Z", rz[frame])
        step = MM_PER_UNIT * 2.5 * np.array([0.66, -0.71, 0.25])
        np.testing.assert_allclose(found["lhipjoint"][frame], place + rotation @ step, atol=1e-9)


def test_a_knee_bends_about_an_axis_of_its_own(tmp_path):
    bones = {
        "femur": ("root", (0, -1, 0), 2, (0, 0, 0), ""),
        # A quarter about z takes the bone's x to the world's y.
        "tibia": ("femur", (1, 0, 0), 3, (0, 0, 90), "x"),
    }
    motion = {"root": np.zeros((1, 6)), "tibia": np.array([[90.0]])}
    found = places(tmp_path, asf_text(bones, length="25.4"), amc_text(motion))
    np.testing.assert_allclose(found["femur"][0], [0, -2, 0], atol=1e-12)
    # Turned by a quarter about y, x points to -z.
    np.testing.assert_allclose(found["tibia"][0], [0, -2, -3], atol=1e-12)


SKELETON, AMC = asf_text(), amc_text(MOTION)


def without(text, start):
    """Leave out the first line that begins so."""
    lines = text.split("\r\n")
    lines.remove(next(line for line in lines if line.strip().startswith(start)))
    return "\r\n".join(lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"02\.asf: no ':units', cut off or no ASF"),
        (SKELETON[:900], r"02\.asf: no ':hierarchy'"),
        (SKELETON.replace("angle deg", "angle grad"), r"line 7: 'grad' is no unit of angles"),
        (SKELETON.replace("length 0.45", "length 0"), r"line 6: the unit of length is 0"),
        (SKELETON.replace("length 0.45", "length inch"), r"line 6: length holds something"),
        (SKELETON.replace("TX TY", "TX TX"), r"line 11: the order of the root is TX TX"),
        (without(SKELETON, "order"), r"line 11: what begins here has no 'order'"),
        (SKELETON.replace("position 0 0 0", "position 0 1 0"), r"the position of the root is not"),
        (SKELETON.replace("name upperback", "name lowerback"), r"'lowerback' is given twice"),
        (without(SKELETON, "name"), r"line 16: what begins here has no 'name'"),
        (without(SKELETON, "direction"), r"line 16: what begins here has no 'direction'"),
        (without(SKELETON, "length 2.06"), r"line 16: what begins here has no 'length'"),
        (without(SKELETON, "axis 0.0"), r"line 16: what begins here has no 'axis'"),
        (SKELETON.replace("0.998", "O.998"), r"line 19: direction holds something that is no"),
        (SKELETON.replace("0.01 0.998", "0.998"), r"line 19: direction has 2 numbers where 3"),
        (SKELETON.replace("0.0   XYZ", "0.0   XYY", 1), r"the order of the axes is 'XYY'"),
        (SKELETON.replace("rx ry rz", "rx ry l", 1), r"dof is rx ry l; give rx, ry and rz"),
        (SKELETON.replace("rx ry rz", "rx ry rx", 1), r"dof is rx ry rx"),
        (SKELETON.replace("  end\r\n", "", 1), r"'begin' stands where it may not"),
        (SKELETON.replace("  begin\r\n", "", 1), r"'id' stands between two bones"),
        (SKELETON.replace("  end\r\n:hier", ":hier"), r"the bones end without 'end'"),
        (SKELETON.replace("lowerback upperback", "lowerback back"), r"'back' is no bone of"),
        (SKELETON.replace("root lowerback", "root lowerback lfoot"), r"'lfoot' has two parents"),
        (SKELETON.replace("lowerback upperback", "lowerback"), r"hangs on no other bone"),
    ],
)
def test_faults_of_a_skeleton_are_named_with_their_line(tmp_path, text, message):
    assert text != SKELETON
    with pytest.raises(InputError, match=message):
        places(tmp_path, text, AMC)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"02_01\.amc: no frame in it, cut off or no AMC"),
        (
            AMC[: AMC.index("\r\nrradius", 2000)],
            r"frame \d ends without 'rradius'; the file is cut",
        ),
        (without(AMC, "rfoot"), r"02_01\.amc, line \d+: frame 1 ends without 'rfoot'"),
        (without(AMC, "3"), r"'root' is given twice in a frame"),
        (without(AMC, "1"), r"line 4: 'root' is given twice in a frame, or before the first"),
        (AMC.replace("\r\n3\r\n", "\r\n5\r\n"), r"frame 5 follows frame 2"),
        (AMC.replace("rfoot", "rfeet", 1), r"'rfeet' is no bone that moves .* is 02\.asf the"),
        (AMC.replace("rfoot ", "rfoot 1.0 ", 1), r"'rfoot' has 3 numbers where 2 are expected"),
        (AMC.replace("rfoot ", "rfoot x", 1), r"'rfoot' holds something that is no number"),
        (AMC.replace("rfoot ", "rfoot nan ", 1).replace("nan -", "nan", 1), r"'rfoot' ha|holds"),
    ],
)
def test_faults_of_a_motion_are_named_with_their_line(tmp_path, text, message):
    assert text != AMC
    with pytest.raises(InputError, match=message):
        places(tmp_path, SKELETON, text)


def test_files_that_are_not_there_are_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.asf: there is no such file"):
        read_asf(tmp_path / "none.asf")


@pytest.mark.real
def test_the_real_skeleton_stands_on_the_floor_and_walks(real_data):
    folder = real_data / "cmu_mocap"
    asf = read_asf(folder / "02.asf")
    moved = forward_kinematics(asf, read_amc(folder / "02_01.amc", asf))
    assert moved.shape == (343, 31, 3)
    ankles = moved[:, [asf.names.index("ltibia"), asf.names.index("rtibia")], 1]
    heads = moved[:, asf.names.index("head"), 1]
    # Millimetres, y up: an ankle on the floor, a head at the height of a head, all along.
    assert 40 < ankles.min(1).min() < ankles.min(1).max() < 150
    assert 1450 < heads.min() < heads.max() < 1800
