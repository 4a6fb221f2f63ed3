"""Threshold of confidence below which keypoints are missing, light enough for the help of commands."""

from lifting.errors import wrong_value

# Keypoints of less confidence are missing where nothing else is asked for.
LEAST_CONFIDENCE = 0.1


def check_least_confidence(least: float) -> None:
    """Refuse a threshold that is no confidence.

    Raises:
        InputError: If it is not from 0 to 1.
    """
    if not 0 <= least <= 1:
        raise wrong_value("least_confidence", least, "give 0 to 1.")
