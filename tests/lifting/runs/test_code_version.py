"""Tests of the version of the code."""

import subprocess

import pytest

from lifting import __version__
from lifting.runs import code_version as module
from lifting.runs.code_version import code_version, version_line


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A repository of one commit, which stands for that of the code."""
    monkeypatch.setattr(module, "_ROOT", tmp_path)
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    (tmp_path / "a.py").write_text("a = 1\n")
    for words in (["init"], ["add", "a.py"], [*identity, "commit", "-m", "Add a"]):
        subprocess.run(["git", *words], cwd=tmp_path, capture_output=True, check=True)
    return tmp_path


def test_a_clone_tells_commit_and_changes(clone):
    commit = code_version()["commit"]
    assert version_line() == f"lifting {__version__} (commit {commit[:10]})"
    (clone / "a.py").write_text("a = 2\n")
    assert version_line() == f"lifting {__version__} (commit {commit[:10]}, with changes)"


def test_an_installed_package_tells_its_version_alone(clone, monkeypatch):
    installed = clone / "site-packages"
    installed.mkdir()
    # The repository around it is somebody else's.
    monkeypatch.setattr(module, "_ROOT", installed)
    assert code_version() == {}
    assert version_line() == f"lifting {__version__}"
