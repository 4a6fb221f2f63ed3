"""Kinds of files that people are lifted from, and the command for each."""

from pathlib import Path

import pytest

from lifting.inference.media_kinds import lifted_by


@pytest.mark.parametrize(
    ("name", "command"),
    [("a.mp4", "video"), ("a.MOV", "video"), ("a.jpg", "photo"), ("a.png", "photo")],
)
def test_the_ending_tells_which_command_lifts_a_file(name, command):
    assert f"`lifting {command}`" in str(lifted_by(Path(name)))


@pytest.mark.parametrize("name", ["a.json", "a.npz", "a.h5", "a"])
def test_other_files_have_none(name):
    assert lifted_by(Path(name)) is None


def test_a_kind_that_is_not_asked_for_has_none():
    assert lifted_by(Path("a.heic"), "video") is None
