"""Windows of a recording of one's own: their dilation by its frame rate, and no more than it needs."""

from dataclasses import replace

from lifting.methods.bases.lifter import Lifter
from lifting.methods.bases.sequence_lifter import PREDICTION_CHUNK
from lifting.windows import Windows


def natural_dilation(lifter: Lifter, fps: float | None) -> int:
    """Return the distance between frames at which a lifter's windows are nearest to those of training.

    Args:
        lifter: The lifter; of one that does not know its frames per second, or sees one frame, it is 1.
        fps: Frames per second of the recording, if known.
    """
    if fps is None or lifter.frame_rate is None:
        return 1
    return max(1, round(fps / lifter.frame_rate))


def windows_of(
    lifter: Lifter, frames: int, fps: float | None = None, dilation: int | None = None
) -> Windows:
    """Return the windows of a recording, no longer than it needs them.

    Those of a dilation beyond its frames, as a wrong frame rate has it, see the same edge frames.

    Args:
        lifter: The lifter.
        frames: Frames of the recording.
        fps: Frames per second of the recording, if known.
        dilation: Distance between neighbouring frames of a window; the natural one where not given.
    """
    windows = lifter.windows(min(dilation or natural_dilation(lifter, fps), frames))
    if windows.chunk != PREDICTION_CHUNK:
        # The lifter needs chunks of that length.
        return windows
    return replace(windows, chunk=min(windows.chunk, -(-frames // windows.dilation)))
