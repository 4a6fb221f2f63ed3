"""The distributions: what is in them, their version, and the files that name what they install."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest
import yaml

import lifting
from lifting.runs.experiments import shipped_experiments, shipped_files

ROOT = Path(__file__).parent.parent
PACKAGES = ("lifting", "datamodules", "callbacks")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
BUILD = "import sys, setuptools.build_meta as backend; backend.build_wheel(sys.argv[1])"
# Beside what is in the wheel, where there is a checkout to build from.
SOURCES = ("README.md", "CHANGELOG.md", "LICENSE", "MANIFEST.in", "Makefile", "constraints.txt")
SOURCES += ("CITATION.cff", "CONTRIBUTING.md", "environment.yml", "conftest.py")


def relative(folder, pattern="*"):
    """Return the files in a folder of the checkout, as the names that a distribution has for them."""
    found = (ROOT / folder).rglob(pattern)
    return {p.relative_to(ROOT).as_posix() for p in found if p.is_file() and p.suffix != ".pyc"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of what distributions are built from; its weights are empty, to be packed at once."""
    folder = tmp_path_factory.mktemp("checkout") / "suite"
    for name in (*PACKAGES, "experiments", "requirements", "scripts", "docs"):
        ignored = shutil.ignore_patterns("__pycache__", "*.safetensors")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for path in relative("lifting", "*.safetensors"):
        (folder / path).touch()
    for name in (*SOURCES, "pyproject.toml", "setup.py"):
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def wheel(checkout):
    command = [sys.executable, "-c", BUILD, str(checkout.parent)]
    done = subprocess.run(command, cwd=checkout, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    [path] = checkout.parent.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_the_wheel_has_code_experiments_and_models_and_nothing_else(wheel):
    names = set(wheel.namelist())
    info = f"lifting_suite-{lifting.__version__}.dist-info"
    code = set().union(*(relative(package) for package in PACKAGES))
    experiments = {f"lifting/experiments/{path.as_posix()}" for path in shipped_files()}
    assert {name for name in names if not name.startswith(info)} == code | experiments
    assert {f"{info}/licenses/LICENSE", f"{info}/entry_points.txt"} <= names
    assert "lifting/models/shipped/person/README.md" in names
    folder = shipped_experiments()
    for path in ("base.yaml", "data/synthetic.yaml"):
        assert wheel.read(f"lifting/experiments/{path}") == (folder / path).read_bytes()


def test_the_wheel_says_what_it_is(wheel):
    info = f"lifting_suite-{lifting.__version__}.dist-info"
    meta = HeaderParser().parsestr(wheel.read(f"{info}/METADATA").decode())
    assert (meta["Name"], meta["Version"]) == ("lifting-suite", lifting.__version__)
    # Distributions that an extra asks for under the name of this one are itself.
    own = [r for r in meta.get_all("Requires-Dist") if r.startswith("lifting")]
    assert own
    assert all(requirement.startswith("lifting-suite[") for requirement in own)
    assert "lifting = lifting.cli:main" in wheel.read(f"{info}/entry_points.txt").decode()


@pytest.mark.usefixtures("wheel")
def test_the_source_distribution_is_what_a_checkout_has(checkout):
    # Listed on the way to the wheel.
    listed = checkout / "lifting_suite.egg-info/SOURCES.txt"
    names = set(listed.read_text("utf-8").splitlines())
    wanted = set(SOURCES)
    for folder in ("experiments", "requirements", "scripts", "docs"):
        wanted |= relative(folder)
    wanted |= set().union(*(relative(package) for package in PACKAGES))
    assert wanted <= names


def test_the_version_is_said_in_one_way():
    assert PROJECT["project"]["dynamic"] == ["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == lifting.__version__


def test_the_environment_of_conda_installs_what_there_is():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    assert environment.keys() == {"name", "channels", "dependencies"}
    *packages, pip = environment["dependencies"]
    named = dict(package.partition("=")[::2] for package in packages)
    assert named.keys() == {"python", "pip", "make"}
    version = tuple(map(int, named["python"].split(".")))
    assert version >= tuple(map(int, re.findall(r"\d+", PROJECT["project"]["requires-python"])))
    assert (
        f"Programming Language :: Python :: {named['python']}" in PROJECT["project"]["classifiers"]
    )
    constraints, package = pip["pip"]
    assert (ROOT / constraints.removeprefix("-c ")).is_file()
    extra = re.fullmatch(r"-e \.\[(\w+)\]", package)
    assert extra[1] in PROJECT["project"]["optional-dependencies"]


WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_take_actions_by_their_commits(path):
    jobs = yaml.safe_load(path.read_text("utf-8"))["jobs"].values()
    used = [step["uses"] for job in jobs for step in job.get("steps", ()) if "uses" in step]
    for action in [*used, *(job["uses"] for job in jobs if "uses" in job)]:
        assert re.fullmatch(r"\./\S+|[\w./-]+@[0-9a-f]{40}", action), action


def test_one_job_of_a_release_alone_may_publish():
    workflow = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    jobs = workflow["jobs"]
    assert {name: job["permissions"] for name, job in jobs.items() if "permissions" in job} == {
        "publish": {"id-token": "write"},
        "release": {"contents": "write"},
    }
    publish = jobs["publish"]
    assert publish["environment"]["name"] == "pypi"
    assert set(publish["needs"]) == {"test", "build"}
    assert [step["uses"].partition("@")[0] for step in publish["steps"]] == [
        "actions/download-artifact",
        "pypa/gh-action-pypi-publish",
    ]


def ci(name, *words, given="", **variables):
    command = [str(ROOT / ".ci" / name), *words]
    environment = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run(
        command, input=given, env=environment, capture_output=True, encoding="utf-8", check=False
    )


@pytest.mark.parametrize("path", sorted((ROOT / ".ci").iterdir()), ids=lambda path: path.name)
def test_scripts_of_the_integration_can_be_run(path):
    assert os.access(path, os.X_OK)
    first, text = path.read_text(encoding="utf-8").split("\n", 1)
    if first.endswith("python"):
        compile(text, path, "exec")
    else:
        assert first.endswith("bash")
        subprocess.run(["bash", "-n", str(path)], check=True)


def test_a_tag_of_another_version_is_refused():
    done = ci("release-notes", "v0.0.7")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"Error: the tag is v0.0.7, and lifting/__init__.py says {lifting.__version__}: "
        "they must agree.\n"
    )


def test_a_release_has_the_section_of_its_version():
    done = ci("release-notes", f"v{lifting.__version__}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.lstrip()
    assert not re.search(r"^## ", done.stdout, re.MULTILINE)
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    heads = re.findall(r"^## \[(.+?)\](?: - (.*))?$", changelog, re.MULTILINE)
    assert heads[0] == ("Unreleased", "")
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert heads[1] == (lifting.__version__, str(citation["date-released"]))


def test_links_lead_to_the_tag_at_a_release():
    page = "[a](b.md#c) ![d e](f/g.png) ([h](https://i.j/k)), [l](#m) `[n]`\n"
    assert ci("absolute-links", given=page).stdout == page
    release = {"GITHUB_REPOSITORY": "o/r", "GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1"}
    base = "https://github.com/o/r"
    assert ci("absolute-links", given=page, **release).stdout == page.replace(
        "b.md#c", f"{base}/blob/v1/b.md#c"
    ).replace("f/g.png", f"{base}/raw/v1/f/g.png")
