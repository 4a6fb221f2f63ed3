"""Tests of methods and datasets that other packages offer by their entry points."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from datamodules.synthetic.procedural import clips as synthetic_clips
from lifting.cli.doctor.facts import facts
from lifting.cli.doctor.report import printed
from lifting.cli.options.own_classes import load_named
from lifting.cli.options.vocabulary import classes_of, list_classes
from lifting.errors import InputError
from lifting.extensions import DATASETS, METHODS, extensions, load_extension
from lifting.methods import Method
from lifting.methods.bases.checkpointed import method_named
from lifting.pipeline.plan import Stage
from lifting.pipeline.stores import how_to_make
from tests.lifting.inference.keypoint_files import made_keypoints
from tests.lifting.made_packages import EXAMPLE, install, install_example

ROOT = Path(__file__).parents[2]
# Classes that nothing can build, so that they are told from methods of other tests by their names alone.
MADE = """
from lifting.methods import Lifter

class MadeLifter(Lifter):
    "A lifter that was made up."
"""
STORE = """
class MadeData:
    "A dataset that was made up."
    @classmethod
    def how_to_make(cls, path):
        return f"run made --out {path}."
"""
BROKEN = "the method Broken of the package lifting-broken 0.1: cannot be imported "
BROKEN += (
    "(ModuleNotFoundError: No module named 'there_is_none'); mend that package, or uninstall it."
)
KINDS = {"model": Method, "data": object}


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("made_"):
            del sys.modules[name]


@pytest.fixture
def packages(site):
    """A good package and a broken one."""
    points = {
        METHODS: {"MadeLifter": "made_lifter:MadeLifter"},
        DATASETS: {"MadeData": "made_data"},
    }
    points[DATASETS]["MadeData"] += ":MadeData"
    install(site, "lifting-made", points, made_lifter=MADE, made_data=STORE)
    broken = {METHODS: {"Broken": "made_broken:Broken"}}
    install(site, "lifting-broken", broken, made_broken="import there_is_none")
    return site


def test_a_class_is_imported_where_it_is_named_alone(packages):
    load_named(["fit", "--model", "SimpleBaseline", "--data.class_path=Synthetic"], KINDS)
    assert {found.name for found in extensions(METHODS)} >= {"MadeLifter", "Broken"}
    assert not {"made_lifter", "made_data", "made_broken"} & sys.modules.keys()
    (packages / "mine.yaml").write_text("model:\n  class_path: MadeLifter\n")
    load_named(["fit", "-c", "mine.yaml", "--data=MadeData"], KINDS)
    assert {"made_lifter", "made_data"} <= sys.modules.keys()
    assert load_extension(METHODS, "MadeLifter", Method) is sys.modules["made_lifter"].MadeLifter


def test_it_is_listed_beside_those_of_the_suite(packages, capsys):
    lines = [" ".join(line.split()) for line in list_classes("model")]
    assert "MadeLifter A lifter that was made up. (lifting-made 0.1)" in lines
    assert f"Broken {BROKEN}" in lines
    assert lines.index(f"Broken {BROKEN}") > next(
        n for n, line in enumerate(lines) if line.startswith("WindowMLPLifter")
    )
    assert {"MadeData", "Synthetic"} <= set(classes_of("data"))
    printed({"extensions": facts(cpu=True)["extensions"]})
    out = capsys.readouterr().out
    assert "extensions: Broken of lifting-broken 0.1 (cannot be imported (ModuleNotFound" in out
    assert "MadeLifter of lifting-made 0.1, MadeData of lifting-made 0.1" in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["fit", "--model", "Broken"], BROKEN),
        (["fit", "--model.help", "Broken"], BROKEN),
        (["fit", "-c", "a.yaml"], f"a.yaml, line 2: {BROKEN}"),
    ],
)
def test_a_broken_package_is_named_where_it_is_needed(packages, words, sentence):
    (packages / "a.yaml").write_text("# mine\nmodel: Broken\n")
    with pytest.raises(InputError) as error:
        load_named(words, KINDS)
    assert str(error.value) == sentence
    # Of all those that are asked for, it is left out.
    load_named(["fit", "--help"], KINDS)
    assert "made_lifter" in sys.modules


@pytest.mark.parametrize(
    ("point", "sentence"),
    [
        ("made_wrong:Other", "the method Wrong of the package lifting-wrong 0.1: is no class that"),
        ("made_wrong:Nothing", r"cannot be imported \(AttributeError: module 'made_wrong' has no"),
        ("made wrong", "cannot be imported"),
        ("made_wrong:Method", "is the class Method, which configurations name otherwise; name the"),
    ],
)
def test_what_is_no_method_of_that_name_is_refused(site, point, sentence):
    text = "from lifting.methods import Method\nclass Other: ...\n"
    install(site, "lifting-wrong", {METHODS: {"Wrong": point}}, made_wrong=text)
    with pytest.raises(InputError, match=sentence):
        load_extension(METHODS, "Wrong", Method)


def test_a_name_of_the_suite_stays_its_own_and_one_of_two_packages_is_refused(site):
    for name in ("lifting-one", "lifting-two"):
        install(site, name, {METHODS: {"LInKs": "nowhere:LInKs", "Both": "nowhere:Both"}})
    load_named(["fit", "--model", "LInKs"], KINDS)
    assert not any("nowhere" in line and "LInKs" in line for line in list_classes("model"))
    packages = "lifting-one 0.1 and lifting-two 0.1; uninstall all but one."
    with pytest.raises(InputError, match=f"^the method Both: is in several packages, {packages}"):
        method_named("Both")


def test_checkpoints_and_pipelines_find_them_too(packages):
    assert method_named("MadeLifter").__module__ == "made_lifter"
    assert method_named("NoSuchLifter") is None
    stage = Stage("one", packages, options={"data": "MadeData"})
    assert how_to_make(stage, Path("data/made.h5")) == "run made --out data/made.h5."


def pages_block(page):
    text = (ROOT / "docs" / page).read_text("utf-8")
    return text, tomllib.loads(re.search(r"```toml\n(.*?)```", text, re.DOTALL)[1])


def test_the_packages_of_the_guides_are_the_example_and_install():
    text, block = pages_block("add_a_method.md")
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text("utf-8"))
    assert block["project"] == project["project"]
    assert f"linear_lifter.py\n{(EXAMPLE / 'lifting_linear.py').read_text('utf-8')}```" in text
    _, block = pages_block("add_a_dataset.md")
    assert block["project"]["entry-points"] == {DATASETS: {"Studio": "lifting_studio:Studio"}}
    assert block["project"]["dependencies"] == project["project"]["dependencies"]


@pytest.mark.slow(reason="trains the method of the guide, and lifts with it, in new processes")
def test_the_method_of_the_guide_trains_tests_and_lifts_from_its_package(tmp_path, monkeypatch):
    install_example(tmp_path / "site")
    # Three of the seven people in three of the thirty sequences.
    monkeypatch.setattr(synthetic_clips, "SEQUENCES", ("Walking", "Sitting", "Greeting"))
    (tmp_path / "data").mkdir()
    store = tmp_path / "data/synthetic_seed0_8frames.h5"
    synthetic_clips.write_store(str(store), 0, 8, ("S1", "S8", "S9"))
    np.savez(tmp_path / "walk.npz", keypoints=made_keypoints.person(17, 8))
    path = os.pathsep.join([str(tmp_path / "site"), str(ROOT)])

    def lifting(*words):
        done = subprocess.run(
            [sys.executable, "-m", "lifting", *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    # With the experiments of the suite, for there are none here.
    recipe = [f"--config=experiments/{name}.yaml" for name in ("base", "data/synthetic")]
    small = ["--data.frames_per_sequence=8", "--data.train_subjects=[S1]", "--pictures=false"]
    small += ["--data.test_subjects=[S9]", "--wandb=disabled", "--trainer.max_steps=2"]
    small += [f"--trainer.limit_{part}_batches=1" for part in ("val", "test")]
    lifting("fit", *recipe, "--model", "LinearLifter", *small, "--run", "linear", "--test=true")
    assert "mpjpe" in (tmp_path / "runs/linear/test.csv").read_text()
    size = ["--width", "1000", "--height", "1000", "--skeleton", "coco17"]
    lifting("lift", "walk.npz", "--checkpoint", "runs:linear", *size)
    assert np.load(tmp_path / "walk_3d.npz")["pose"].shape == (8, 17, 3)
