"""BVH files are read and set in motion as the format says."""

import numpy as np
import pytest

from datamodules.cmu.bvh import forward_kinematics, read_bvh
from lifting.errors import InputError
from tests.datamodules.made_motion import bvh_place, bvh_text, in_order

XYZ = ("Xposition", "Yposition", "Zposition")
ZYX = ("Zrotation", "Yrotation", "Xrotation")
# Every joint has its channels in another order, one of them none, one moves along its bone.
TREE = {
    "Hips": (None, (1, 2, 3), ("Yposition", "Xrotation", "Zposition", *ZYX[:2], "Xposition")),
    "Spine": ("Hips", (0, 5, 1), ("Yrotation", "Xrotation", "Zrotation")),
    "Left Leg": ("Hips", (2, -4, 0), ("Zrotation", "Xposition", "Xrotation")),
    "Head": ("Spine", (0, 3, -1), ()),
    "Head end": ("Head", (0, 1, 0.5), ()),
    "Arm": ("Spine", (3, 0, 0), ("Xrotation", "Zrotation", "Yrotation")),
    "Arm end": ("Arm", (2, 1, 0), ()),
    "Left Leg end": ("Left Leg", (0, -4, 1), ()),
}


def write(tmp_path, text, name="made.bvh"):
    path = tmp_path / name
    path.write_text(text, newline="")
    return path


def motion(frames=7):
    columns = sum(len(channels) for *_, channels in TREE.values())
    return np.random.default_rng(1).uniform(-100, 100, (frames, columns))


def test_places_and_rotations_are_those_reckoned_joint_by_joint(tmp_path):
    rows = motion()
    content = read_bvh(write(tmp_path, bvh_text(TREE, rows)))
    positions, rotations = forward_kinematics(content)
    assert positions.shape == (7, 8, 3)
    for frame, row in enumerate(rows):
        for joint, name in enumerate(content.names):
            rotation, place = bvh_place(name, row, TREE)
            np.testing.assert_allclose(positions[frame, joint], place, atol=1e-9)
            np.testing.assert_allclose(rotations[frame, joint], rotation, atol=1e-9)


def test_the_hierarchy_is_kept(tmp_path):
    content = read_bvh(write(tmp_path, bvh_text(TREE, motion(), 0.04)))
    assert list(content.names) == in_order(TREE)
    for joint, name in enumerate(content.names):
        parent, offset, channels = TREE[name]
        assert content.parents[joint] == (-1 if parent is None else content.index(parent))
        assert content.offsets[joint].tolist() == list(offset)
        assert content.channels[joint] == channels
    assert content.frame_time == 0.04
    np.testing.assert_array_equal(content.motion, motion())
    arm = content.index("Arm")
    start = sum(len(c) for c in content.channels[:arm])
    np.testing.assert_array_equal(content.values(arm), motion()[:, start : start + 3])


def test_an_arm_bends_at_the_elbow(tmp_path):
    tree = {
        "Root": (None, (0, 0, 0), XYZ + ZYX),
        "Elbow": ("Root", (3, 0, 0), ZYX),
        "Elbow end": ("Elbow", (2, 0, 0), ()),
    }
    # Lifted by a quarter about z, then bent by a quarter about the forearm's own y.
    rows = np.array([[10.0, 20, 30, 90, 0, 0, 0, 90, 0]])
    positions, _ = forward_kinematics(read_bvh(write(tmp_path, bvh_text(tree, rows))))
    np.testing.assert_allclose(positions[0], [[10, 20, 30], [10, 23, 30], [10, 23, 28]], atol=1e-12)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n{\n", " {\n"),
        ("\n", "\r\n"),
        ("\n", "\n\n"),
        ("JOINT", "joint"),
        ("rotation", "ROTATION"),
        ("MOTION\nFrames:", "MOTION \nFRAMES:"),
        ("Frame Time: ", "Frame Time:\t"),
        ("HIERARCHY", "\ufeffHIERARCHY"),
    ],
)
def test_other_ways_to_write_it_are_read(tmp_path, old, new):
    text = bvh_text(TREE, motion())
    assert old in text
    one = read_bvh(write(tmp_path, text))
    other = read_bvh(write(tmp_path, text.replace(old, new), "other.bvh"))
    assert other.names == one.names
    assert other.channels == one.channels
    np.testing.assert_array_equal(other.motion, one.motion)


def test_long_lines_may_be_broken(tmp_path):
    head, rows = bvh_text(TREE, motion()).split("0.0083333\n")
    words = rows.split()
    broken = [" ".join(words[start : start + 4]) for start in range(0, len(words), 4)]
    text = "\n".join([head + "0.0083333", *broken])
    np.testing.assert_array_equal(read_bvh(write(tmp_path, text)).motion, motion())
    cut_off = text.rsplit("\n", 2)[0]
    with pytest.raises(InputError, match="where 'Frames:' says 7"):
        read_bvh(write(tmp_path, cut_off))


TEXT = bvh_text(TREE, motion(3))


def cut(text, words):
    return text[: text.index(words)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"made\.bvh: no line 'MOTION', cut off"),
        ("\0\1\2", r"made\.bvh: no text file"),
        (cut(TEXT, "MOTION"), r"no line 'MOTION'"),
        (cut(TEXT, "Frames:"), r"made\.bvh, line \d+: no 'Frames:' and 'Frame Time:'"),
        (TEXT.replace("Frame Time:", "Time:"), r"no 'Frames:' and 'Frame Time:'"),
        (TEXT.replace("Frames: 3", "Frames: 4"), r"3 frames are there, where 'Frames:' says 4"),
        (TEXT.replace("Frames: 3", "Frames: 2"), r"3 frames are there, where 'Frames:' says 2"),
        (TEXT.replace("Frames: 3", "Frames: three"), r"Frames: holds something that is no number"),
        (TEXT.replace("Frames: 3", "Frames: 0"), r"0 frames of .* are no motion"),
        (TEXT.replace("Time: 0.0083333", "Time: -1"), r"frames of -1 s are no motion"),
        (TEXT.rstrip().rsplit(" ", 1)[0], r"line 44: the frame has 14 numbers where 15 are"),
        (TEXT.rstrip() + "x", r"line 44: the frame holds something that is no number"),
        (TEXT.rstrip() + "e999", r"line 44: the frame holds something that is no number"),
        (TEXT.replace("HIERARCHY", "HIERARCHIE"), r"line 1: 'HIERARCHY' is missing"),
        (TEXT.replace("ROOT", "JOINT"), r"line 2: JOINT stands where it may not"),
        (TEXT.replace("JOINT Spine", "ROOT Spine"), r"line 6: ROOT stands where it may not"),
        (TEXT.replace("}\nMOTION", "MOTION"), r"the hierarchy ends where '}' should follow"),
        (TEXT.replace("}\nMOTION", "}\nROOT b\nMOTION"), r"'ROOT' follows the end of the root"),
        (TEXT.replace("OFFSET 0.0 5.0 1.0", "OFFSET 0.0 5.0"), r"OFFSET holds something"),
        (TEXT.replace("OFFSET 0.0 5.0 1.0\n", "\n"), r"a joint ends that has no OFFSET"),
        (TEXT.replace("OFFSET", "OFSET", 1), r"line 4: 'OFSET' is no word of the format"),
        (TEXT.replace("JOINT Arm", "JOINT Spine"), r"the name 'Spine', which is empty or taken"),
        (TEXT.replace("CHANNELS 6", "CHANNELS 7"), r"line 5: CHANNELS of 'Hips' are 7, where none"),
        (TEXT.replace("CHANNELS 6", "CHANNELS 1e9"), r"'Hips' are 1e\+09, where none to six"),
        (TEXT.replace("CHANNELS 6", "CHANNELS six"), r"CHANNELS of 'Hips' holds something"),
        (TEXT.replace("3 Yrotation X", "3 Xrotation X"), r"'Spine' are XROTATION XROTATION.*twice"),
        (TEXT.replace("Yposition", "Wposition"), r"WPOSITION.*unknown"),
        ("HIERARCHY\n" + "ROOT a {\n" + "JOINT", r"no line 'MOTION'"),
        ("HIERARCHY\nMOTION\n", r"the hierarchy ends where ROOT should follow"),
        ("HIERARCHY\nhello\nMOTION\n", r"line 2: 'hello' stands where ROOT should"),
    ],
)
def test_faults_are_named_with_their_line(tmp_path, text, message):
    assert text != TEXT
    with pytest.raises(InputError, match=message):
        read_bvh(write(tmp_path, text))


def test_a_file_cut_anywhere_is_refused_or_whole_to_the_last_number(tmp_path):
    for end in range(0, len(TEXT.rstrip()), 7):
        path = write(tmp_path, TEXT[:end])
        try:
            content = read_bvh(path)
        except InputError:
            continue
        assert TEXT[end:].strip().replace(".", "").isdigit()
        assert content.motion.shape == (3, 15)


def test_a_deep_chain_is_read(tmp_path):
    depth = 3000
    tree = {f"j{i}": (f"j{i - 1}" if i else None) for i in range(depth)}
    text = "HIERARCHY\n" + "".join(
        f"{'JOINT' if parent else 'ROOT'} {name} {{ OFFSET 0 1 0 CHANNELS 0\n"
        for name, parent in tree.items()
    )
    text += "}" * depth
    text = text.replace("}", "}\n") + "MOTION\nFrames: 1\nFrame Time: 1\n \n"
    with pytest.raises(InputError, match="0 frames are there"):
        read_bvh(write(tmp_path, text))
    text = text.replace("CHANNELS 0", "CHANNELS 1 Xposition", 1) + "7\n"
    positions, _ = forward_kinematics(read_bvh(write(tmp_path, text)))
    assert positions[0, -1].tolist() == [7, depth, 0]


@pytest.mark.real
@pytest.mark.parametrize(("name", "frames"), [("02_01", 343), ("35_01", 358)])
def test_the_real_files_are_read(real_data, name, frames):
    content = read_bvh(real_data / "cmu_mocap" / f"{name}.bvh")
    assert content.motion.shape == (frames, 96)
    positions, rotations = forward_kinematics(content)
    lengths = np.linalg.norm(content.offsets, axis=-1)
    # Bones keep their length whatever the motion, and rotations are rotations.
    for joint, parent in enumerate(content.parents[1:], start=1):
        bone = np.linalg.norm(positions[:, joint] - positions[:, parent], axis=-1)
        np.testing.assert_allclose(bone, lengths[joint], atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(rotations), 1, atol=1e-9)
