"""Translation of PyTorch files that Python 2 wrote into what PyTorch's restricted unpickler reads.

Python 2 has opcodes of its own for numbers beyond 32 bits, such as the ids of an optimiser's parameters,
and for its strings, which hold letters as well as bytes. The unpickler knows neither.
"""

import io
import pickle
import pickletools
from collections.abc import Callable, Mapping
from typing import Any

# A file before PyTorch 1.6 is a magic number, a version, facts of the machine, the content and the names
# of its storages, a pickle each; the storages' own bytes follow.
_PICKLES = 5


def translate_python2(data: bytes) -> bytes | None:
    """Return a file of PyTorch before 1.6 without opcodes of Python 2; None where it has none of them.

    Nothing in it is run or built.

    Raises:
        ValueError: If it is no such file.
    """
    stream, translated = io.BytesIO(data), io.BytesIO()
    copied = 0
    for _ in range(_PICKLES):
        for opcode, value, position in pickletools.genops(stream):
            if opcode.name in _OPCODES:
                assert position is not None
                translated.write(data[copied:position])
                translated.write(_OPCODES[opcode.name](value))
                # The stream lies behind the opcode and its argument.
                copied = stream.tell()
    if not copied:
        return None
    translated.write(data[copied:])
    return translated.getvalue()


def _number(value: int | bool) -> bytes:
    if isinstance(value, bool):
        return pickle.NEWTRUE if value else pickle.NEWFALSE
    content = pickle.encode_long(value)
    return pickle.LONG1 + bytes([len(content)]) + content


def _text(value: str) -> bytes:
    # Bytes, too, are read as letters: numpy takes its arrays' content in this form.
    content = value.encode()
    return pickle.BINUNICODE + len(content).to_bytes(4, "little") + content


_OPCODES: Mapping[str, Callable[[Any], bytes]] = {
    "INT": _number,
    "LONG": _number,
    "STRING": _text,
    "BINSTRING": _text,
    "SHORT_BINSTRING": _text,
}
