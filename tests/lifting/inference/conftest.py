"""Shared set-up of tests of videos and of photographs: models of people of dots, and Ctrl-C."""

import os
import signal

import pytest
import torch

from tests.made_dots import dot_detector
from tests.made_lifters import save, simple_baseline
from tests.made_methods import made


@pytest.fixture(scope="session")
def dot_models(tmp_path_factory):
    """A folder with a lifter of single frames, one of windows, and a detector."""
    # Whichever test comes first: the poses of random weights differ.
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("models")
    save(simple_baseline(), folder / "sb.ckpt")
    save(made("VideoPose3D", causal=False), folder / "vp.ckpt")
    save(dot_detector(), folder / "dots.ckpt")
    return folder


@pytest.fixture
def here(dot_models, tmp_path, monkeypatch):
    """The folder that a test works in, with these models in it and nothing else."""
    for path in dot_models.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def press_at(monkeypatch):
    """What presses Ctrl-C when a method is called for the n-th time; it returns the calls."""

    def press(number, owner, method):
        calls, before = [], getattr(owner, method)

        def called(*arguments):
            calls.append(None)
            if len(calls) == number:
                os.kill(os.getpid(), signal.SIGINT)
            return before(*arguments)

        monkeypatch.setattr(owner, method, called)
        return calls

    return press
