"""Tests of ``lifting init``: a project is begun once, added to, and never written over unasked."""

import shlex
from pathlib import Path

import pytest

from lifting.cli.init import init
from lifting.cli.main import run
from lifting.cli.options.config_files import given_configs
from lifting.errors import InputError
from lifting.runs.experiments import shipped_experiments, shipped_files

BASE = Path("experiments/base.yaml")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_project_has_all_experiments_and_says_what_is_next(capsys):
    run(["init", "my project"])
    out = capsys.readouterr().out
    project = Path("my project")
    assert f"{project / 'experiments'}: {len(list(shipped_files()))} files written." in out
    for name in shipped_files():
        copied = project / "experiments" / name
        assert copied.read_bytes() == (shipped_experiments() / name).read_bytes()
    assert sorted(p.name for p in project.iterdir()) == [".gitignore", "README.md", "experiments"]
    assert "  cd 'my project'\n" in out
    # The next command names what is there, in the page that stays too.
    [command] = [line for line in out.replace("\\\n", "").splitlines() if "lifting fit" in line]
    assert all((project / config).is_file() for config in given_configs(shlex.split(command)))
    assert out.partition("lifting fit")[2].splitlines()[0] in (project / "README.md").read_text()


def test_a_second_time_adds_what_is_missing_and_keeps_what_was_changed(capsys):
    init()
    BASE.unlink()
    for name in ("README.md", ".gitignore", "experiments/mine.yaml"):
        Path(name).write_text("mine\n")
    capsys.readouterr()
    init()
    assert BASE.is_file()
    assert "experiments: 1 of " in capsys.readouterr().out
    init()
    assert "files are there already." in capsys.readouterr().out
    for name in ("README.md", ".gitignore", "experiments/mine.yaml"):
        assert Path(name).read_text() == "mine\n"


def test_what_was_changed_is_replaced_by_force_alone():
    init()
    written = BASE.read_bytes()
    for path in (BASE, Path("experiments/demo.yaml")):
        path.write_text("run: mine\n")
    Path("experiments/gpu.yaml").unlink()
    with pytest.raises(InputError) as error:
        init()
    assert str(error.value) == (
        "experiments/base.yaml and 1 more: differ from what the suite has; "
        "--force true replaces what was changed, or name another folder."
    )
    assert not Path("experiments/gpu.yaml").exists()
    init(force=True)
    assert BASE.read_bytes() == written


def test_a_file_in_the_place_of_the_folder_is_named():
    Path("taken").write_text("")
    with pytest.raises(InputError, match=r"taken is a file, not a folder"):
        init("taken")
    assert [path.name for path in Path().iterdir()] == ["taken"]
