"""What the parser of the command line says of a wrong option, as one sentence."""

import re

from lifting.errors import InputError

_KEY = re.compile(r'Parser key "([^"]+)":')
_REFUSED = re.compile(r"Option '([^']+)' is not accepted")
_UNKNOWN = re.compile(r"does not accept option '([^']+)'")
_REQUIRED = re.compile(r"Option '(?:\w+\.)?([^']+)' is required")
_EXPECTED = re.compile(r"Expected an? (.+?)(?:\. Got value: (.*))?$", re.MULTILINE)
_GIVEN = re.compile(r"^ *Given value: (.*)$", re.MULTILINE)
_CLASS = re.compile(r"<class '(?:[\w.]+\.)?(\w+)'>")
# Types as YAML has them.
_IN_YAML = {"NoneType": "null", "Sequence": "a list", "Mapping": "a mapping"}
_NOT_A_METHOD = "Expected a dot import path string: "
_LISTED = "`python -m lifting fit --help` lists the options"


def option_error(message: str) -> InputError:
    r"""Return the error to raise for what the parser says.

    Args:
        message: What it says: the places it looked at, over several lines, the innermost last.

    Example:
        >>> said = 'Parser key "wandb":\n  Expected a typing.Literal[\'offline\']. Got value: on'
        >>> print(option_error(said))
        --wandb is on: give 'offline'.
    """
    keys = [key.replace("init_args.", "") for key in _KEY.findall(message)]
    option = "--" + ".".join(keys)
    if refused := _REFUSED.search(message) or _UNKNOWN.search(message):
        return InputError(
            f"--{'.'.join([*keys, refused[1]])}: there is no such option", remedy=f"{_LISTED}."
        )
    if required := _REQUIRED.search(message):
        return InputError(f"--{required[1]} is missing: give it, or -c files", remedy=f"{_LISTED}.")
    if _NOT_A_METHOD in message:
        name = message.split(_NOT_A_METHOD)[1].split("\n")[0]
        return InputError(f"{option} is {name}: there is no such class", remedy=f"{_LISTED}.")
    # Of the alternatives that were tried those count that the innermost place has.
    expected = _EXPECTED.findall(message.rsplit('Parser key "', 1)[-1])
    if keys and expected:
        kinds = [_readable(kind) for kind, _ in expected]
        values = [value for _, value in expected if value] or _GIVEN.findall(message)
        given = f" is {values[-1]}" if values else ""
        return InputError(f"{option}{given}: give {' or '.join(dict.fromkeys(kinds))}.")
    return InputError(f"{_line(message)}", remedy=f"{_LISTED}.")


def _readable(kind: str) -> str:
    if literal := re.fullmatch(r"(?:typing\.)?Literal\[(.*)\]", kind):
        return literal[1]
    names = [_IN_YAML.get(name, name) for name in _CLASS.findall(kind)]
    return " or ".join(names) or kind


def _line(message: str) -> str:
    return " ".join(message.split()).rstrip(".")
