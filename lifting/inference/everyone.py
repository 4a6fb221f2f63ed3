"""Lifting of everyone in a recording, one person after another."""

from collections.abc import Sequence

from lifting.inference.camera_files import read_calibration, seen_by
from lifting.inference.keypoint_files import KeypointTrack
from lifting.inference.options import LiftOptions
from lifting.inference.output_options import OutputOptions
from lifting.inference.outputs import at_heights
from lifting.inference.prediction import Lifted, lift_track
from lifting.inference.progress import progress_bar
from lifting.methods.bases.lifter import Lifter

_AS_LIFTED = OutputOptions()


def lift_everyone(
    tracks: Sequence[KeypointTrack],
    lifter: Lifter,
    options: LiftOptions,
    where: object,
    outputs: OutputOptions = _AS_LIFTED,
    bar: bool = True,
) -> list[Lifted]:
    """Lift each person by :func:`lifting.inference.prediction.lift_track`, with a bar while it lasts.

    Args:
        tracks: The people.
        lifter: The lifter.
        options: How it lifts.
        where: The file, for errors.
        outputs: The camera that saw the people, and their heights.
        bar: Whether a bar may be shown, which there is one of at a time.

    Raises:
        InputError: If something of these is wrong, or does not go together.
    """
    calibration = None if outputs.camera is None else read_calibration(outputs.camera)
    seen = [seen_by(track, calibration) for track in tracks]
    # A block, not a bare loop: the bar must have gone when an error is printed.
    with progress_bar(disable=not bar or len(tracks) == 1) as shown:
        lifted = [
            lift_track(track, lifter, options, where)
            for track in shown.track(seen, description="lifting")
        ]
    return at_heights(tracks, lifted, outputs, where)
