"""The pages of the API reference: what they name is expanded, what docstrings hold is made to fit."""

import re

# In the pages of docs/api, a list of modules, one a line.
MODULES = re.compile(r"^```\{modules\}\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def expanded(page: str) -> str:
    """Return a page whose lists of modules are the modules: a heading and the docstrings of each."""
    level = "###" if "\n## " in page else "##"
    return MODULES.sub(lambda m: "\n".join(_module(n, level) for n in m[1].split()), page)


def _module(name: str, level: str) -> str:
    # What a package re-exports is described where it is written.
    options = "   :members:\n   :ignore-module-all:\n"
    return f"{level} {name}\n\n```{{eval-rst}}\n.. automodule:: {name}\n{options}```\n"


def mark_bibtex(lines: list[str]) -> None:
    """Make the BibTeX entries of a docstring blocks of code, in place."""
    inside = False
    marked = []
    for line in lines:
        if line.startswith("@") and line.rstrip().endswith(","):
            inside = True
            marked += ["", ".. code-block:: bibtex", ""]
        marked.append(f"   {line}" if inside else line)
        if inside and line == "}":
            inside = False
            marked.append("")
    lines[:] = marked
