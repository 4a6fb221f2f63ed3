"""The Dockerfile and what is sent to the builder; images are built by a workflow."""

import json
import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parent.parent
FILE = (ROOT / "docker/Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
STEPS = [line.split(maxsplit=1) for line in FILE.splitlines() if line and not line.startswith("#")]


def arguments(step: str) -> list[str]:
    return [rest for name, rest in STEPS if name == step]


def test_files_that_are_copied_and_installed_exist_and_are_sent():
    copied = [file for rest in arguments("COPY") for file in rest.split()[:-1]]
    assert copied == ["constraints.txt", "requirements/video.txt"]
    assert all((ROOT / file).is_file() for file in copied)
    target = arguments("COPY")[0].split()[-1]
    assert target == "./"
    locked = re.findall(r"-[rc] (\S+)", FILE)
    assert set(locked) == {Path(file).name for file in copied}
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert lines[1] == "*"
    sent = [line.removeprefix("!") for line in lines if line.startswith("!")]
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {"pyproject.toml", "lifting", "datamodules", "callbacks", "experiments"}
    needed |= {settings["readme"], *settings["license-files"], *copied}
    assert all(any(fnmatch(name, f"{p}*") for p in sent) for name in needed)
    assert not any(fnmatch(name, p) for p in sent for name in ("data", "runs", ".git", ".venv"))


def test_every_image_that_is_asked_for_is_made():
    stages = re.findall(r"^FROM (\S+)(?: AS (\S+))?$", FILE, re.MULTILINE)
    own = {name for _, name in stages if name}
    devices = {name.removeprefix("torch-") for name in own if name.startswith("torch-")}
    default = re.search(r"^ARG DEVICE=(\w+)$", FILE, re.MULTILINE)
    assert default is not None
    assert default[1] == "cpu"
    page = (ROOT / "docs/containers.md").read_text(encoding="utf-8")
    assert devices == {"cpu", *re.findall(r"DEVICE=(\w+)", page)}
    [outside] = {base for base, _ in stages} - own - {"torch-${DEVICE}"}
    # Pinned to a release and a system, of a Python that the suite takes.
    assert re.fullmatch(r"python:3\.1[123]\.\d+-slim-\w+", outside)


def test_image_runs_the_command_without_rights():
    assert json.loads(arguments("ENTRYPOINT")[0]) == ["lifting"]
    users = arguments("USER")
    assert users
    assert users[-1] not in ("root", "0")
    order = [name for name, _ in STEPS]
    assert order.index("USER") > max(n for n, name in enumerate(order) if name == "RUN")
