"""LiteRT models (``.tflite``) of one image."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray

from lifting.errors import InputError, require


class LiteRtModel:
    """A model that takes one RGB image as floats.

    Args:
        path: The file.
        size: Sides of the images that it has to take.
        outputs: Shapes of what it has to give.
        threads: Threads it runs on.

    Raises:
        InputError: If ``ai-edge-litert`` is not installed, or the file is missing, damaged or another
            model.
    """

    def __init__(
        self, path: Path, size: int, outputs: tuple[tuple[int, ...], ...], threads: int
    ) -> None:
        litert = require("ai_edge_litert.interpreter", "BlazePose", "video", "ai-edge-litert")
        if not path.is_file():
            raise InputError("there is no such model file", path, "fetch the models again.")
        try:
            with _silent_stderr():
                self._interpreter = litert.Interpreter(str(path), num_threads=threads)
                self._interpreter.allocate_tensors()
            inputs = self._interpreter.get_input_details()
            given = self._interpreter.get_output_details()
        # Damaged files raise ValueError or RuntimeError, by where the damage is.
        except (ValueError, RuntimeError) as error:
            raise InputError("damaged or no LiteRT model", path, "fetch it again.") from error
        shapes = tuple(tuple(int(n) for n in output["shape"]) for output in given)
        if [list(i["shape"]) for i in inputs] != [[1, size, size, 3]] or shapes != outputs:
            raise InputError("is another model than BlazePose's", path, "fetch it again.")
        self._input = inputs[0]["index"]
        self._outputs = [output["index"] for output in given]
        # Its tensors are shared between calls.
        self._lock = Lock()

    def __call__(
        self, image: UInt8[ndarray, "h w 3"], lowest: float
    ) -> list[Float[ndarray, "..."]]:
        """Return what comes out for an image whose bytes become ``lowest`` to 1."""
        scaled = np.float32(lowest) + image * np.float32((1 - lowest) / 255)
        with self._lock:
            self._interpreter.set_tensor(self._input, scaled[None])
            self._interpreter.invoke()
            return [self._interpreter.get_tensor(index)[0] for index in self._outputs]


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    """Drop what is written to the file descriptor of standard error.

    The library announces its kernels there with every model, past Python, and has no option for it.
    """
    try:
        kept = os.dup(2)
    except OSError:
        # There is no standard error.
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
