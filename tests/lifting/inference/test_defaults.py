"""Defaults of the commands on own data: only where no checkpoint is named."""

import pytest

from lifting.inference.defaults import lifter_and_options
from lifting.inference.options import LiftOptions


@pytest.mark.parametrize(
    ("checkpoint", "smooth", "expected"),
    [
        (None, None, ("person", "savgol")),
        (None, "none", ("person", "none")),
        (None, "one_euro", ("person", "one_euro")),
        ("a.ckpt", None, ("a.ckpt", None)),
        ("a.ckpt", "savgol", ("a.ckpt", "savgol")),
        ("person", None, ("person", None)),
    ],
)
def test_who_names_a_checkpoint_gets_what_was_asked_for_and_nothing_else(
    checkpoint, smooth, expected
):
    lifter, options = lifter_and_options(checkpoint, LiftOptions(fps=30.0, smooth=smooth))
    assert (lifter, options.smooth) == expected
    assert options.fps == 30.0
