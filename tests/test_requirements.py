"""The files of hashes in requirements/ and constraints.txt: the same versions, all that is asked for."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
assert LOCKS
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)(?: ; (.*?))? \\$", re.MULTILINE)
# Has many builds, and its CUDA builds bring packages of their own; pinned without hashes.
UNLOCKED = {"torch"}


def pins(text: str) -> dict[str, str]:
    return {canonicalize_name(name): version for name, version, _ in PIN.findall(text)}


def constraints() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    asked = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(one.name): str(one.specifier).removeprefix("==") for one in asked}


def asked_for(extra: str) -> set[str]:
    """Names that a group asks for, or the suite with one of its extras and what that extends."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    if extra in settings["dependency-groups"]:
        return {
            canonicalize_name(Requirement(one).name) for one in settings["dependency-groups"][extra]
        }
    project = settings["project"]
    names = {canonicalize_name(Requirement(one).name) for one in project["dependencies"]}
    open_extras = [extra]
    while open_extras:
        for one in map(Requirement, project["optional-dependencies"][open_extras.pop()]):
            if canonicalize_name(one.name) == canonicalize_name(project["name"]):
                open_extras.extend(one.extras)
            else:
                names.add(canonicalize_name(one.name))
    return names


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_versions_are_those_of_the_constraints(lock):
    locked, allowed = pins(lock.read_text(encoding="utf-8")), constraints()
    both = locked.keys() & allowed.keys()
    assert both
    assert {name: locked[name] for name in both} == {name: allowed[name] for name in both}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_all_that_is_asked_for_is_locked(lock):
    assert asked_for(lock.stem) - UNLOCKED <= pins(lock.read_text(encoding="utf-8")).keys()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_pin_has_hashes(lock):
    blocks = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").strip())[1:]
    assert len(blocks) == len(pins(lock.read_text(encoding="utf-8"))) > 50
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.xdist_group("requirements")
def test_a_group_of_tests_is_kept_together(request):
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("one process runs all tests; make test has two")
    # Without, each worker trains what a group is to train once, and no test says so.
    assert request.node.nodeid.endswith("@requirements")
