"""The pages of the API reference: what they name is expanded, what docstrings hold is made to fit."""

import re

# In the pages of docs/api, a list of modules, one a line.
MODULES = re.compile(r"^```\{modules\}\n(.*?)^```$", re.DOTALL | re.MULTILINE)

# Array types as autodoc writes them out, and the names they are known by.
_ARRAY = r"~?numpy\.ndarray\[tuple\[~?typing\.Any, \.\.\.\], ~?numpy\.dtype\[(~?[\w.]+)\]\]"
_LIKE = (
    r"~?numpy\._typing\._array_like\._Buffer \| .*? \| complex \| bytes \| str"
    r" \| ~?numpy\._typing\._nested_sequence\._NestedSequence\[complex \| bytes \| str\]"
)


def readable(signature: str) -> str:
    """Return a signature with the names of array types in place of what they stand for."""
    return re.sub(_LIKE, "ArrayLike", re.sub(_ARRAY, r"NDArray[\1]", signature))


def expanded(page: str) -> str:
    """Return a page whose lists of modules are the modules: a heading and the docstrings of each."""
    level = "###" if "\n## " in page else "##"
    return MODULES.sub(lambda m: "\n".join(_module(n, level) for n in m[1].split()), page)


def _module(name: str, level: str) -> str:
    # What a package re-exports is described where it is written.
    options = "   :members:\n   :ignore-module-all:\n"
    return f"{level} {name}\n\n```{{eval-rst}}\n.. automodule:: {name}\n{options}```\n"


def mark_header(lines: list[str]) -> None:
    """Make paragraphs and code of the header of a method's file, in place: its sources, and BibTeX."""
    inside = False
    marked = []
    for line in lines:
        if line.startswith("@") and line.rstrip().endswith(","):
            inside = True
            marked += ["", ".. code-block:: bibtex", ""]
        elif line.startswith(("Paper", "Official code")):
            marked.append("")
        marked.append(f"   {line}" if inside else line)
        if inside and line == "}":
            inside = False
            marked.append("")
    lines[:] = marked
