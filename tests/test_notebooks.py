"""Notebooks as they are kept: whole, without outputs, of what the suite has. `make notebooks` runs them.

Their commands, links and paths are checked with those of the pages.
"""

import ast
import json
import re
from importlib import import_module

import pytest

from tests.notebooks import FOLDER, NOTEBOOKS, cells, imports, programs

# Name of a cell, as version 4.5 of the format has it.
NAME = re.compile(r"[a-zA-Z0-9-_]{1,64}")
pytestmark = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


def test_notebook_has_the_format_and_no_outputs(notebook):
    content = json.loads(notebook.read_text(encoding="utf-8"))
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    names = [cell["id"] for cell in content["cells"]]
    assert len(set(names)) == len(names)
    for cell in content["cells"]:
        code = cell["cell_type"] == "code"
        assert NAME.fullmatch(cell["id"])
        outputs = {"outputs": [], "execution_count": None} if code else {}
        known = {"cell_type", "id", "metadata", "source"}
        assert cell.keys() == known | outputs.keys(), cell["id"]
        assert {name: cell[name] for name in outputs} == outputs, cell["id"]
        assert cell["cell_type"] in ("code", "markdown")
        assert all(line.endswith("\n") for line in cell["source"][:-1])


def test_notebook_begins_with_its_title_and_installs_the_suite_where_it_is_missing(notebook):
    assert next(cells(notebook, "markdown"))["text"].startswith("# ")
    first = next(cells(notebook))["text"]
    assert 'if find_spec("lifting") is None:\n    %pip install --quiet lifting-suite' in first
    assert first == next(cells(NOTEBOOKS[0]))["text"]


def test_code_is_python_and_imports_what_there_is(notebook):
    for name, program in programs(notebook):
        try:
            ast.parse(program)
        except SyntaxError as error:
            pytest.fail(f"{name}: {error}")
    found = list(imports(notebook))
    assert any(module.startswith("lifting") for module, _ in found)
    for module, name in found:
        if name is None or not hasattr(import_module(module), name):
            import_module(module if name is None else f"{module}.{name}")


def test_notebook_is_listed(notebook):
    assert f"]({notebook.name})" in (FOLDER / "README.md").read_text(encoding="utf-8")
