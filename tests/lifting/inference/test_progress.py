"""Bars of progress, in terminals alone."""

import io
import sys

import pytest

from lifting.inference.progress import progress_bar


class Terminal(io.StringIO):
    """A standard error that says that somebody sees it."""

    def isatty(self):
        return True


@pytest.mark.parametrize(("stream", "drawn"), [(io.StringIO, False), (Terminal, True)])
def test_a_bar_is_drawn_for_somebody_who_sees_it(monkeypatch, capsys, stream, drawn):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", stream())
    with progress_bar() as bar:
        assert list(bar.track([1, 2, 3], description="walking")) == [1, 2, 3]
    text = sys.stderr.getvalue()
    assert ("walking" in text) == drawn
    assert bool(text) == drawn
    assert not capsys.readouterr().out
