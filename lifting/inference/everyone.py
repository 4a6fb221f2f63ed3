"""Lifting of everyone in a recording, one person after another."""

from collections.abc import Sequence

from rich.progress import Progress

from lifting.inference.keypoint_files import KeypointTrack
from lifting.inference.options import LiftOptions
from lifting.inference.prediction import Lifted, lift_track
from lifting.methods.bases.lifter import Lifter


def lift_everyone(
    tracks: Sequence[KeypointTrack], lifter: Lifter, options: LiftOptions, where: object
) -> list[Lifted]:
    """Lift each person by :func:`lifting.inference.prediction.lift_track`, with a bar while it lasts."""
    # A block, not a bare loop: the bar must have gone when an error is printed.
    with Progress(transient=True, disable=len(tracks) == 1) as bar:
        return [
            lift_track(track, lifter, options, where)
            for track in bar.track(tracks, description="lifting")
        ]
