"""Lifters and detectors that the app was started with, loaded while it runs."""

from lifting.errors import InputError
from lifting.inference.detectors.factory import build_tracker
from lifting.inference.detectors.interfaces import PersonTracker
from lifting.inference.detectors.options import DetectorOptions


class StartError(InputError):
    """What the app was started with cannot be used: its cause is told in the terminal.

    Whoever sees the page did not choose it, and can do nothing about it there.
    """


def start_error(what: str, name: str) -> StartError:
    """Return the error of a lifter or a detector that cannot be loaded, by its name."""
    return StartError(f"The {what} '{name}' cannot be loaded", None, "the app's terminal says why.")


def tracker_of(options: DetectorOptions, most: int | None = None) -> PersonTracker:
    """Return the tracker that :func:`lifting.inference.detectors.factory.build_tracker` builds.

    Raises:
        StartError: If it cannot be built any more.
    """
    try:
        return build_tracker(options, most)
    except InputError as error:
        raise start_error("detector", options.name) from error
