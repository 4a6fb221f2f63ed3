"""The command line: its page, its table, and how little is imported for its help."""

import os
import subprocess
import sys
from importlib import import_module
from inspect import signature
from pathlib import Path

import pytest

from datamodules.cmu import convert as cmu
from datamodules.panoptic import convert as panoptic
from lifting import __version__
from lifting.cli import prepare
from lifting.cli.commands import COMMANDS, FAMILIES
from lifting.cli.main import overview, run
from lifting.errors import InputError

ROOT = Path(__file__).parents[3]
HEAVY = ("torch", "lightning.pytorch", "numpy", "matplotlib", "h5py", "scipy", "wandb")
HELP = """
import sys
from lifting.cli.commands import COMMANDS
from lifting.cli.main import run
for name in [None, *COMMANDS]:
    try:
        run([*(name or "").split(), "--help"])
    except SystemExit as ended:
        assert not ended.code
    heavy = [module for module in sys.argv[1:] if module in sys.modules]
    assert not heavy, f"{name} imports {heavy}"
"""


def test_help_of_every_command_imports_nothing_heavy():
    command = [sys.executable, "-c", HELP, *HEAVY]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in COMMANDS:
        assert f"usage: lifting {name} " in done.stdout


@pytest.mark.unforked
@pytest.mark.slow(reason="starts every command as a new process")
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_starts_as_a_program(name):
    command = [sys.executable, "-m", "lifting", *name.split(), "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: lifting {name} ")


@pytest.mark.unforked
def test_options_are_utf_8_and_letters_are_shown_whatever_the_locale(tmp_path):
    path = tmp_path / "options.yaml"
    # With the mark that editors of Windows begin such files with.
    path.write_text("# Größe\nname: Läufer\n", encoding="utf-8-sig")
    command = [sys.executable, "-m", "lifting", "models", "show", "--config", str(path)]
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment = os.environ | locale
    done = subprocess.run(command, cwd=ROOT, capture_output=True, env=environment, check=False)
    told = b"Error: L\\xe4ufer: there is no such model; `lifting models` lists them.\n"
    assert (done.returncode, done.stderr) == (2, told)


def test_every_target_is_a_function_whose_options_are_explained():
    for command in COMMANDS.values():
        module, _, function = command.target.partition(":")
        target = getattr(import_module(f"lifting.cli.{module}"), function)
        for option in signature(target).parameters:
            assert f"  {option}: " in target.__doc__ or f"**{option}: " in target.__doc__


def test_the_page_has_every_command_on_one_screen():
    lines = overview().splitlines()
    assert len(lines) <= 45
    assert max(map(len, lines)) <= 100
    for command in COMMANDS.values():
        word, _, second = command.name.partition(" ")
        [line] = [line for line in lines if line.startswith(f"  {word} ")]
        assert (second or command.help) in line
    assert {name.split()[0] for name in COMMANDS if " " in name} == FAMILIES.keys()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["lfit"], "lifting lfit: there is no such command; did you mean `lifting fit`?"),
        (["prepare", "h36"], "lifting prepare h36: there is no such command; did you mean"),
        (["xyzzy"], "lifting xyzzy: there is no such command; `lifting --help` lists them."),
        (
            ["lift", "a.json", "--checkpoint", "c", "--out", "x.txt"],
            "--out x.txt: choose a name that",
        ),
        (["benchmark", "data", "--json_file", "."], "--json_file .: is a folder; name a file."),
        (
            ["relative-depth", "figure", "figure_5", "--name", ".."],
            "run '..': would lie outside runs/",
        ),
        (["prepare", "npz", "nothing.npz"], "nothing.npz: there is no such file; check the path."),
        (
            ["prepare", "h36m", "a", "--keypoints", "b"],
            "--keypoints is b: give null or a mapping, such",
        ),
        (["view", ""], "one of the words is empty; give it, or leave it out."),
        (["view", "a", "--out", ""], "--out: its value is empty; give it, or leave it out."),
        (["fit", "--run=", "--wandb", "disabled"], "--run: its value is empty; give it, or leave"),
        (["VIEW"], "lifting VIEW: there is no such command; did you mean `lifting view`?"),
        (["view"], "RUN is missing; `lifting view --help` lists the options."),
        (["lift"], "KEYPOINTS is missing; `lifting lift --help`"),
        (["view", "a", "--algin"], "--algin: there is no such option; did you mean --align?"),
        (["view", "a", "--xyz"], "--xyz: there is no such option; `lifting view --help`"),
        (["view", "a", "--star", "3"], "--star: there is no such option; did you mean --start?"),
        (["view", "a", "--config", "no.yaml"], "no.yaml: there is no such file; check the path."),
        (["describe", "a.h5", "b.h5"], "b.h5: is one word too many; `lifting describe --help`"),
        (["view", "a", "--start"], "--start: a value is missing after it; `lifting view"),
        (["view", "a", "--start", "x"], "--start is x: give int."),
        (["view", "a", "--align", "maybe"], "--align is maybe: give true or false."),
        (["export", "model", "a", "b", "--crop", "3"], "--crop is 3: give a list"),
        (["benchmark", "all"], "WHAT is all: give 'data', 'detectors',"),
        (["pipeline", "a.yaml", "--stage", "b"], "--stage: there is no such option; `lifting pip"),
        (
            ["pipeline", "a.yaml", "--from", "b", "--only", "c"],
            "--from goes with neither --only nor --cell.",
        ),
    ],
)
def test_a_wrong_command_line_is_one_sentence(words, sentence):
    with pytest.raises(InputError) as error:
        run(words)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("words", ["", "fit", "view first", "prepare h36m", "prepare", "unknown"])
def test_version_is_told_by_every_command(capsys, words):
    run([*words.split(), "--version"])
    assert capsys.readouterr().out.startswith(f"lifting {__version__}")


def test_defaults_of_the_commands_are_those_of_the_converters():
    options = {name: p.default for name, p in signature(prepare.cmu).parameters.items()}
    assert (options["fps"], options["views"], options["amc_fps"]) == (
        cmu.FPS,
        cmu.VIEWS,
        cmu.AMC_FPS,
    )
    options = {name: p.default for name, p in signature(prepare.panoptic).parameters.items()}
    assert (options["every"], options["margin"]) == (panoptic.EVERY, panoptic.MARGIN)
