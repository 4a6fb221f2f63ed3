"""C3D files, taken apart byte by byte after the specification (https://www.c3d.org)."""

import struct
import sys
from dataclasses import replace

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.export.c3d import c3d_bytes
from tests.lifting.export.made_motion import motion


def parameters(content):
    """The parameters of a file by ``GROUP:NAME``: their raw bytes, their type and their dimensions."""
    block, key, _, _, processor = content[0], content[1], *content[512:514], content[515]
    assert (block, key, processor) == (2, 0x50, 84), "the second block, and Intel's order"
    groups, found, at = {}, {}, 516
    while content[at]:
        length, group = struct.unpack("bb", content[at : at + 2])
        name = content[at + 2 : at + 2 + abs(length)].decode()
        after = at + 2 + abs(length)
        (step,) = struct.unpack("<h", content[after : after + 2])
        if group < 0:
            groups[-group] = name
        else:
            size, dims = struct.unpack("bB", content[after + 2 : after + 4])
            shape = list(content[after + 4 : after + 4 + dims])
            count = abs(size) * int(np.prod(shape, dtype=int))
            start = after + 4 + dims
            found[group, name] = content[start : start + count], size, shape
        if not step:
            break
        at = after + step
    return {f"{groups[group]}:{name}": value for (group, name), value in found.items()}


def number(value, kind):
    return struct.unpack(kind, value[0])[0]


def read(content):
    """Points (frames, points, 4) with their residuals in the last column, and the parameters."""
    told = parameters(content)
    points, first, last = (struct.unpack("<H", content[at : at + 2])[0] for at in (2, 6, 8))
    (scale,), (rate,) = (struct.unpack("<f", content[at : at + 4]) for at in (12, 20))
    (block,) = struct.unpack("<H", content[16:18])
    assert scale < 0, "floats"
    assert rate == number(told["POINT:RATE"], "<f")
    assert points == number(told["POINT:USED"], "<H")
    count = last - first + 1
    data = np.frombuffer(content, "<f4", 4 * points * count, 512 * (block - 1))
    return data.reshape(count, points, 4), told, first, rate


def test_points_come_back_in_millimetres_with_axes_rate_and_names():
    person = motion(fps=50.0)
    back, told, first, rate = read(c3d_bytes(person))
    assert (first, rate) == (8, 50.0), "the first frame of all is 1"
    wanted = (person.pose + person.trajectory[:, None]) * [1.0, -1, -1]
    seen = np.isfinite(wanted).all(-1)
    assert (~seen).sum() == 1
    np.testing.assert_allclose(back[seen][:, :3], wanted[seen], rtol=1e-6)
    assert np.array_equal(back[..., 3] < 0, ~seen)
    labels, size, shape = told["POINT:LABELS"]
    assert size == -1
    width, count = shape
    names = [labels[k * width : (k + 1) * width].decode().strip() for k in range(count)]
    assert names == list(person.joints)
    assert told["POINT:UNITS"][0].decode().strip() == "mm"
    assert [told[f"POINT:{axis}_SCREEN"][0].decode() for axis in "XY"] == ["+X", "+Y"]


def test_every_set_fits_into_a_file():
    back, *_ = read(c3d_bytes(motion("mediapipe33", frames=300)))
    assert back.shape == (300, 33, 4)


def test_a_missing_rate_and_a_missing_package_are_told(monkeypatch):
    with pytest.raises(InputError, match="C3D holds frames per second"):
        c3d_bytes(motion(fps=None))
    monkeypatch.setitem(sys.modules, "c3d", None)
    with pytest.raises(InputError, match=r'C3D needs c3d, which .* -e "\.\[c3d\]"'):
        c3d_bytes(motion())


@pytest.mark.parametrize("first", [-1, 2**32])
def test_frames_that_c3d_cannot_count_are_told(first):
    person = motion(fps=50.0)
    moved = replace(person, frames=person.frames - person.frames[0] + first)
    with pytest.raises(
        InputError, match="C3D counts frames from 1 to 4,294,967,295, and these are"
    ):
        c3d_bytes(moved)
