"""Options of a command, read off the signature of its function.

Parameters before ``*`` in the signature are given in order, those behind it by name; one with a default
may be left out. ``*names`` takes as many words as there are, ``**names: Annotated[Any, Options, "left",
"out"]`` the fields of dataclasses but those named; what two of them have is one option. A flag is
``--align true``.
"""

from argparse import ArgumentError
from collections.abc import Callable, Iterator, Mapping
from inspect import Parameter, signature
from typing import Any, get_args

from docstring_parser import parse
from jsonargparse import ActionConfigFile, ArgumentParser

from lifting.cli.options.config_files import placed, read_configs, with_shipped
from lifting.cli.options.errors import option_error
from lifting.cli.options.vocabulary import all_options


def call(function: Callable[..., None], name: str, words: list[str]) -> None:
    """Call the function of a command with the options of the command line.

    Args:
        function: Its docstring explains every option. One that takes ``words`` alone reads them itself.
        name: The command.
        words: The command line, which begins with the name.

    Raises:
        InputError: If an option is wrong.
    """
    if list(signature(function).parameters) == ["words"]:
        function(words)
        return
    explained = list(_explained(function))
    parameters = {parameter.name: parameter for parameter, _ in explained}
    parser = _parser(function, name, explained)
    spelled = [_with_underscores(word, parameters) for word in words[len(name.split()) :]]
    options = parse_options(parser, name, spelled)
    several = [n for n, p in parameters.items() if p.kind is p.VAR_POSITIONAL]
    in_order = [word for n in several for word in options.pop(n)]
    function(*in_order, **options)


def parse_options(parser: ArgumentParser, name: str, words: list[str]) -> dict[str, Any]:
    """Return options by name.

    Raises:
        InputError: If one of them is wrong.
    """
    read_configs(words)
    try:
        options = parser.parse_args(with_shipped(words)).as_dict()
    except ArgumentError as error:
        positionals = {action.dest for action in parser._actions if not action.option_strings}
        known = all_options(parser)
        raise placed(option_error(str(error), name, positionals, known), words) from error
    options.pop("config", None)
    return options


def _explained(function: Callable[..., object]) -> Iterator[tuple[Parameter, str]]:
    """Yield the parameters of a function or a dataclass with their explanations."""
    texts = {p.arg_name: p.description or "" for p in parse(function.__doc__ or "").params}
    for parameter in signature(function).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            _, *names = get_args(parameter.annotation)
            fields = (field for options in filter(callable, names) for field in _explained(options))
            by_name = {field.name: (field, text) for field, text in fields}
            yield from (pair for name, pair in by_name.items() if name not in names)
        else:
            yield parameter, texts[parameter.name]


def _parser(
    function: Callable[..., None], name: str, explained: list[tuple[Parameter, str]]
) -> ArgumentParser:
    doc = parse(function.__doc__ or "")
    about = "\n\n".join(filter(None, (doc.short_description, doc.long_description)))
    parser = ArgumentParser(
        prog=f"lifting {name}", description=about, exit_on_error=False, allow_abbrev=False
    )
    parser.add_argument("--config", action=ActionConfigFile, help="A YAML file of options.")
    in_command = set(signature(function).parameters)
    for parameter, text in explained:
        option, kind = parameter.name, {"type": parameter.annotation, "help": text}
        # Fields of dataclasses are given by name.
        in_order = parameter.kind is parameter.POSITIONAL_OR_KEYWORD and option in in_command
        if parameter.kind is parameter.VAR_POSITIONAL:
            parser.add_argument(option, nargs="+", **kind)
        elif in_order and parameter.default is not parameter.empty:
            parser.add_argument(option, nargs="?", default=parameter.default, **kind)
        elif parameter.default is not parameter.empty:
            parser.add_argument(f"--{option}", default=parameter.default, **kind)
        elif parameter.kind is parameter.KEYWORD_ONLY:
            parser.add_argument(f"--{option}", required=True, **kind)
        else:
            parser.add_argument(option, **kind)
    return parser


def _with_underscores(word: str, parameters: Mapping[str, Parameter]) -> str:
    """Return a word of the command line, with ``--flip-test`` as ``--flip_test``."""
    option, equals, value = word.partition("=")
    name = option.removeprefix("--").replace("-", "_")
    known = option.startswith("--") and name in parameters
    return f"--{name}{equals}{value}" if known else word
