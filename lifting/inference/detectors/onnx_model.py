"""ONNX models whose one input are images, opened with onnxruntime."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lifting.errors import InputError, require

_DTYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}


class OnnxModel:
    """An ONNX model of images.

    Args:
        path: The file.
        default: Width and height of the images, where the file leaves them open.
        device: ``cuda`` runs it on a GPU where onnxruntime can.

    Attributes:
        size: Width and height of the images.
        metadata: What the file says of itself.
        outputs: Names of what comes out.

    Raises:
        InputError: If it is no ONNX model, or takes something else than images.
    """

    def __init__(
        self, path: str | Path, default: tuple[int, int], device: str | None = None
    ) -> None:
        onnxruntime = require("onnxruntime", f"Running {path}", "video")
        if not Path(path).is_file():
            raise InputError("there is no such file", path, "check the path.")
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        kinds = ["CPU"] if device == "cpu" else ["CUDA", "CPU"]
        available = onnxruntime.get_available_providers()
        providers = [f"{kind}ExecutionProvider" for kind in kinds]
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=[name for name in providers if name in available]
            )
        # Its errors share no class, and damaged files cause all of them.
        except Exception as error:
            raise InputError(
                "damaged or not an ONNX model for onnxruntime", path, "get it again."
            ) from error
        self.path = path
        self.metadata: dict[str, str] = self._session.get_modelmeta().custom_metadata_map
        self.outputs: list[str] = [value.name for value in self._session.get_outputs()]
        first, *others = self._session.get_inputs()
        if others or len(first.shape) != 4 or first.shape[1] != 3 or first.type not in _DTYPES:
            raise InputError("its inputs are no images (N, 3, H, W)", path, "name another model.")
        self._input, self._dtype = first.name, _DTYPES[first.type]
        self._one_by_one = isinstance(first.shape[0], int)
        height, width = first.shape[2:]
        self.size = (
            width if isinstance(width, int) else default[0],
            height if isinstance(height, int) else default[1],
        )

    @property
    def takes_bytes(self) -> bool:
        """Whether it takes pixels of 0 to 255 as bytes, and normalises them itself."""
        return self._dtype == np.uint8

    def __call__(
        self, images: NDArray[np.float32] | NDArray[np.uint8]
    ) -> list[NDArray[np.float32]]:
        """Return what comes out for images ``(N, 3, H, W)``, at least one.

        Raises:
            InputError: If it cannot be run.
        """
        batch = np.ascontiguousarray(images, self._dtype)
        parts = np.split(batch, len(batch)) if self._one_by_one else [batch]
        try:
            outputs = [self._session.run(None, {self._input: part}) for part in parts]
        except Exception as error:  # As above.
            reason = str(error).strip().splitlines()[-1]
            raise InputError(f"cannot be run ({reason})", self.path, "name another.") from error
        return [np.concatenate(output).astype(np.float32) for output in zip(*outputs, strict=True)]
