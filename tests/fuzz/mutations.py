"""Seeded mutations of files: of their bytes, and of what lies in their containers."""

import copy
import io
import json
import random
import re
import struct
import zipfile
from typing import Any

from tests.fuzz.array_mutations import draw_array, mutate_hdf5, npy_bytes

# What programs stumble over: as text, as bytes, as values of JSON, as operations of pickles.
NUMBERS = (
    "9" * 25,
    "9" * 400,
    *["-1", "0", "1e999", "-1e999", "NaN", "1e308", "2147483648", "1e-320"],
)
WORDS = (*NUMBERS, "[" * 2000, '{"a":' * 300, "&a [*a]", "!!int ''", "!!bool x", "!!timestamp x")
WORDS += (
    "\0",
    "\x85",
    "<<: *a",
    "null",
    "true",
    '""',
    "[]",
    "{}",
    '"\\ud800"',
    '"9"',
    "é",
    "end",
    "}",
)
INTEGERS = (0, 1, 2, 3, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 34, (1 << 63) - 1)
VALUES: list[Any] = [None, True, 0, -1, 1.5, "", "x", [], {}, [[]], {"a": 1}, [1, "a"], "\ud800"]
VALUES += [10**18, 10**30, 10**400, float("inf"), -float("inf"), float("nan"), -(10**12), "../x"]
OPCODES = [b"r\xff\xff\xff\x7f", b"\x96" + b"\xff" * 6 + b"\0\0", b"\x8d" + b"\xff" * 5 + b"\0\0\0"]
OPCODES += [b"cos\nsystem\n", b"\x81", b"h\0", b"p99999999\n", *(b"%c" % c for c in b"20(Rb]}")]
_TOKEN = re.compile(rb"-?[0-9][0-9.eE+-]*|\"[^\"]*\"|[\[\]{}:,]|\w+")
_ZIP, _HDF5, _NPY = b"PK\x03\x04", b"\x89HDF", b"\x93NUMPY"


def mutate(data: bytes, draws: random.Random) -> bytes:
    """Return a file that differs from a given one in one or a few places."""
    begin = data[:6]
    if draws.random() < 0.7:
        if begin.startswith(_ZIP):
            return _zip(data, draws)
        if begin.startswith(_HDF5):
            return mutate_hdf5(data, draws) or _bytes(data, draws)
        if begin.startswith(_NPY):
            return _npy(data, draws)
        if begin[:1] in b"[{" and draws.random() < 0.5:
            return _json(data, draws)
        if _is_text(data):
            return _text(data, draws)
    return _bytes(data, draws)


def _is_text(data: bytes) -> bool:
    return b"\0" not in data[:1000] and len(_TOKEN.findall(data[:1000])) > 3


def _bytes(data: bytes, draws: random.Random) -> bytes:
    content = bytearray(data)
    for _ in range(draws.choice((1, 1, 2, 5, 30))):
        at, size = draws.randrange(len(content) + 1), draws.choice((1, 2, 4, 8, 16, 100))
        kind = draws.randrange(8)
        if kind == 0:
            content = content[:at] or bytearray(b"x")
        elif kind == 1:
            del content[at : at + size]
        elif kind == 2:
            content[at:at] = content[at : at + size]
        elif kind == 3:
            content[at : at + size] = draws.randbytes(size)
        elif kind == 4:
            content[at:at] = draws.choice(OPCODES)
        elif kind == 5:
            content[at : at + 1] = bytes([draws.randrange(256)])
        else:
            form = draws.choice(("<I", "<Q", ">I", "<H"))
            most = (1 << 8 * struct.calcsize(form)) - 1
            word = struct.pack(form, min(draws.choice(INTEGERS), most))
            content[at : at + len(word)] = word
    return bytes(content)


def _text(data: bytes, draws: random.Random) -> bytes:
    places = [match.span() for match in _TOKEN.finditer(data)]
    for _ in range(draws.choice((1, 1, 2, 6))):
        start, end = draws.choice(places)
        other = data[slice(*draws.choice(places))]
        word = draws.choice((draws.choice(WORDS).encode(), other, b"", 2 * data[start:end]))
        data = data[:start] + word + data[end:]
    return data


def _json(data: bytes, draws: random.Random) -> bytes:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return _text(data, draws)
    for _ in range(draws.choice((1, 1, 3))):
        node = content
        while isinstance(node, dict | list) and node:
            key = draws.choice(list(node)) if isinstance(node, dict) else draws.randrange(len(node))
            if not node[key] or not isinstance(node[key], dict | list) or draws.random() < 0.3:
                if draws.random() < 0.2:
                    del node[key]
                else:
                    node[key] = copy.deepcopy(draws.choice(VALUES))
                break
            node = node[key]
    return json.dumps(content).encode()


def _npy(data: bytes, draws: random.Random) -> bytes:
    if draws.random() < 0.5:
        return npy_bytes(draw_array(draws))
    head = int.from_bytes(data[8:10], "little")
    text = _text(data[10 : 10 + head], draws)[:head].ljust(head)
    return (
        data[:10]
        + (text if draws.random() < 0.6 else data[10 : 10 + head])
        + _bytes(data[10 + head :], draws)
    )


def _zip(data: bytes, draws: random.Random) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = {info: archive.read(info) for info in archive.infolist()}
    except Exception:
        return _bytes(data, draws)
    chosen, stream = draws.choice(list(entries)), io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for info, content in entries.items():
            if info is chosen and draws.random() < 0.05:
                continue
            # Without the time of day, so that a mutation is the same every time.
            entry = zipfile.ZipInfo(info.filename)
            entry.compress_type = draws.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
            archive.writestr(entry, mutate(content, draws) if info is chosen else content)
    return stream.getvalue()
