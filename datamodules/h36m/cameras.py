"""Cameras of Human3.6M, calibrated for each subject (``cameras.json``)."""

import json
from importlib import resources

from lifting.cameras import Camera, calibrated_camera
from lifting.errors import InputError

_FILE = resources.files("datamodules.h36m").joinpath("cameras.json")
_PARAMETERS = json.loads(_FILE.read_text(encoding="utf-8"))

SUBJECTS = tuple(_PARAMETERS["extrinsics"])
CAMERAS = ("54138969", "55011271", "58860488", "60457274")


def h36m_camera(subject: str, name: str) -> Camera:
    """Return a camera of Human3.6M, as calibrated for a subject's recordings, in float64.

    Raises:
        InputError: If there is no such subject or camera.
    """
    try:
        intrinsics = _PARAMETERS["intrinsics"][name]
        extrinsics = _PARAMETERS["extrinsics"][subject]
    except KeyError as error:
        raise InputError(f"Human3.6M has no camera or subject {error}.") from error
    return calibrated_camera(**intrinsics, **extrinsics[name], lens="h36m")
