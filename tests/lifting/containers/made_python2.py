"""Files as torch 0.3 saved them under Python 2, opcode by opcode.

Numbers beyond 32 bits are lines of digits, and strings are bytes of no encoding.
"""

import struct

import numpy as np
import torch

# What stands at the beginning of every file before torch 1.6.
_MAGIC = (0x1950A86A20F9469CFC6C).to_bytes(10, "little")
_HEAD = b"\x80\x02\x8a\n" + _MAGIC + b"." + b"\x80\x02M\xe9\x03." + b"\x80\x02}."


def text(value):
    """A str of Python 2: short ones and long ones."""
    data = value if isinstance(value, bytes) else value.encode()
    if len(data) < 256:
        return b"U" + bytes([len(data)]) + data
    return b"T" + struct.pack("<i", len(data)) + data


def number(value):
    """An int of Python 2, which has 64 bits there."""
    if -(2**31) <= value < 2**31:
        return b"J" + struct.pack("<i", value)
    return b"I%d\n" % value


def pair(*items):
    return b"(" + b"".join(items) + b"t"


def plain(value):
    """Dictionaries, lists, numbers and strings of Python 2, and what is written already."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, dict):
        return b"}(" + b"".join(plain(k) + plain(v) for k, v in value.items()) + b"u"
    if isinstance(value, list):
        return b"](" + b"".join(map(plain, value)) + b"e"
    if isinstance(value, bool):
        return b"\x88" if value else b"\x89"
    if isinstance(value, float):
        return b"G" + struct.pack(">d", value)
    return text(value) if isinstance(value, str) else number(value)


def array(values):
    """An array as numpy pickles it: its bytes are a str."""
    values = np.asarray(values)
    code, order = values.dtype.str[1:], values.dtype.str[0]
    dtype = (
        b"cnumpy\ndtype\n"
        + pair(text(code), number(0), number(1))
        + b"R"
        + pair(number(3), text(order), b"NNN", number(-1), number(-1), number(0))
        + b"b"
    )
    made = b"cnumpy.core.multiarray\n_reconstruct\n" + pair(
        b"cnumpy\nndarray\n", pair(number(0)), text("b")
    )
    shape = pair(*map(number, values.shape))
    return made + b"R" + pair(number(1), shape, dtype, b"\x89", text(values.tobytes())) + b"b"


def instance(name, attributes):
    """An object of a class of theirs, with attributes."""
    module, _, short = name.rpartition(".")
    return f"c{module}\n{short}\n".encode() + b")\x81" + plain(attributes) + b"b"


def python2_file(state, key="state_dict", **beside):
    """Bytes of a file with a network of float32 tensors under a key, and other things beside it."""
    entries, stores = b"", {}
    for index, (name, tensor) in enumerate(state.items()):
        place = str(94_026_377_840_912 + 64 * index)
        stores[place] = tensor.contiguous()
        storage = pair(
            *(text("storage"), b"ctorch.cuda\nFloatStorage\n", text(place), text("cuda:0")),
            *(number(tensor.numel()), b"N"),
        )
        size, stride = (pair(*map(number, x)) for x in (tensor.shape, stores[place].stride()))
        rebuilt = pair(storage + b"Q", number(0), size, stride)
        entries += b"(" + text(name) + b"ctorch._utils\n_rebuild_tensor\n" + rebuilt + b"R" + b"t"
    network = b"ccollections\nOrderedDict\n](" + entries + b"e\x85R"
    content = plain({key: network, **beside})
    names = plain(list(stores))
    data = _HEAD + b"\x80\x02" + content + b"." + b"\x80\x02" + names + b"."
    for tensor in stores.values():
        data += struct.pack("<q", tensor.numel()) + tensor.to(torch.float32).numpy().tobytes()
    return data


# Ids of an optimiser's parameters, by which its state is kept.
OPTIMIZER = {
    "state": {140_234_567_890_123: {"step": 7}},
    "param_groups": [{"lr": 1e-3, "params": [140_234_567_890_123, 2**31]}],
}
