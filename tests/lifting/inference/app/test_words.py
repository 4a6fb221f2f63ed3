"""The app's own words: no option of a command reaches a page."""

import ast
import errno
import re
from importlib.resources import files

import pytest

from lifting.errors import InputError, Option, Phrase
from lifting.inference.app.refusals import NoRoomError
from lifting.inference.app.words import FIELDS, sentence, status, told
from tests.test_architecture import IMPORTS, MODULES

# Told in the terminal (lifting/inference/app/started.py), or said before there is a page.
ELSEWHERE = (
    "lifting.inference.detectors",
    "lifting.methods",
    "lifting.models",
    "lifting.checkpoints",
)
ELSEWHERE += ("lifting.published", "datamodules")
OPTION = re.compile(r"(?<![\w(-])--[a-z]")


def of(module, names):
    return any(module == name or module.startswith(f"{name}.") for name in names)


def reached():
    """Return the modules whose errors may come to a page."""
    waiting, found = [m for m in MODULES if of(m, ["lifting.inference.app"])], set()
    while waiting:
        module = waiting.pop()
        if module not in found and not of(module, ELSEWHERE):
            found.add(module)
            waiting += IMPORTS[module]
    return sorted(found)


def strings(tree):
    """Yield the texts of a module that are no docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = None
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_options_are_named_by_what_knows_that_they_are_some():
    modules = reached()
    assert "lifting.inference.keypoint_files.coco" in modules
    assert "lifting.keypoints.threshold" in modules
    spoken = {
        module: found
        for module in modules
        if (
            found := [
                t for t in strings(ast.parse(MODULES[module].read_text())) if OPTION.search(t)
            ]
        )
    }
    assert not spoken


def test_fields_are_called_as_on_the_page():
    page = files("lifting.inference.app").joinpath("page.html").read_text(encoding="utf-8")
    for name, label in FIELDS.items():
        before = re.search(rf'<label[^>]*>([^<]*)<(?:input|select) id="{name}"[^>]*>([^<]*)', page)
        assert label in (before[1].partition(",")[0].strip(), before[2].strip()), name


def test_options_are_called_as_the_page_calls_them():
    size = Phrase("give {} and {}.", Option("width"), Option("height"))
    assert sentence(InputError("holds shares", "a.json", size)) == (
        "a.json: holds shares; give “Width” and “Height”."
    )
    lower = Phrase("lower {}.", Option("least_confidence"))
    assert sentence(InputError("is nobody", None, lower)) == (
        "is nobody; lower the least confidence that the app was started with."
    )
    # Of what the page does not ask for it says where that is.
    source = InputError("has several", Option("smooth_keypoints"), Phrase("{}", Option("source")))
    assert sentence(source) == (
        "smooth keypoints: has several; the command line (docs/predict.md) can be told what this page "
        "does not ask for."
    )


def test_what_is_no_fault_of_the_app_has_a_sentence_and_a_status():
    full = OSError(errno.ENOSPC, "No space left", "/tmp/lifting-app-x/files/a.json")
    assert sentence(full).startswith("The disk is full: ")
    assert "/tmp" not in sentence(full)
    assert (status(full), status(NoRoomError("x")), status(InputError("x"))) == (507, 507, 200)
    assert sentence(OSError(errno.EIO, "x")) is None
    assert sentence(KeyError("x")) is None


@pytest.mark.parametrize(("count", "last"), [(8, "7"), (12, "There are 4 more like these.")])
def test_warnings_are_told_once_and_not_by_the_hundred(count, last):
    texts = told([InputError(str(n % count)) for n in range(2 * count)])
    assert (texts[0], texts[-1]) == ("0", last)
