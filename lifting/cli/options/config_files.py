"""Configuration files of a command line: checked one by one, and searched for the place of a fault."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from jsonargparse._paths import Path as OptionsPath

from lifting.containers.yaml_files import Loader, parse_yaml
from lifting.errors import InputError
from lifting.runs.experiments import experiment_file, no_such_file

_FLAGS = ("-c", "--config")
_FIRST = {*_FLAGS, "--model", "--data"}
# Errors that begin with an option, and what it is.


@dataclass(frozen=True)
class ConfigFile:
    """A configuration file.

    Attributes:
        path: The file, as it was given.
        lines: For each option in it, without ``init_args``, the line it stands in, from 1 on.
    """

    path: str
    lines: dict[str, int] = field(default_factory=dict)


_other_content = OptionsPath.get_content


def _content(path: OptionsPath, mode: str = "r") -> str:
    """Return the content of a file of options, in UTF-8."""
    file = Path(str(path.absolute))
    return file.read_text(encoding="utf-8-sig") if file.is_file() else _other_content(path, mode)


# The parser of options would read files in the encoding of the locale, and takes no other.
OptionsPath.get_content = _content  # type: ignore[method-assign,assignment]


def given_configs(words: Sequence[str]) -> list[str]:
    """Return the configuration files that a command line names, in order."""
    found = []
    for place, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if flag in _FLAGS and equals:
            found.append(value)
        elif word in _FLAGS:
            found += words[place + 1 : place + 2]
        elif _is_short(word):
            found.append(word.removeprefix("-c"))
    return found


def _is_short(word: str) -> bool:
    return word.startswith("-c") and not word.startswith("--")


def configs_first(words: Sequence[str]) -> list[str]:
    """Return the words of a command with its configuration files first, which other words override.

    The parser would let a file override an option before it, as where a script adds a file. Classes stay
    where they are among the files: one before a file is that whose options it holds.

    Example:
        >>> configs_first(["fit", "-c", "a.yaml", "--model.lr", "1", "--config=b.yaml"])
        ['fit', '-c', 'a.yaml', '--config=b.yaml', '--model.lr', '1']
        >>> configs_first(["test", "--data.index", "a.h5", "--data", "COCO", "-c", "b.yaml"])
        ['test', '--data', 'COCO', '-c', 'b.yaml', '--data.index', 'a.h5']
    """
    files: list[str] = []
    others: list[str] = []
    is_value = False
    for word in words[1:]:
        comes_first = is_value or word.partition("=")[0] in _FIRST or _is_short(word)
        (files if comes_first else others).append(word)
        is_value = not is_value and word in _FIRST
    return [*words[:1], *files, *others]


def with_shipped(words: Sequence[str]) -> list[str]:
    """Return words with configurations that are experiments of the suite by their whole paths.

    Those that are here stay as they are. The parser of options looks here alone.

    Example:
        >>> with_shipped(["fit", "-c", "mine.yaml", "--config=other.yaml", "-c"])
        ['fit', '-c', 'mine.yaml', '--config=other.yaml', '-c']
    """
    found = list(words)
    for place, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if flag in _FLAGS and equals:
            found[place] = f"{flag}={_shipped(value)}"
        elif word in _FLAGS:
            found[place + 1 : place + 2] = map(_shipped, words[place + 1 : place + 2])
        elif _is_short(word):
            found[place] = f"-c{_shipped(word.removeprefix('-c'))}"
    return found


def _shipped(path: str) -> str:
    file = experiment_file(path)
    return path if file == Path(path) else str(file)


def read_configs(words: Sequence[str]) -> list[ConfigFile]:
    """Read the configuration files that a command line names.

    Raises:
        InputError: If one is missing, is no file of options, or names an option twice.
    """
    return [read_config_file(path) for path in given_configs(words) if not _is_inline(path)]


def read_config_file(path: str) -> ConfigFile:
    """Read one configuration file.

    Raises:
        InputError: Naming the file, and the line where there is one.
    """
    try:
        text = experiment_file(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"is not UTF-8 text (byte {error.start})"
        raise InputError(what, path, "save it as UTF-8, or give another file.") from error
    except FileNotFoundError as error:
        raise no_such_file(path) from error
    except IsADirectoryError as error:
        raise InputError("is a folder", path, "name one of the files in it.") from error
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise InputError(f"cannot be read ({cause})", path, "check the path.") from error
    try:
        root = yaml.compose(text, Loader)
    except yaml.YAMLError as error:
        place = f"{path}{_line(getattr(error, 'problem_mark', None))}"
        raise InputError(f"is not YAML ({_problem(error, text)})", place, "mend it.") from error
    if root is None:
        raise InputError("is empty", path, "give it options, or leave it out.")
    if not isinstance(root, yaml.MappingNode):
        remedy = "write them as in `trainer: {max_epochs: 10}`."
        raise InputError("holds no options and values", path, remedy)
    # The parser of options reads it again, without limits.
    parse_yaml(text, path)
    lines: dict[str, int] = {}
    for option, line in _options(root, path, ()):
        lines.setdefault(option, line)
    return ConfigFile(path, lines)


def placed(error: InputError, words: Sequence[str], option: str | None = None) -> InputError:
    """Return an error of an option with the configuration file that it is in.

    Args:
        error: The error.
        words: The command line: what it says itself has no other place.
        option: The option; the one that the error is about where not given.
    """
    if option is None:
        option = "" if error.option is None else error.option.name
    if not option or any(_name(word) in (option, f"{option}.class_path") for word in words):
        return error
    try:
        configs = read_configs(words)
    except InputError:
        # Changed while the command ran.
        return error
    for config in reversed(configs):
        line = config.lines.get(option) or config.lines.get(f"{option}.class_path")
        if line is not None:
            return error.at(f"{config.path}, line {line}")
    return error


def _name(word: str) -> str:
    option = word.partition("=")[0].rstrip("+")
    return option.removeprefix("--").replace("init_args.", "") if option.startswith("--") else ""


def _is_inline(text: str) -> bool:
    """Return whether options stand on the command line itself, as ``-c '{run: first}'``."""
    return ":" in text and not Path(text).exists() and ("\n" in text or ": " in text)


def _options(node: yaml.Node, path: str, names: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _options(item, path, names)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        name, line = str(key.value), key.start_mark.line + 1
        if name in seen and name != "<<":
            what = f"names '{name}' twice, in line {seen[name]} and in line {line}"
            raise InputError(what, path, "leave one of them out.")
        seen[name] = line
        inner = names if name == "init_args" else (*names, name)
        if name != "init_args":
            yield ".".join(inner), line
        yield from _options(value, path, inner)


def _line(mark: yaml.Mark | None) -> str:
    return "" if mark is None else f", line {mark.line + 1}"


def _problem(error: yaml.YAMLError, text: str) -> str:
    mark = getattr(error, "problem_mark", None)
    # The end of a file may lie behind its last line.
    lines = text.splitlines()[mark.line : mark.line + 1] if mark is not None else []
    if any("\t" in line[: len(line) - len(line.lstrip())] for line in lines):
        return "a tab where spaces are needed"
    return str(getattr(error, "problem", None) or " ".join(str(error).split()))
