"""Errors of the parser of the command line, each as one sentence."""

import re
from collections.abc import Collection

from lifting.cli.options.vocabulary import classes_of, meant_option, options_of
from lifting.errors import InputError, Option, Phrase, did_you_mean

_KEY = re.compile(r'Parser key "([^"]+)":')
_REFUSED = re.compile(r"Option '([^']+)' is not accepted")
_UNKNOWN = re.compile(r"does not accept option '([^']+)'")
_UNRECOGNISED = re.compile(r"Unrecognized arguments: (\S+)")
_NO_VALUE = re.compile(r"argument (\S+): expected one argument")
_REQUIRED = re.compile(r"Option '(\w+\.)?([^']+)' is required")
_EXPECTED = re.compile(r"Expected an? (.+?)(?:\. Got value: (.*))?$", re.MULTILINE)
_GIVEN = re.compile(r"^ *Given value: (.*)$", re.MULTILINE)
_OUTSIDE = re.compile(r"Not of type \w+: (\S+) does not conform to restriction v *([<>=]+ *\S+)")
_CLASS = re.compile(r"<class '(?:[\w.]+\.)?(\w+)'>")
# Types as YAML has them.
_IN_YAML = {
    "NoneType": "null",
    "Sequence": "a list",
    "list": "a list, such as [a, b]",
    "tuple": "a list",
    "Mapping": "a mapping",
    "dict": "a mapping, such as {a: b}",
    "bool": "true or false",
}
_NOT_A_PATH = re.compile(r"Expected a dot import path string: (.*)")
_NO_MODULE = re.compile(
    r"Problem with given class_path '([^']+)':\s+(?:module '\S+' has no|No module named)"
)
_OTHER_CLASS = re.compile(r"Import path (?:'?\S+'? )?does not correspond to a subclass of (\w+)")
_SUBTYPES = re.compile(r"Subtypes: (\[.*\])")
_HELP_OF = re.compile(r"--([\w.]+)\.help\b")
_INSIDE = re.compile(r"Problem with given class_path '([^']+)'")


def option_error(
    message: str,
    command: str = "fit",
    positionals: Collection[str] = (),
    known: Collection[str] = (),
) -> InputError:
    r"""Return the error to raise for what the parser says.

    Args:
        message: What it says: the places it looked at, over several lines, the innermost last.
        command: The command whose options they are.
        positionals: Those that are given in order, not by name.
        known: The options there are, without dashes, of which one may have been meant.

    Example:
        >>> message = 'Parser key "wandb":\n  Expected a typing.Literal[\'offline\']. Got value: on'
        >>> print(option_error(message))
        --wandb is on: give 'offline'.
    """
    keys = [key.replace("init_args.", "") for key in _KEY.findall(message)]
    if not keys and (asked := _HELP_OF.search(message)):
        keys = [asked[1]]
    name = ".".join(keys)
    option = name.upper() if name in positionals else Option(name)
    listed = f"`lifting {command} --help` lists the options."
    if refused := _REFUSED.search(message) or _UNKNOWN.search(message):
        return _unknown_option([*keys, refused[1]], message, command, known)
    if word := _UNRECOGNISED.search(message):
        if not word[1].startswith("-"):
            return InputError("is one word too many", word[1], listed)
        given = word[1].partition("=")[0]
        meant = meant_option(given.lstrip("-"), known)
        option = Option(given.lstrip("-")) if given.startswith("--") else given
        return InputError("there is no such option", option, meant or listed)
    if bare := _NO_VALUE.search(message):
        return InputError("a value is missing after it", bare[1], listed)
    if required := _REQUIRED.search(message):
        option = required[2].upper() if required[2] in positionals else Option(required[2])
        also = ": give it, or -c files" if required[1] else ""
        return InputError(Phrase("{} is missing{}", option, also), remedy=listed)
    if no_class := _NOT_A_PATH.search(message) or _NO_MODULE.search(message):
        classes = classes_of(name)
        if not classes and (kinds := _SUBTYPES.findall(message)):
            kinds = [_IN_YAML.get(kind, f"options of {kind}") for kind in _CLASS.findall(kinds[-1])]
            return InputError(_is(option, no_class[1], f"give {' or '.join(kinds)}."))
        if no_class[1] in classes:
            return _unfit_class(option, no_class[1], command)
        meant = did_you_mean(no_class[1].rpartition(".")[2], classes)
        remedy = f"`lifting {command} {option}.help` lists them." if classes else listed
        return InputError(
            _is(option, no_class[1], "there is no such class"), remedy=meant or remedy
        )
    if _OTHER_CLASS.search(message) and (given := _GIVEN.findall(message)):
        return _unfit_class(option, _class_path(given[-1]), command)
    if keys and (outside := _OUTSIDE.search(message)):
        return InputError(_is(option, outside[1], f"give a number {outside[2]}."))
    # Of the alternatives that were tried those count that the innermost place has.
    expected = _EXPECTED.findall(message.rsplit('Parser key "', 1)[-1])
    if keys and expected:
        kinds = [_readable(kind) for kind, _ in expected]
        values = [value for _, value in expected if value] or _GIVEN.findall(message)
        value = f" is {values[-1]}" if values else ""
        wanted = " or ".join(dict.fromkeys(kinds))
        return InputError(Phrase("{}{}: give {}.", option, value, wanted))
    return InputError(" ".join(message.split()).rstrip("."), remedy=listed)


def _unknown_option(
    keys: list[str], message: str, command: str, known: Collection[str]
) -> InputError:
    inside = _INSIDE.findall(message)
    name = ".".join(keys)
    listed = f"`lifting {command} --help` lists the options."
    if inside:
        part = ".".join(keys[:-1])
        own = {f"{part}.{option}" for kind in inside for option in options_of(kind)}
        others = {option for option in known if not option.startswith(f"{part}.")}
        meant = meant_option(name, own | others)
        of_class = inside[-1].rpartition(".")[2]
        if len(keys) == 2 and classes_of(part):
            listed = f"`lifting {command} --{part}.help {of_class}` lists those of {of_class}."
    else:
        meant = meant_option(name, known)
    return InputError("there is no such option", Option(name), meant or listed)


def _is(option: object, value: str, rest: str) -> Phrase:
    return Phrase("{} is {}: {}", option, value, rest)


def _unfit_class(option: object, path: str, command: str) -> InputError:
    remedy = f"`lifting {command} {option}.help` lists those that do."
    return InputError(_is(option, path, "this class does not fit here"), remedy=remedy)


def _class_path(value: str) -> str:
    # A class of a file stands in a dictionary, as Python writes it.
    path = re.search(r"'class_path': '([^']+)'", value)
    return path[1] if path else value


def inner_refusal(error: BaseException) -> InputError | None:
    """Return the error of ours that the parser wrapped into its own, if there is one."""
    cause = error.__cause__ or error.__context__
    if cause is None or isinstance(cause, InputError):
        return cause
    return inner_refusal(cause)


def _readable(kind: str) -> str:
    if literal := re.fullmatch(r"(?:typing\.)?Literal\[(.*)\]", kind):
        return literal[1]
    names = [_IN_YAML.get(name, name) for name in _CLASS.findall(kind)]
    return " or ".join(names) or _IN_YAML.get(kind, kind)
