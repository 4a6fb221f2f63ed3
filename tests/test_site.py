"""The documentation site: its navigation, the places of linked files, the pages of modules."""

import importlib.util
import json
import re
import runpy
import sys
from pathlib import Path

import pytest

import lifting

ROOT = Path(__file__).parent.parent
SITE = ROOT / "docs/site"
TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# Packages whose modules are all in the API reference; of others it has those that a user calls.
WHOLE = [
    "lifting/methods",
    "lifting/nets",
    "lifting/losses",
    "lifting/metrics",
    "lifting/skeletons",
]
WHOLE += ["lifting/keypoints", "callbacks"]


def load(name):
    spec = importlib.util.spec_from_file_location(name, SITE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


api_pages, source_pages = load("api_pages"), load("source_pages")
notebook_pages, check_links = load("notebook_pages"), load("check_links")


def listed_modules():
    pages = sorted((ROOT / "docs/api").glob("*.md"))
    found = [api_pages.MODULES.findall(page.read_text()) for page in pages]
    return [name for blocks in found for block in blocks for name in block.split()]


def test_configuration_knows_the_version_and_names_files_that_are_there(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    settings = runpy.run_path(str(SITE / "conf.py"))
    assert settings["release"] == lifting.__version__
    for name in (settings["html_favicon"], "static/site.css", "templates/redirect.html"):
        assert (SITE / name).is_file()
    assert all(
        list(ROOT.glob(p))
        for p in settings["include_patterns"]
        if "**" not in p and "ipynb" not in p
    )


def test_every_page_is_in_the_navigation_once():
    blocks = TOCTREE.findall((ROOT / "docs/index.md").read_text())
    lines = [line for b in blocks for line in b.split("\n\n", 1)[1].splitlines()]
    entries = [re.sub(r"^.* <(.*)>$", r"\1", line) for line in lines]
    assert len(entries) == len(set(entries))
    listed = {(ROOT / "docs" / entry).resolve() for entry in entries}
    pages = {p for kind in ("*.md", "*.ipynb") for p in (ROOT / "docs").rglob(kind)}
    others = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    cards = (ROOT / "lifting/models/shipped").glob("*/README.md")
    others += [ROOT / "experiments/README.md", *cards]
    assert listed == {p.with_suffix("") for p in (*pages, *others)} - {ROOT / "docs/index"}


def test_modules_of_the_api_reference_exist_and_are_described_once():
    names = listed_modules()
    assert len(names) == len(set(names))
    paths = [ROOT / name.replace(".", "/") for name in names]
    missing = [p for p in paths if not (p.with_suffix(".py").exists() or p.is_dir())]
    assert not missing


@pytest.mark.parametrize("package", WHOLE)
def test_every_module_of_a_package_of_the_reference_is_described(package):
    files = (p.relative_to(ROOT) for p in (ROOT / package).rglob("*.py"))
    modules = {".".join(p.with_suffix("").parts) for p in files if p.name != "__init__.py"}
    assert modules <= set(listed_modules())


def test_lists_of_modules_become_their_docstrings():
    page = "# Losses\n\n```{modules}\nlifting.losses.poses\nlifting.losses.guidance\n```\nEnd.\n"
    expanded = api_pages.expanded(page)
    assert [m for m in re.findall(r"^## (\S+)$", expanded, re.MULTILINE)] == [
        "lifting.losses.poses",
        "lifting.losses.guidance",
    ]
    assert expanded.count(".. automodule:: lifting.losses.") == 2
    assert expanded.endswith("End.\n")
    assert "### lifting.a" in api_pages.expanded("# A\n\n## B\n\n```{modules}\nlifting.a\n```\n")


def test_array_types_have_their_names_in_signatures():
    array = "~numpy.ndarray[tuple[~typing.Any, ...], ~numpy.dtype[~numpy.float32]]"
    like = (
        "~numpy._typing._array_like._Buffer | ~numpy._typing._array_like._SupportsArray[~numpy.dtype["
        "~typing.Any]] | complex | bytes | str | ~numpy._typing._nested_sequence._NestedSequence["
        "complex | bytes | str]"
    )
    shown = api_pages.readable(f"(a: {like}, b: {array} | None = None, c: {like} | None = None)")
    arrays = "(a: ArrayLike, b: NDArray[~numpy.float32] | None = None, c: ArrayLike | None = None)"
    assert shown == arrays


def test_header_of_a_method_becomes_paragraphs_and_code():
    lines = ["Paper: x", "Official code: y", "", "@inproceedings{a,", "  title={B},", "}", "After."]
    api_pages.mark_header(lines)
    code = [".. code-block:: bibtex", "", "   @inproceedings{a,", "     title={B},", "   }", ""]
    assert lines == ["", "Paper: x", "", "Official code: y", "", "", *code, "After."]


def test_links_to_files_of_the_repository_have_places_on_the_site():
    linked = source_pages.linked
    assert linked(ROOT, "docs/predict.md", "../Makefile#L3") == "Makefile"
    assert linked(ROOT, "experiments/README.md", "results/") == "experiments/results"
    for link in ("nowhere.py", "metrics.md", "../../outside.py", "https://a.b/Makefile"):
        assert linked(ROOT, "docs/predict.md", link) is None
    assert source_pages.address("lifting/cameras.py") == "source/lifting/cameras.py.html"
    assert source_pages.address("docs/gallery/page.html") == "source/docs/gallery/page.html"


def test_a_file_is_shown_highlighted_and_a_folder_as_a_list(tmp_path):
    (tmp_path / "some").mkdir()
    (tmp_path / "some/code.py").write_text('def f():\n    return "<b>"\n')
    (tmp_path / "some/LICENSE").write_text("Free & open\n")
    code = source_pages.body(tmp_path, "some/code.py")
    assert '<span class="k">def</span>' in code
    assert "<b>" not in code
    assert "Free &amp; open" in source_pages.body(tmp_path, "some/LICENSE")
    assert 'href="some/code.py.html"' in source_pages.body(tmp_path, "some")
    shown = source_pages.with_content(tmp_path, "some")
    assert shown == ["some", "some/LICENSE", "some/code.py"]


def test_a_notebook_becomes_a_page_with_what_it_put_out():
    html = {"data": {"text/html": ["<p>", "page</p>"], "text/plain": "x"}}
    picture = {"data": {"image/png": "QUJD\n", "text/plain": "figure"}}
    printed = [{"name": "stdout", "text": text} for text in (["one\n", "t"], "\x1b[1mwo\x1b[0m\n")]
    outputs = [*printed, html, picture]
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "Text."]},
        {"cell_type": "code", "source": "print(1)", "outputs": outputs},
        {"cell_type": "code", "source": ["%%bash\n", "lifting --help"], "outputs": []},
    ]
    page = notebook_pages.as_markdown(json.dumps({"cells": cells}))
    assert page.startswith("# Title\nText.\n")
    for part in ("python\nprint(1)\n", "text\none\ntwo\n", "<p>page</p>", 'base64,QUJD"'):
        assert part in page
    assert "figure" not in page


def test_broken_links_of_a_built_site_are_told(tmp_path):
    (tmp_path / "a.html").write_text(
        '<h1 id="top">A</h1><a href="b.html#here">b</a><a href="#top">t</a><img src="c.png">'
        '<a href="b.html#gone">g</a><a href="https://a.b/c">w</a>'
    )
    (tmp_path / "b.html").write_text('<p id="here">B</p><meta content="0; url=none.html">')
    told = list(check_links.broken_links(tmp_path))
    assert [line.split(" ", 2)[1] for line in told] == ["b.html#gone", "c.png", "none.html"]
