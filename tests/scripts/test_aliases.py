"""The scripts are aliases of the commands."""

import ast
from pathlib import Path

import pytest

from lifting.cli.commands import COMMANDS
from tests.scripts.running import ROOT, refused, script

SCRIPTS = sorted((ROOT / "scripts").glob("*.py"))


def command_of(path: Path) -> list[str]:
    [call] = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [ast.literal_eval(word) for word in call.args]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_is_one_command_and_nothing_else(path, capsys):
    words = command_of(path)
    assert " ".join(words) in COMMANDS or words[0] == "benchmark"
    assert len(path.read_text().splitlines()) <= 6
    with pytest.raises(SystemExit) as ended:
        script(path.stem, "--help")
    assert ended.value.code == 0
    assert f"usage: lifting {words[0]}" in capsys.readouterr().out


def test_a_script_ends_with_the_sentence_and_the_status_of_its_command(capsys):
    said = refused(capsys, "prepare_h36m")
    assert said == "Error: RAW is missing; `lifting prepare h36m --help` lists the options.\n"
