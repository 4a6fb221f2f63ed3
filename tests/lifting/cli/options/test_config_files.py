"""Tests of configuration files: each is checked by itself, a fault is told with file and line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lifting.cli.options.config_files import configs_first, given_configs, placed, read_configs
from lifting.cli.training import run
from lifting.errors import InputError, Option, wrong_value

EXPERIMENTS = Path(__file__).parents[4] / "experiments"

FAULTS = {
    "tab": (b"model:\n\tlr: 3\n", "tab.yaml, line 2: is not YAML (a tab where spaces are needed)"),
    "open": (b"a: 1\nmodel: [1, 2\n", "open.yaml, line 3: is not YAML (did not find expected"),
    "latin": ("größe: 1".encode("latin1"), "latin.yaml: is not UTF-8 text (byte 2)"),
    "bytes": (b"\x00\x01", "bytes.yaml"),
    "empty": (b"", "empty.yaml: is empty"),
    "comment": (b"# nothing yet\n", "comment.yaml: is empty"),
    "list": (b"- a\n", "list.yaml: holds no options and values"),
    "text": (b"hello\n", "text.yaml: holds no options and values"),
    "twice": (
        b"model:\n  lr: 1\n  width: 2\n  lr: 3\n",
        "twice.yaml: names 'lr' twice, in line 2 and in line 4",
    ),
    "folder": (None, "folder.yaml: is a folder"),
    "nothing": (..., "nothing.yaml: there is no such file"),
    "a" * 300: (..., f"{'a' * 300}.yaml: cannot be read (File name too long)"),
}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("fit --model.lr 1 -c a.yaml -c b.yaml", "fit -c a.yaml -c b.yaml --model.lr 1"),
        ("fit --run a --config=a.yaml --x", "fit --config=a.yaml --run a --x"),
        ("fit --run a -ca.yaml --config b.yaml", "fit -ca.yaml --config b.yaml --run a"),
        ("fit --run a -c", "fit -c --run a"),
        ("fit -c -c --run a", "fit -c -c --run a"),
        ("fit", "fit"),
    ],
)
def test_options_override_files_wherever_they_stand(words, expected):
    assert configs_first(words.split()) == expected.split()


@pytest.mark.parametrize("name", FAULTS)
def test_of_several_files_the_wrong_one_is_named(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    content, sentence = FAULTS[name]
    path = tmp_path / f"{name}.yaml"
    if content is None:
        path.mkdir()
    elif content is not ...:
        path.write_bytes(content)
    for good in ("a", "b"):
        (tmp_path / f"{good}.yaml").write_text("run: first\n")
    words = ["fit", "-c", "a.yaml", f"--config={name}.yaml", "-cb.yaml"]
    assert given_configs(words) == ["a.yaml", f"{name}.yaml", "b.yaml"]
    with pytest.raises(InputError) as error:
        read_configs(words)
    assert str(error.value).startswith(sentence)
    assert "\n" not in str(error.value)


def test_options_may_stand_on_the_command_line_itself():
    assert read_configs(["fit", "-c", "{run: first}"]) == []


@pytest.fixture
def words(tmp_path, monkeypatch):
    """A command line of three files, of which the latter two have the width."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("trainer:\n  callbacks:\n  - init_args:\n      decay: 7\n")
    (tmp_path / "b.yaml").write_text("model:\n  class_path: A\n  init_args:\n    width: 1\n")
    (tmp_path / "c.yaml").write_text("# mine\nmodel:\n  init_args:\n    width: x\n")
    return ["fit", "-c", "a.yaml", "-c", "b.yaml", "-c", "c.yaml", "--model.lr", "3"]


@pytest.mark.parametrize(
    ("option", "place"),
    [
        ("model.width", "c.yaml, line 4: "),
        ("trainer.callbacks.decay", "a.yaml, line 4: "),
        ("model", "c.yaml, line 2: "),
        ("model.lr", ""),
        ("model.depth", ""),
    ],
)
def test_a_fault_is_told_with_file_and_line(words, option, place):
    sentence = f"--{option} is x: give less."
    assert str(placed(wrong_value(option, "x", "give less."), words)) == place + sentence
    # What it is about is not read from its text.
    assert str(placed(InputError(sentence), words)) == sentence


def test_what_the_command_line_says_itself_is_in_no_file(words):
    error = InputError("is x", Option("model.width"))
    assert str(placed(error, words)) == "c.yaml, line 4: --model.width: is x"
    assert placed(error, [*words, "--model.init_args.width=x"]) is error


def test_a_file_that_is_gone_by_then_hides_no_error(words, tmp_path):
    error = InputError("is x", Option("model.width"))
    (tmp_path / "b.yaml").unlink()
    assert placed(error, words) is error


def fit(folder, content, *words):
    """Return what ``fit`` refuses, of three good files, one with this content, and a good one."""
    (folder / "mine.yaml").write_text(content)
    (folder / "last.yaml").write_text("trainer:\n  devices: 1\n")
    names = ("base", "data/synthetic", "supervised/simple_baseline")
    files = [*(str(EXPERIMENTS / f"{name}.yaml") for name in names), "mine.yaml", "last.yaml"]
    with pytest.raises(InputError) as error:
        run(["fit", *(word for file in files for word in ("-c", file)), *words])
    return str(error.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            "model:\n  init_args:\n    lrr: 3\n",
            "line 3: --model.lrr: there is no such option; did you",
        ),
        ("trainr:\n  max_epochs: 3\n", "line 2: --trainr.max_epochs: there is no such option; did"),
        (
            "data:\n  class_path: Synthetc\n",
            "line 1: --data is Synthetc: there is no such class; did",
        ),
        ("data:\n  init_args:\n    flip: 3\n", "line 3: --data.flip is 3.0: give a fraction from"),
        ("run: ../out\n", "line 1: run '../out': would lie outside runs/"),
    ],
)
def test_fit_names_the_file_that_has_the_fault(tmp_path, monkeypatch, content, sentence):
    monkeypatch.chdir(tmp_path)
    assert fit(tmp_path, content).startswith(f"mine.yaml, {sentence}")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            "--model.batch_size 3",
            "--model.batch_size: there is no such option; did you mean --data.",
        ),
        (
            "--trainer.max_epoch 3",
            "--trainer.max_epoch: there is no such option; did you mean --tra",
        ),
    ],
)
def test_fit_asks_what_was_meant(tmp_path, monkeypatch, words, sentence):
    monkeypatch.chdir(tmp_path)
    assert fit(tmp_path, "wandb: disabled\n", *words.split()).startswith(sentence)


READ = """
import sys
from lifting.cli.options.config_files import OptionsPath
from lifting.containers.json_files import load_json
assert OptionsPath(sys.argv[1]).get_content().startswith("# Gr\\xf6\\xdfe")
assert load_json(sys.argv[2])[0]["image_id"] == "L\\xe4ufer_000.jpg"
"""


@pytest.mark.unforked
def test_real_case(cases):
    folder = (cases / "text_in_another_locale").resolve()
    command = [sys.executable, "-c", READ, str(folder / "model.yaml"), str(folder / "results.json")]
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment = os.environ | locale
    done = subprocess.run(command, cwd=EXPERIMENTS.parent, env=environment, check=False)
    assert done.returncode == 0
