r"""Writer of poses as TRC, OpenSim's file of markers: a joint is a marker.

https://opensimconfluence.atlassian.net/wiki/spaces/OpenSim/pages/53089972/Marker+.trc+Files describes
the format: two lines of names and values, the names of the markers, their axes, and a line per frame of
frame number, time in seconds and three coordinates per marker, all between tabs. y points up, as
OpenSim's ground has it.
"""

import numpy as np

from lifting.export.motion import Motion

_NAMES = ("DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units")
_ORIGINAL = ("OrigDataRate", "OrigDataStartFrame", "OrigNumFrames")


def trc_text(motion: Motion, file_name: str) -> str:
    """Return the motion of one person as the text of a TRC file, in metres.

    The axes are those of :attr:`Motion.positions`. The time is that of the video, so that the files of
    several people are in step; where none is known, the number of the frame over the frames per second.
    Joints that are not known are NaN: of a row that ends in empty cells OpenSim misses columns.

    Args:
        motion: The person.
        file_name: Name of the file, which stands in its first line.

    Raises:
        InputError: If the frames per second are not known.
    """
    rate, positions = motion.rate("TRC"), motion.positions
    count, joints = len(motion.frames), motion.joints
    values = [f"{rate:.6g}", f"{rate:.6g}", str(count), str(len(joints)), "m"]
    values += [f"{rate:.6g}", str(motion.frames[0]), str(count)]
    axes = [f"{axis}{number}" for number in range(1, len(joints) + 1) for axis in "XYZ"]
    lines = [
        ["PathFileType", "4", "(X/Y/Z)", file_name],
        [*_NAMES, *_ORIGINAL],
        values,
        # A name stands over the first of its three columns.
        ["Frame#", "Time", *(cell for joint in joints for cell in (joint, "", ""))],
        ["", "", *axes],
        [],
    ]
    rows = zip(motion.frames, motion.seconds, positions.reshape(count, -1), strict=True)
    for frame, second, position in rows:
        cells = [f"{value:.6f}" if np.isfinite(value) else "NaN" for value in position]
        lines.append([str(frame), f"{second:.6f}", *cells])
    return "".join("\t".join(cells) + "\n" for cells in lines)
