"""Skeletons and motions in ASF, AMC and BVH, made up, and what they mean, reckoned one joint at a time.

Rotations follow Rodrigues' formula; nothing here calls the readers.
"""

import numpy as np

MM_PER_UNIT = 25.4 / 0.45


def turn(axis, degrees):
    """The rotation about a coordinate axis."""
    angle = np.radians(degrees)
    x, y, z = np.eye(3)["XYZ".index(axis)]
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def turned(order, angles):
    """What is listed first turns first, about axes that stand still."""
    result = np.eye(3)
    for axis, angle in zip(order, angles, strict=True):
        result = turn(axis, angle) @ result
    return result


# bone: parent, direction, length, angles of the axis, dof. A person of CMU's, in its units.
ASF = {
    "lowerback": ("root", (0.01, 0.998, -0.07), 2.06, (0, 0, 0), "xyz"),
    "upperback": ("lowerback", (0.005, 1, -0.03), 2.07, (0, 0, 0), "xyz"),
    "thorax": ("upperback", (0, 1, 0), 2.07, (0, 0, 0), "xyz"),
    "lowerneck": ("thorax", (0, 0.995, 0.1), 1.57, (0, 0, 0), "xyz"),
    "upperneck": ("lowerneck", (0.02, 0.998, -0.06), 1.56, (0, 0, 0), "xyz"),
    "head": ("upperneck", (0.01, 1, -0.03), 1.63, (0, 0, 0), "xyz"),
}
for _side, _x in (("l", 1), ("r", -1)):
    ASF |= {
        f"{_side}hipjoint": ("root", (0.66 * _x, -0.71, 0.25), 2.5, (0, 0, 0), ""),
        f"{_side}femur": (f"{_side}hipjoint", (0.34 * _x, -0.94, 0), 7.6, (0, 0, 20 * _x), "xyz"),
        f"{_side}tibia": (f"{_side}femur", (0.34 * _x, -0.94, 0), 7.3, (0, 0, 20 * _x), "x"),
        f"{_side}foot": (f"{_side}tibia", (0.1 * _x, -0.2, 0.97), 2.2, (-90, 8, 20 * _x), "xz"),
        f"{_side}clavicle": ("thorax", (0.97 * _x, 0.25, -0.05), 3.6, (0, 0, 0), "yz"),
        f"{_side}humerus": (f"{_side}clavicle", (_x, 0, 0), 4.9, (180, -30 * _x, -90), "xyz"),
        f"{_side}radius": (f"{_side}humerus", (_x, 0, 0), 3.4, (180, -30 * _x, -90), "x"),
        f"{_side}wrist": (f"{_side}radius", (_x, 0, 0), 1.7, (0, 90 * _x, 90 * _x), "y"),
    }


def asf_text(bones=ASF, angle="deg", length="0.45", root_order="TX TY TZ RX RY RZ"):
    scale = 1 if angle == "deg" else np.pi / 180
    lines = ["# made up", ":version 1.10", ":name made", ":units", "  mass 1.0"]
    lines += [f"  length {length}", f"  angle {angle}", ":documentation", "   of nobody"]
    lines += [":root", f"   order {root_order}", "   axis XYZ", "   position 0 0 0  "]
    lines += ["   orientation 0 0 0 ", ":bonedata"]
    for number, (name, (_, direction, far, axis, dof)) in enumerate(bones.items()):
        lines += ["  begin", f"     id {number + 1} ", f"     name {name}"]
        lines += [f"     direction {' '.join(map(str, direction))}", f"     length {far} "]
        lines += [f"     axis {' '.join(repr(float(a * scale)) for a in axis)}   XYZ"]
        if dof:
            lines += [f"    dof {' '.join('r' + a for a in dof)}", "    limits (-160.0 20.0)"]
            lines += ["           (-70.0 70.0)"] * (len(dof) - 1)
        lines += ["  end"]
    lines += [":hierarchy", "  begin"]
    parents = dict.fromkeys(parent for parent, *_ in bones.values())
    for parent in parents:
        lines += ["    " + " ".join([parent, *(n for n, b in bones.items() if b[0] == parent)])]
    return "\r\n".join([*lines, "  end", ""])


def draw_asf_motion(frames, seed=0, bones=ASF):
    """Values by bone, degrees, of one who walks about in the middle of the room."""
    rng = np.random.default_rng(seed)
    start = np.linspace((-8, 17, -12), (9, 17.5, 10), frames)
    motion = {"root": np.concatenate([start, rng.uniform(-30, 30, (frames, 3))], 1)}
    for name, (*_, dof) in bones.items():
        if dof:
            motion[name] = rng.uniform(-40, 40, (frames, len(dof)))
    return motion


def amc_text(motion, unit="DEGREES", first=1):
    lines = ["#!OML:ASF made", ":FULLY-SPECIFIED", f":{unit}"]
    for frame in range(len(motion["root"])):
        lines.append(str(frame + first))
        for name, values in motion.items():
            row = values[frame].copy()
            if unit == "RADIANS":
                row[3 if name == "root" else 0 :] *= np.pi / 180
            lines.append(" ".join([name, *map(repr, row.tolist())]))
    return "\r\n".join([*lines, ""])


def asf_place(name, values, bones=ASF, unit=MM_PER_UNIT):
    """Rotation and place of the far end of a bone in one frame, from the bone up to the root."""
    if name == "root":
        return turned("XYZ", values["root"][3:]), unit * values["root"][:3]
    parent, direction, length, axis, dof = bones[name]
    rotation, place = asf_place(parent, values, bones, unit)
    frame = turned("XYZ", axis)
    rotation = rotation @ frame @ turned(dof.upper(), values.get(name, ())) @ frame.T
    return rotation, place + rotation @ (unit * length * np.array(direction))


# joint: parent, offset, channels, in the order of the file.
def bvh_text(joints, motion, frame_time=0.0083333):
    lines = ["HIERARCHY"]

    def write(name, indent):
        parent, offset, channels = joints[name]
        pad = "\t" * indent
        kind = "ROOT" if parent is None else "JOINT"
        lines.append(pad + ("End Site" if name.endswith(" end") else f"{kind} {name}"))
        lines.append(pad + "{")
        lines.append(f"{pad}\tOFFSET {' '.join(map(repr, map(float, offset)))}")
        if not name.endswith(" end"):
            lines.append(f"{pad}\tCHANNELS {len(channels)} {' '.join(channels)} ")
        for child in joints:
            if joints[child][0] == name:
                write(child, indent + 1)
        lines.append(pad + "}")

    write(next(iter(joints)), 0)
    lines += ["MOTION", f"Frames: {len(motion)}", f"Frame Time: {frame_time}"]
    lines += [" ".join(map(repr, row)) for row in motion.tolist()]
    return "\n".join([*lines, ""])


def in_order(joints):
    """The joints in the order a file lists them: depth first."""
    order = []

    def visit(name):
        order.append(name)
        for child in joints:
            if joints[child][0] == name:
                visit(child)

    visit(next(iter(joints)))
    return order


def bvh_place(name, values, joints):
    """Rotation and place of a joint in one frame, from the joint up to the root."""
    parent, offset, channels = joints[name]
    start = 0
    for other in in_order(joints):
        if other == name:
            break
        start += len(joints[other][2])
    rotation, step = np.eye(3), np.array(offset, float)
    for channel, value in zip(channels, values[start:], strict=False):
        if channel.endswith("rotation"):
            rotation = rotation @ turn(channel[0], value)
        else:
            axis = "XYZ".index(channel[0])
            step[axis] = value + (step[axis] if parent is None else 0)
    if parent is None:
        return rotation, step
    base, place = bvh_place(parent, values, joints)
    return base @ rotation, place + base @ step
