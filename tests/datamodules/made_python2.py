"""Pickles as Python 2 writes them: its texts are bytes, and numpy's modules have their old names."""

import io
import pickle
import struct
from typing import ClassVar


class _Pickler(pickle._Pickler):
    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def save_string(self, text):
        data = text if isinstance(text, bytes) else text.encode("latin1")
        self.write(pickle.BINSTRING + struct.pack("<i", len(data)) + data)
        self.memoize(text)

    dispatch[bytes] = dispatch[str] = save_string


def dumps(content):
    """Return a pickle of protocol 2 in which there is nothing that Python 2 has not."""
    stream = io.BytesIO()
    _Pickler(stream, 2).dump(content)
    return stream.getvalue().replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")
