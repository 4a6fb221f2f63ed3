"""Options that the documentation names, with the values and the commands it gives them with."""

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from tests.notebooks import NOTEBOOKS, page_text

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / "README.md", ROOT / "experiments/README.md"),
    *(*sorted((ROOT / "docs").rglob("*.md")), *NOTEBOOKS),
]
TRAINING = ("fit", "validate", "test", "predict")
# Of other programs: SLURM, torchrun, make, W&B, Docker.
OF_OTHERS = {
    *("array", "dependency", "ntasks", "ntasks-per-node", "signal", "dry-run"),
    *("nnodes", "nproc_per_node", "rdzv_backend", "rdzv_endpoint", "rdzv_id", "run-path"),
    *("max_restarts", "build-arg", "gpus", "init", "network", "shm-size", "time", "user"),
    *("include-online", "help", "version"),
}
_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`([^`]+)`")
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_SET = re.compile(r"""^(\w+)=(?:"([^"]*)"|(\S*))$""")
_END = re.compile(r"\s(?:\|+|&&|[0-9]?>+|;)\s.*|;\s*done$")


@dataclass
class Named:
    """An option that a page names.

    Attributes:
        pages: Names of the pages that name it.
        values: Those it is given with, if any.
    """

    pages: set[str] = field(default_factory=set)
    values: set[str] = field(default_factory=set)


def commands(page: Path) -> list[list[str]]:
    """Return the commands in the blocks of a page: what stands after ``lifting``.

    Variables are what the page sets them to; dots for configurations are left out.
    """
    found = []
    variables: dict[str, str] = {}
    for kind, block in _BLOCK.findall(page_text(page)):
        if kind not in ("bash", "sh", "console"):
            continue
        for line in _lines(block):
            if setting := _SET.match(line.strip()):
                name, quoted, bare = setting.groups()
                variables[name] = _expanded(quoted or bare, variables)
                continue
            text = _END.sub("", _expanded(line, variables))
            words = shlex.split(
                text.replace("'", " ") if "bash -c" in text else text, comments=True
            )
            after = [*words[1:], ""][: len(words)]
            words = [w for w, then in zip(words, after, strict=True) if not _left_out(w, then)]
            if "lifting" in words and words[-1] != "lifting":
                found.append(words[words.index("lifting") + 1 :])
    return found


def _lines(block: str) -> list[str]:
    """Return the lines of a block, of which one ends where its quotes do and no backslash follows."""
    lines, begun = [], ""
    for line in block.replace("\\\n", " ").splitlines():
        begun = f"{begun} {line}" if begun else line
        if begun.count('"') % 2 == 0:
            lines.append(begun)
            begun = ""
    return lines


def _left_out(word: str, then: str) -> bool:
    dots = ("…", "...")
    return word in dots or (word == "-c" and then in dots)


def _expanded(text: str, variables: dict[str, str]) -> str:
    # What the shell, or the reader, would know is some number.
    text = _VARIABLE.sub(lambda name: variables.get(name[1], "1"), text)
    return re.sub(r"(?<= )SEED\b", "1", text)


def options(words: list[str]) -> list[tuple[str, str | None]]:
    """Return the options among words, without dashes, with the value that follows if one does."""
    found: list[tuple[str, str | None]] = []
    for word, after in zip(words, [*words[1:], "--"], strict=True):
        if re.match(r"--[a-zA-Z]", word):
            name, given, value = word[2:].partition("=")
            follows = None if after.startswith("-") else after
            found.append((name.rstrip(".:,"), value if given else follows))
    return found


def named_in_text() -> dict[str, Named]:
    """Return the options that the text of all pages names between backticks."""
    found: dict[str, Named] = {}
    for page in PAGES:
        for span in _SPAN.findall(_BLOCK.sub("", page_text(page))):
            if "--" not in span:
                continue
            for name, value in options(shlex.split(span.replace("\n", " "))):
                named = found.setdefault(name, Named())
                named.pages.add(page.name)
                # Of others it is said what they are, in capitals or dots.
                if value is not None and not re.fullmatch(r"[A-Z_=…]+|.*\.\.\..*", value):
                    named.values.add(value)
    return found
