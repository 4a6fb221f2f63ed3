"""Tests of the places of experiments: those here first, then those of the suite."""

import os
from pathlib import Path

import pytest
import yaml

from lifting.cli.options.config_files import read_config_file, with_shipped
from lifting.errors import InputError
from lifting.pipeline import read_pipeline
from lifting.runs.experiments import (
    EXPERIMENTS,
    experiment_file,
    shipped_experiments,
    shipped_files,
)

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def empty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_checkout_ships_its_own_folder_but_for_results():
    assert shipped_experiments() == ROOT / "experiments"
    files = {path.as_posix() for path in shipped_files()}
    assert {"base.yaml", "data/synthetic.yaml"} <= files
    there = {
        path.relative_to(ROOT / "experiments").as_posix()
        for path in (ROOT / "experiments").rglob("*.yaml")
    }
    assert {name for name in there if not name.startswith("results/")} == files


def test_a_package_has_them_inside(monkeypatch, tmp_path):
    (tmp_path / "lifting/experiments").mkdir(parents=True)
    monkeypatch.setattr("lifting.runs.experiments.files", lambda package: tmp_path / package)
    shipped_experiments.cache_clear()
    try:
        assert shipped_experiments() == tmp_path / "lifting/experiments"
    finally:
        shipped_experiments.cache_clear()


def test_those_here_come_first_file_by_file():
    name = EXPERIMENTS / "base.yaml"
    assert experiment_file(name) == shipped_experiments() / "base.yaml"
    EXPERIMENTS.mkdir()
    name.write_text("trainer: {max_epochs: 3}\n")
    assert experiment_file(name) == name
    assert experiment_file("./experiments/gpu.yaml") == shipped_experiments() / "gpu.yaml"


@pytest.mark.parametrize(
    "path",
    [
        "base.yaml",
        "elsewhere/experiments/base.yaml",
        "experiments/../experiments/base.yaml",
        "experiments/results/tables.yaml",
        "experiments/no.yaml",
        "experiments",
        "",
        "experiments/" + 300 * "a",
    ],
)
def test_nothing_else_is_of_the_suite(path):
    assert experiment_file(path) == Path(path)


def test_words_name_files_that_the_parser_finds():
    base = shipped_experiments() / "base.yaml"
    words = ["fit", "-c", "experiments/base.yaml", "-cexperiments/base.yaml", "--run", "a"]
    assert with_shipped(words) == ["fit", "-c", str(base), f"-c{base}", "--run", "a"]


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("experiments/bsae.yaml", "did you mean experiments/base.yaml?"),
        ("experiments/qqqq.yaml", "`lifting init` copies those of the suite to here."),
    ],
)
@pytest.mark.parametrize("read", [read_config_file, read_pipeline])
def test_a_name_that_is_nowhere_is_told_in_one_sentence(read, name, remedy):
    with pytest.raises(InputError) as error:
        read(name)
    where = "there is no such file here, and no such experiment in the suite"
    assert str(error.value) == f"{name}: {where}; {remedy}"


def test_a_file_elsewhere_is_no_experiment():
    with pytest.raises(InputError, match=r"^mine\.yaml: there is no such file; check the path\.$"):
        read_pipeline("mine.yaml")


def test_a_pipeline_of_the_suite_names_files_as_if_they_were_here():
    stages = read_pipeline("experiments/links/demo.yaml").stages
    words = stages["full_flow"].command_line()
    assert words[words.index("-c") + 1] == os.path.join("experiments", "base.yaml")
    assert not any(str(ROOT) in word for stage in stages.values() for word in stage.command_line())


def test_commands_of_the_suite_s_pipelines_need_no_checkout():
    for name in shipped_files():
        content = yaml.safe_load((shipped_experiments() / name).read_text("utf-8"))
        for stage in (content.get("stages") or {}).values():
            if "command" in (stage or {}):
                assert stage["command"].split()[0] == "lifting", name
