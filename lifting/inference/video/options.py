"""Options of videos: which keypoints are read instead of detected, and what is drawn."""

from dataclasses import dataclass

from lifting.errors import InputError

# The file of the poses, in the folder of the results.
POSES = "poses.npz"
# Smallest values of numbers.
_MINIMA = {"shortest": 1, "height": 32, "page_frames": 0}


@dataclass(frozen=True)
class VideoOptions:
    """Which people are on a video, and what is drawn of it.

    Args:
        shortest: Who is detected on fewer frames is left out.
        keypoints: A file of keypoints instead of a detector, as `lifting lift` reads them.
        format: Its format; by the content where not given.
        source: Which 2D source of a clip store.
        first: The number that the file gives to the first frame.
        track: Lift this person alone.
        out: Folder of what is written; beside the video, named after it, where not given.
        height: What is drawn is at most so high, pixels; 3 or less is how tall the people are, metres,
            as person_height says it.
        page_frames: Pictures of the video on the page at most; 0 for no page.
        truth: True poses, an .npz, to print the errors of the person that is seen longest.

    Raises:
        InputError: If a number is too small.
    """

    shortest: int = 10
    keypoints: str | None = None
    format: str | None = None
    source: str | None = None
    first: int = 0
    track: str | None = None
    out: str | None = None
    height: float = 720
    page_frames: int = 400
    truth: str | None = None

    def __post_init__(self) -> None:
        for name, minimum in _MINIMA.items():
            if (value := getattr(self, name)) < minimum:
                raise InputError(f"--{name} is {value}: give at least {minimum}.")
