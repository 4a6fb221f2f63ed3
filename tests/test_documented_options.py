"""Every option that the documentation names, tried on the command that it is named for."""

import inspect
from argparse import ArgumentError
from collections.abc import Iterable
from functools import wraps
from importlib import import_module
from typing import Any

import pytest
import yaml
from jsonargparse import ArgumentParser
from lightning.pytorch.cli import LightningCLI

import datamodules
import lifting.methods
from lifting.cli.commands import COMMANDS, FAMILIES
from lifting.cli.options.config_files import configs_first, given_configs
from lifting.cli.options.parsing import _explained, call, parse_options
from lifting.cli.options.vocabulary import options_of
from lifting.cli.pipeline import _parser as pipeline_parser
from lifting.cli.training import LiftingCLI, run
from lifting.errors import InputError
from tests.documented_options import (
    OF_OTHERS,
    PAGES,
    ROOT,
    TRAINING,
    commands,
    named_in_text,
    options,
)
from tests.notebooks import NOTEBOOKS, page_text, written_files
from tests.test_docs import FILE_BLOCK

pytestmark = pytest.mark.slow(reason="parses every command of the documentation")

# The text says of which commit they are.
TAKEN_OUT = {"model.proportions"}
NAMED = named_in_text()
NAMED = {name: NAMED[name] for name in NAMED.keys() - OF_OTHERS - TAKEN_OUT}
# Files that the readers of a guide write; tests/test_docs.py runs its commands.
WRITTEN = {path for page in PAGES for path, _ in FILE_BLOCK.findall(page_text(page))}
WRITTEN = WRITTEN.union(*map(written_files, NOTEBOOKS))
COMMANDS_OF_PAGES = [(page.name, words) for page in PAGES for words in commands(page)]
CLASSES = {
    part: {name: getattr(package, name) for name in package.__all__}
    for part, package in (("model", lifting.methods), ("data", datamodules))
}


class Unbuilt(LiftingCLI):
    """Builds nothing and runs nothing."""

    def before_instantiate_classes(self) -> None:
        pass

    def instantiate_classes(self) -> None:
        pass

    def _run_subcommand(self, subcommand: str) -> None:
        pass


@pytest.fixture(scope="module")
def training():
    """The parsers of the commands that train and test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lifting.cli.training.LiftingCLI", Unbuilt)
        patch.chdir(ROOT)
        given = *recipe("base"), "--model=PoseFlows", "--data=H36M"
        yield {
            command: run([command, *given])._subcommand_parsers[command]
            for command in LightningCLI.subcommands()
        }


def recipe(*names: str) -> list[str]:
    return [word for name in names for word in ("-c", f"experiments/{name}.yaml")]


def refusal(parser: ArgumentParser, words: Iterable[str]) -> str | None:
    """Return why a parser refuses words, or nothing."""
    try:
        parser.parse_args(configs_first(["", *words])[1:])
    except ArgumentError as error:
        return str(error)
    return None


def tools() -> dict[str, Any]:
    """Return the functions of the commands that are no training, by their names."""
    found = {}
    for name, command in COMMANDS.items():
        module, _, target = command.target.partition(":")
        function = getattr(import_module(f"lifting.cli.{module}"), target)
        if list(inspect.signature(function).parameters) != ["words"]:
            found[name] = function
    return found


TOOLS = tools()
TYPES_OF_TOOLS: dict[str, list[Any]] = {}
for function in TOOLS.values():
    for parameter, _ in _explained(function):
        types = TYPES_OF_TOOLS.setdefault(parameter.name, [])
        if parameter.annotation not in types:
            types.append(parameter.annotation)


def options_of_parser(parser: ArgumentParser) -> set[str]:
    return {name.removeprefix("--") for action in parser._actions for name in action.option_strings}


def parser_of(option: str, kind: Any) -> ArgumentParser:
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument(f"--{option.partition('.')[0]}", type=kind)
    return parser


def test_commands_of_tools_are_taken():
    tried = 0
    for page, words in COMMANDS_OF_PAGES:
        name = " ".join(words[: 1 + (words[0] in FAMILIES)])
        try:
            if name in TOOLS:
                # Takes what the command takes, and does nothing.
                call(wraps(TOOLS[name])(lambda *args, **given: None), name, words)
            elif name == "pipeline":
                parse_options(pipeline_parser(), name, words[1:])
            else:
                continue
        except InputError as error:
            pytest.fail(f"{page}: lifting {' '.join(words)}: {error}")
        tried += 1
    assert tried > 50


def content(file: str) -> dict[str, Any]:
    """Return a configuration; one that a run or an import writes has nothing here."""
    path = ROOT / file
    return yaml.safe_load(path.read_text("utf-8")) if path.is_file() else {}


def class_in(files: list[str], words: list[str], part: str) -> str | None:
    """Return the class that a command gives to ``model`` or ``data``, if it names one."""
    given = [(content(file).get(part) or {}).get("class_path") for file in files]
    given += [value for name, value in options(words) if name == part]
    return next((str(kind).rpartition(".")[2] for kind in reversed(given) if kind), None)


@pytest.fixture(scope="module")
def named():
    """What is given to the classes of a part and to the rest, by the pages that give it.

    Of a part by the class, None where the page does not say which.
    """
    found: dict[tuple[str, str | None], dict[str, str]] = {}
    for page, (word, *words) in COMMANDS_OF_PAGES:
        files = given_configs(words)
        if word not in TRAINING or WRITTEN & set(files):
            continue
        for name, value in options(words):
            part = name.partition(".")[0]
            kind = class_in(files, words, part) if part in CLASSES else None
            pair = f"--{name}" if value is None else f"--{name}={value}"
            found.setdefault((part if part in CLASSES else word, kind), {})[pair] = page
    for name, of_text in NAMED.items():
        part = name.partition(".")[0]
        if part in CLASSES:
            pairs = [f"--{name}={value}" for value in of_text.values] or [f"--{name}"]
            found.setdefault((part, None), {}).update(dict.fromkeys(pairs, min(of_text.pages)))
    return found


def test_a_class_is_named_before_its_options():
    """By the configurations of a command, in their order."""
    for page, words in COMMANDS_OF_PAGES:
        for part in CLASSES:
            given = [content(file).get(part) for file in given_configs(words)]
            first = next(filter(None, given), {"class_path": None})
            assert "class_path" in first, f"{page}: {' '.join(words)}: {part}"


@pytest.mark.parametrize("part", CLASSES)
def test_options_of_classes_are_taken_by_the_class_or_by_some_class(part, named):
    parsers = {}
    for name, kind in CLASSES[part].items():
        if not inspect.isabstract(kind):
            parsers[name] = ArgumentParser(exit_on_error=False)
            parsers[name].add_class_arguments(kind, part)
    tried = 0
    for (of, kind), pairs in named.items():
        for pair, page in pairs.items() if of == part else ():
            option, equals, _ = pair.partition("=")
            if option in (f"--{part}", f"--{part}.help", f"--{part}.init_args.lr"):
                continue
            kinds = parsers if kind is None else [kind]
            first = option.split(".")[1]
            have = [parsers[name] for name in kinds if first in options_of(CLASSES[part][name])]
            assert have, f"{page}: {kind or 'no class'} has no {option}"
            # Of classes within classes, and of tables, the parser of the whole command knows the names.
            whole = not equals or option.count(".") > 1
            assert whole or any(taken(parser, pair) for parser in have), f"{page}: {kind} {pair}"
            tried += 1
    assert tried > 30


@pytest.mark.parametrize("word", TRAINING)
def test_other_options_of_training_are_taken(word, named, training):
    # An option may be there any number of times, and is checked each time.
    pairs = [pair for (of, _), pairs in named.items() if of == word for pair in pairs]
    given = recipe("base", "data/h36m_gt", "supervised/simple_baseline")
    assert refusal(training[word], [*given, *pairs]) is None


def taken(parser: ArgumentParser, word: str) -> bool:
    return "required" in (refusal(parser, [word]) or "required")


def test_other_options_of_the_text_are_of_some_command(training):
    shared = set.union(*(options_of_parser(parser) for parser in training.values()))
    shared |= options_of_parser(pipeline_parser())
    for name, named in NAMED.items():
        where, option = ", ".join(sorted(named.pages)), name.replace("-", "_")
        if name.partition(".")[0] in CLASSES:
            continue
        types = TYPES_OF_TOOLS.get(option.partition(".")[0], [])
        assert types or name.rstrip("+") in shared, f"{where}: no command has --{name}"
        for value in named.values:
            fits = (taken(parser_of(option, kind), f"--{option}={value}") for kind in types)
            assert name in shared or any(fits), f"{where}: --{name} {value}"
