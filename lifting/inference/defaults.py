"""Models and smoothing of the commands on own data where nothing else is named."""

from dataclasses import replace

from lifting.inference.options import LiftOptions

LIFTER = "person"
# Sees no future, and so lifts a camera.
LIVE_LIFTER = "person-live"
DETECTOR = "blazepose"
# The default lifter looks ahead as far as back, and so may its smoothing.
SMOOTHING = "savgol"


def lifter_and_options(checkpoint: str | None, options: LiftOptions) -> tuple[str, LiftOptions]:
    """Return the lifter and the options of lifting where they may be left to the command.

    Whoever names no checkpoint gets the default one, and smoothed poses. With a checkpoint nothing is
    smoothed that was not asked for.
    """
    if checkpoint is not None:
        return checkpoint, options
    return LIFTER, replace(options, smooth=options.smooth or SMOOTHING)
