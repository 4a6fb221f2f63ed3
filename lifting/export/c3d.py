"""Writer of poses as C3D, the file of motion capture (https://www.c3d.org), by the package ``c3d``."""

import io
import warnings

import numpy as np

from lifting.errors import InputError, require
from lifting.export.motion import Motion

# The parameter of the last frame has 32 bits.
_LAST_FRAME = 2**32 - 1


def c3d_bytes(motion: Motion) -> bytes:
    """Return the motion of one person as a C3D file: floats in millimetres, a point per joint.

    The axes are those of :attr:`Motion.positions`, and the parameters ``X_SCREEN`` and ``Y_SCREEN`` say
    so. C3D counts frames from 1 on: frame 0 is its first one. Joints that are not known are invalid
    points, of residual -1.

    Raises:
        InputError: If the frames per second are not known, C3D cannot count the frames, or the package
            is not installed.
    """
    library = require("c3d", "C3D", "c3d")
    rate, positions = motion.rate("C3D"), 1000 * motion.positions
    lost = ~np.isfinite(positions).all(-1, keepdims=True)
    # x, y, z, residual, and the cameras that saw the point.
    points = np.concatenate([positions, np.zeros_like(positions[..., :2])], -1)
    points = np.where(lost, [0.0, 0.0, 0.0, -1.0, 0.0], points)
    writer = library.Writer(point_rate=rate, point_units="mm")
    writer.set_point_labels(motion.joints)
    first, last = int(motion.frames[0]) + 1, int(motion.frames[-1]) + 1
    if first < 1 or last > _LAST_FRAME:
        what = f"C3D counts frames from 1 to {_LAST_FRAME:,}, and these are {first:,} to {last:,}"
        raise InputError(what, motion.name, "number the frames from 0 on, or leave C3D out.")
    writer.set_start_frame(first)
    writer.set_screen_axis("+X", "+Y")
    nothing = np.empty((0, 0))
    writer.add_frames([(frame, nothing) for frame in points])
    stream = io.BytesIO()
    with warnings.catch_warnings():
        # Of a file without analogue channels.
        warnings.simplefilter("ignore", UserWarning)
        writer.write(stream)
    return stream.getvalue()
