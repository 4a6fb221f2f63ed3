"""Files of the CMU motion capture database, made up."""

import numpy as np

from datamodules.synthetic.procedural.clips import generate_sequence
from tests.datamodules.made_motion import (
    ASF,
    MM_PER_UNIT,
    amc_text,
    asf_place,
    asf_text,
    bvh_place,
    bvh_text,
    draw_asf_motion,
    in_order,
)

# The order of h36m17, as bones whose far end a joint is.
BONES = (
    *("root", "rhipjoint", "rfemur", "rtibia", "lhipjoint", "lfemur", "ltibia"),
    *("lowerback", "thorax", "upperneck", "head"),
    *("lclavicle", "lhumerus", "lwrist", "rclavicle", "rhumerus", "rwrist"),
)

POSITIONS = ("Xposition", "Yposition", "Zposition")
ZYX = ("Zrotation", "Yrotation", "Xrotation")


def between_hips(world):
    """The poses with their pelvis there."""
    world[:, 0] = (world[:, 1] + world[:, 4]) / 2
    return world


def z_up(place):
    x, y, z = place
    return [x, -z, y]


def write_amc(folder, name="02_01", frames=9, seed=0):
    """A trial and its skeleton; returns its poses in the world."""
    folder.mkdir(parents=True, exist_ok=True)
    motion = draw_asf_motion(frames, seed)
    (folder / f"{name.split('_')[0]}.asf").write_text(asf_text())
    (folder / f"{name}.amc").write_text(amc_text(motion))
    rows = [{bone: values[f] for bone, values in motion.items()} for f in range(frames)]
    world = np.array([[z_up(asf_place(bone, row)[1]) for bone in BONES] for row in rows])
    return between_hips(world)


def _tree(back, chest, thorax, neck, limbs, lift, forearm=1.0):
    """A person as cgspeed names the joints, with a thorax bone and forearms of the lengths given."""
    rest = {name: np.array(direction) * length for name, (_, direction, length, *_) in ASF.items()}
    tree = {"Hips": (None, (0, 0, 0), (*POSITIONS, *ZYX))}
    for side, (hip, knee, ankle) in (("l", limbs[0]), ("r", limbs[1])):
        for parent, name, bone in (
            ("Hips", hip, "hipjoint"),
            (hip, knee, "femur"),
            (knee, ankle, "tibia"),
            (ankle, f"{ankle} end", "foot"),
        ):
            tree[name] = (parent, rest[side + bone], () if bone == "foot" else ZYX)
    tree[back] = ("Hips", rest["lowerback"], ZYX)
    tree[chest] = (back, rest["upperback"], ZYX)
    tree[thorax] = (chest, (0, lift, 0), ZYX)
    tree[neck] = (thorax, rest["lowerneck"], ZYX)
    tree["Head"] = (neck, rest["upperneck"], ZYX)
    tree["Head end"] = ("Head", rest["head"], ())
    for side, (collar, shoulder, elbow, wrist) in (("l", limbs[2]), ("r", limbs[3])):
        tree[collar] = (chest, (0, lift, 0), ZYX)
        tree[shoulder] = (collar, rest[f"{side}clavicle"], ZYX)
        tree[elbow] = (shoulder, rest[f"{side}humerus"], ZYX[::-1])
        tree[wrist] = (elbow, forearm * rest[f"{side}radius"], ZYX)
        tree[f"{wrist} end"] = (wrist, (0, -1, 0), ())
    return tree


def _sides(*patterns):
    return [tuple(side + pattern for pattern in patterns) for side in ("Left", "Right")]


# cgspeed's conversions name the joints in two ways.
NAMINGS = {
    "daz": (
        ("Chest", "Chest2", "lowerneck", "Neck"),
        _sides("Hip", "Knee", "Ankle") + _sides("Collar", "Shoulder", "Elbow", "Wrist"),
    ),
    "motionbuilder": (
        ("Spine", "Spine1", "Neck", "Neck1"),
        _sides("UpLeg", "Leg", "Foot") + _sides("Shoulder", "Arm", "ForeArm", "Hand"),
    ),
}


def _with_positions(tree, rows):
    """The same motion as Maya and MotionBuilder export it: positions of joints repeat offsets."""
    columns, start = [], 0
    for joint in in_order(tree):
        _, offset, channels = tree[joint]
        if channels and joint != "Hips":
            columns.append(np.tile(offset, (len(rows), 1)))
        columns.append(rows[:, start : start + len(channels)])
        start += len(channels)
    tree = {
        joint: (parent, offset, (*POSITIONS, *channels) if len(channels) == 3 else channels)
        for joint, (parent, offset, channels) in tree.items()
    }
    return tree, np.concatenate(columns, 1)


def write_bvh(
    folder, name="02_01", naming="daz", frames=9, seed=0, lift=None, t_pose=True, six=False
):
    """A trial without its wrist bones and without its thorax bone, or with that.

    Every joint has three channels, or ``six``. Returns its poses with the bones put back.
    """
    folder.mkdir(parents=True, exist_ok=True)
    trunk, limbs = NAMINGS[naming]
    upright = float(np.linalg.norm(np.array(ASF["upperback"][1]) * ASF["upperback"][2]))
    collapsed = _tree(*trunk, limbs, lift or 0)
    whole = _tree(*trunk, limbs, lift or upright, forearm=1.5)
    rng = np.random.default_rng(seed)
    columns = sum(len(channels) for *_, channels in collapsed.values())
    rows = rng.uniform(-30, 30, (frames, columns))
    rows[:, :3] = np.linspace((-5, 17, -5), (6, 17, 7), frames)
    given = np.concatenate([rows[:1] * ([1] * 3 + [0] * (columns - 3)), rows]) if t_pose else rows
    tree, given = _with_positions(collapsed, given) if six else (collapsed, given)
    (folder / f"{name}.bvh").write_text(bvh_text(tree, given))
    (left_leg, right_leg, left_arm, right_arm), (back, _, thorax, _) = limbs, trunk
    joints = ["Hips", *right_leg, *left_leg, back, thorax, "Head", "Head end"]
    joints += [*left_arm[1:], *right_arm[1:]]
    assert in_order(collapsed) == in_order(whole)
    places = [[z_up(bvh_place(joint, row, whole)[1]) for joint in joints] for row in rows]
    return between_hips(MM_PER_UNIT * np.array(places))


NPZ_PARENTS = (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15)


def write_npz(path, trials, **entries):
    """Trials ``{(subject, number): frames}``, or with the poses themselves, in the place of frames."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tree = {}
    for (subject, number), content in trials.items():
        if isinstance(content, int):
            content = generate_sequence(int(number), "S9", "Walking", content) / 1000
        tree.setdefault(subject, {})[number] = content
    other = {"fps": np.array(30), "parents": np.array(NPZ_PARENTS)} | entries
    given = {name: value for name, value in other.items() if value is not None}
    np.savez(path, positions_3d=np.array(tree, dtype=object), **given)
    return tree
