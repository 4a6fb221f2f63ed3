"""The bones of a figure, drawn as lines of their own or as segments of a collection."""

from typing import NamedTuple

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from mpl_toolkits.mplot3d.art3d import Line3D, Line3DCollection


class Bone(NamedTuple):
    """Two points in the plane or in space, with the style of the line between them."""

    ends: np.ndarray
    color: str
    linestyle: str = "-"


def bones(axes, **style):
    """Bones of axes, those of a style."""
    found = []
    for line in axes.lines:
        ends = np.array(line.get_data_3d() if isinstance(line, Line3D) else line.get_data()).T
        if len(ends) == 2:
            found.append(Bone(ends, line.get_color(), line.get_linestyle()))
    for drawn in axes.collections:
        if isinstance(drawn, LineCollection):
            solid = isinstance(drawn, Line3DCollection)
            segments = drawn._segments3d if solid else drawn.get_segments()
            colours = [to_hex(colour) for colour in drawn.get_colors()]
            found += map(Bone, map(np.array, segments), colours)
    return [b for b in found if all(getattr(b, name) == value for name, value in style.items())]
