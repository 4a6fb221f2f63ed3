"""Errors of the parser of the command line, each as one sentence."""

import re
from collections.abc import Collection

from lifting.errors import InputError

_KEY = re.compile(r'Parser key "([^"]+)":')
_REFUSED = re.compile(r"Option '([^']+)' is not accepted")
_UNKNOWN = re.compile(r"does not accept option '([^']+)'")
_UNRECOGNISED = re.compile(r"Unrecognized arguments: (\S+)")
_NO_VALUE = re.compile(r"argument (\S+): expected one argument")
_REQUIRED = re.compile(r"Option '(\w+\.)?([^']+)' is required")
_EXPECTED = re.compile(r"Expected an? (.+?)(?:\. Got value: (.*))?$", re.MULTILINE)
_GIVEN = re.compile(r"^ *Given value: (.*)$", re.MULTILINE)
_CLASS = re.compile(r"<class '(?:[\w.]+\.)?(\w+)'>")
# Types as YAML has them.
_IN_YAML = {
    "NoneType": "null",
    "Sequence": "a list",
    "tuple": "a list",
    "Mapping": "a mapping",
    "bool": "true or false",
}
_NOT_A_METHOD = "Expected a dot import path string: "


def option_error(
    message: str, command: str = "fit", positionals: Collection[str] = ()
) -> InputError:
    r"""Return the error to raise for what the parser says.

    Args:
        message: What it says: the places it looked at, over several lines, the innermost last.
        command: The command whose options they are.
        positionals: Those that are given in order, not by name.

    Example:
        >>> message = 'Parser key "wandb":\n  Expected a typing.Literal[\'offline\']. Got value: on'
        >>> print(option_error(message))
        --wandb is on: give 'offline'.
    """
    keys = [key.replace("init_args.", "") for key in _KEY.findall(message)]
    name = ".".join(keys)
    option = name.upper() if name in positionals else f"--{name}"
    listed = f"`lifting {command} --help` lists the options."
    if refused := _REFUSED.search(message) or _UNKNOWN.search(message):
        where = f"--{'.'.join([*keys, refused[1]])}"
        return InputError("there is no such option", where, listed)
    if word := _UNRECOGNISED.search(message):
        what = "there is no such option" if word[1].startswith("-") else "is one word too many"
        return InputError(what, word[1], listed)
    if bare := _NO_VALUE.search(message):
        return InputError("a value is missing after it", bare[1], listed)
    if required := _REQUIRED.search(message):
        name = required[2].upper() if required[2] in positionals else f"--{required[2]}"
        also = ": give it, or -c files" if required[1] else ""
        return InputError(f"{name} is missing{also}", remedy=listed)
    if _NOT_A_METHOD in message:
        name = message.split(_NOT_A_METHOD)[1].split("\n")[0]
        return InputError(f"{option} is {name}: there is no such class", remedy=listed)
    # Of the alternatives that were tried those count that the innermost place has.
    expected = _EXPECTED.findall(message.rsplit('Parser key "', 1)[-1])
    if keys and expected:
        kinds = [_readable(kind) for kind, _ in expected]
        values = [value for _, value in expected if value] or _GIVEN.findall(message)
        value = f" is {values[-1]}" if values else ""
        return InputError(f"{option}{value}: give {' or '.join(dict.fromkeys(kinds))}.")
    return InputError(" ".join(message.split()).rstrip("."), remedy=listed)


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
