"""Options read off a signature, in every spelling."""

from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from lifting.cli.options.parsing import call
from lifting.errors import InputError

GIVEN = []


def show(*runs: str, out: str, align: bool = False, crop: tuple[int, int] = (1, 2)) -> None:
    """Show runs.

    Args:
        runs: Runs.
        out: A file.
        align: Align.
        crop: A size.
    """
    GIVEN.append((runs, out, align, crop))


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("a --out x", (("a",), "x", False, (1, 2))),
        ("a b --out=x --align true", (("a", "b"), "x", True, (1, 2))),
        ("a --align=true --out x --crop [3,4]", (("a",), "x", True, (3, 4))),
        ("--out x --align false a", (("a",), "x", False, (1, 2))),
    ],
)
def test_every_spelling_says_the_same(words, values):
    call(show, "show", ["show", *words.split()])
    assert GIVEN.pop() == values


@pytest.mark.parametrize("words", ["a --out x --align", "a --align --out x"])
def test_a_flag_without_a_value_is_refused(words):
    with pytest.raises(InputError, match="--align: a value is missing after it"):
        call(show, "show", ["show", *words.split()])


def frames_of(video: str, *, frame_rate: float = 25.0) -> None:
    """Read a video.

    Args:
        video: The video.
        frame_rate: Per second.
    """
    GIVEN.append((video, frame_rate))


def test_dashes_are_underscores_and_a_file_of_options_is_read(tmp_path):
    call(frames_of, "frames", ["frames", "a.mp4", "--frame-rate", "50"])
    assert GIVEN.pop() == ("a.mp4", 50.0)
    (tmp_path / "a.yaml").write_text("frame_rate: 10\n")
    call(frames_of, "frames", ["frames", "a.mp4", "--config", str(tmp_path / "a.yaml")])
    assert GIVEN.pop() == ("a.mp4", 10.0)


def pose_of(lifter: str = "person", *, frame: int = 0) -> None:
    """Lift a pose.

    Args:
        lifter: The lifter.
        frame: The frame.
    """
    GIVEN.append((lifter, frame))


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("", ("person", 0)),
        ("--frame 3", ("person", 3)),
        ("a.ckpt --frame 3", ("a.ckpt", 3)),
        ("--frame 3 a.ckpt", ("a.ckpt", 3)),
    ],
)
def test_a_word_with_a_default_may_be_left_out(words, values):
    call(pose_of, "pose", ["pose", *words.split()])
    assert GIVEN.pop() == values
    with pytest.raises(InputError, match="one word too many"):
        call(pose_of, "pose", ["pose", "a.ckpt", "b.ckpt"])


@dataclass(frozen=True)
class Detecting:
    """How it is detected.

    Args:
        model: Its model.
        device: Where it runs.
        patience: Frames.
    """

    model: str = "own"
    device: str = "cpu"
    patience: int = 25


@dataclass(frozen=True)
class Lifting:
    """How it is lifted.

    Args:
        device: Where it runs.
    """

    device: str = "cpu"


def detected(**options: Annotated[Any, Detecting, Lifting, "patience"]) -> None:
    """Detect and lift."""
    GIVEN.append(options)


def test_fields_of_dataclasses_are_options_once_but_for_those_left_out():
    call(detected, "detected", ["detected", "--device", "cuda"])
    assert GIVEN.pop() == {"model": "own", "device": "cuda"}
    with pytest.raises(InputError, match="--patience: there is no such option"):
        call(detected, "detected", ["detected", "--patience", "3"])
