"""Report on an import or export: what became of every tensor."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from torch import Tensor

from lifting.checkpoints import file_digest


class Report:
    """Lines of a word, a name and a text, under a title: the file and what it is."""

    def __init__(self, title: str) -> None:
        self._head = [title]
        self._lines: list[tuple[str, str, str]] = []

    @classmethod
    def on_file(cls, path: Path, content: str) -> Self:
        """Begin a report on what is made of a file of a family or a method."""
        return cls(f"{path.name}, SHA-256 {file_digest(path)}: {content}")

    @classmethod
    def on_import(cls, path: Path, family: str, name: str, options: Mapping[str, Any]) -> Self:
        """Begin a report on the import of a file of a family as a method or a network of options."""
        report = cls.on_file(path, family)
        report.add_heading("imported as", f"{name}, {format_options(options)}")
        return report

    def add_heading(self, what: str, text: str) -> None:
        """Add a line to the top."""
        self._head.append(f"{what} {text}")

    def add(self, word: str, name: str, text: str) -> None:
        """Add a line on a tensor."""
        self._lines.append((word, name, text))

    def add_ignored(self, others: Mapping[str, str]) -> None:
        """Add a line on each thing that lies in the file beside the network."""
        for name, what in others.items():
            self.add("ignored", name, f"{what}: no part of the network")

    def add_tensor(
        self, old: str, before: Tensor, new: str, after: Tensor, reordered: bool = False
    ) -> None:
        """Add a line on a tensor that is used, and say whether its shape or order has changed."""
        same = before.shape == after.shape
        shapes = f"{tuple(before.shape)}" + ("" if same else f" to {tuple(after.shape)}")
        word = "reshaped" if not same else "used" if old == new else "renamed"
        word = "reordered" if reordered else word
        self.add(word, old, f"{new} {shapes}")

    def __str__(self) -> str:
        counts: dict[str, int] = {}
        for word, _, _ in self._lines:
            counts[word] = counts.get(word, 0) + 1
        summary = ", ".join(f"{count} {word}" for word, count in counts.items())
        lines = [f"{word:<10} {name} -> {text}" for word, name, text in self._lines]
        return "\n".join([*self._head, summary, "", *lines])


def format_options(options: Mapping[str, Any]) -> str:
    """Return options and their values in a line."""
    return ", ".join(f"{name} {value}" for name, value in options.items())
