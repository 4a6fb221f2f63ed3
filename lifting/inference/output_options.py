"""Options of what is made of lifted people: who, through which camera, how tall, in which files."""

from dataclasses import dataclass
from typing import Any

from lifting.errors import InputError, Option, Phrase, did_you_mean

# Beside the .npz of everyone.
FORMATS = ("bvh", "trc", "c3d", "csv", "angles")
# Of these there is a file per person, and a time per frame.
MOTION = ("bvh", "trc", "c3d")
# Metres; no image is so small, so that one option may mean both.
_TALLEST = 3.0


@dataclass(frozen=True)
class OutputOptions:
    """Who is lifted, through which camera, how tall they are, and which files are written.

    Args:
        people: Lift these people alone: largest, longest, left, right, how many of the largest, or names
            with commas between them.
        camera: A file with the camera's calibration: OpenCV's YAML, Qualisys' or Pose2Sim's; FILE:NAME
            of several cameras.
        person_height: Standing height in metres, to which everyone is scaled, or by name, as
            anna=1.78,ben=1.91; --height 1.78 means the same.
        formats: Files to write beside the .npz, with commas between them: bvh, trc, c3d, csv, angles; or
            all, or none.

    Raises:
        InputError: If a height or a format cannot be one.
    """

    people: str | None = None
    camera: str | None = None
    person_height: str | None = None
    formats: str | None = None

    def __post_init__(self) -> None:
        _ = self.heights, self.wanted(())

    def wanted(self, default: tuple[str, ...]) -> tuple[str, ...]:
        """Return the formats that are asked for, or those of a default.

        Raises:
            InputError: If there is no such format.
        """
        if self.formats is None:
            return default
        names = [name.strip().lower() for name in self.formats.split(",")]
        # The .npz is always written.
        names = [name for name in names if name not in ("npz", "none", "")]
        for name in names:
            if name not in (*FORMATS, "all"):
                listed = f"give {', '.join(FORMATS)}, with commas between them, or all, or none."
                meant = did_you_mean(name, FORMATS, Option("formats")) or listed
                raise InputError(f"there is no '{name}'", Option("formats"), meant)
        return tuple(name for name in FORMATS if name in names or "all" in names)

    @property
    def heights(self) -> dict[str | None, float]:
        """Standing heights in metres by name; that of None is everyone's.

        Raises:
            InputError: If one is no height of a person.
        """
        found: dict[str | None, float] = {}
        for part in (self.person_height or "").split(","):
            name, equals, number = part.rpartition("=")
            if self.person_height is not None:
                found[name.strip() if equals else None] = _metres(number)
        if None in found and len(found) > 1:
            what = "{} is {}: give one number for everyone, or one by each name."
            raise InputError(Phrase(what, Option("person_height"), self.person_height))
        return found


def _metres(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.3 <= value <= _TALLEST:
        what = "{} is '{}': give metres, as {} 1.78 or anna=1.78,ben=1.91."
        option = Option("person_height")
        raise InputError(Phrase(what, option, text.strip(), option))
    return value


def with_person_height(options: dict[str, Any]) -> dict[str, Any]:
    """Return options of a command in which ``--height 1.78`` is the height of the people.

    ``--height`` is that of images in pixels as well, which are never 3 high.

    Args:
        options: By name; those of :class:`OutputOptions` among them.

    Raises:
        InputError: If ``--person_height`` is given too.
    """
    height = options.get("height")
    if height is None or not height <= _TALLEST:
        return options
    if options.get("person_height") is not None:
        what = "{} {} and {} say the same: give one of them."
        raise InputError(Phrase(what, Option("height"), f"{height:g}", Option("person_height")))
    rest = {name: value for name, value in options.items() if name != "height"}
    return rest | {"person_height": f"{height:g}"}
