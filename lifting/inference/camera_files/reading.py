"""Readers of calibrations: OpenCV's YAML, also as ROS writes it, Qualisys' XML and Pose2Sim's TOML."""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import yaml
from scipy.spatial.transform import Rotation

from lifting.containers.damage import DATA_ERRORS
from lifting.containers.paths import existing_file
from lifting.containers.yaml_files import parse_yaml
from lifting.errors import InputError, Option, Phrase
from lifting.inference.camera_files.calibration import Calibration

# Qualisys counts 64 parts of a pixel.
_QUALISYS_PIXEL = 64.0
# From Qualisys' camera frame, y up and z backwards, to y down and z forwards.
_QUALISYS_AXES = np.diag([1.0, -1.0, -1.0])
_KNOWN = "an OpenCV YAML (camera_matrix), a Qualisys .qca.txt or a Pose2Sim .toml"


# Bytes: calibrations of hundreds of cameras are far smaller.
_LARGEST = 1 << 24
# Names that a message lists.
_LISTED = 10
# By how much a rotation that is written with few digits may be off, and a matrix of square axes, pixels.
_DIGITS, _SKEW = 1e-2, 1e-3
# Focal lengths in longer sides of the image: from wider than lenses are without fisheye to telescopes.
_FOCAL = (0.05, 200.0)


class _OpenCvLoader(yaml.SafeLoader):
    """Plain values alone, and OpenCV's matrices as the mappings that they are."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose a node, which repeats no other: a small file could become enormous."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it has aliases")
        node: yaml.Node | None = super().compose_node(parent, index)
        return node


def _matrix_node(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    if not isinstance(node, yaml.MappingNode):
        raise yaml.constructor.ConstructorError(problem="a matrix without keys")
    return loader.construct_mapping(node, deep=True)


_OpenCvLoader.add_constructor("tag:yaml.org,2002:opencv-matrix", _matrix_node)


def read_calibration(text: str) -> Calibration:
    """Read the calibration of one camera.

    Args:
        text: The file; of one with several cameras ``FILE:NAME``.

    Raises:
        InputError: If it is no such file, has no such camera, or has a lens that is not known here.
    """
    path, colon, name = Path(text), "", ""
    if not path.exists() and ":" in text:
        file, colon, name = text.rpartition(":")
        path = Path(file)
    try:
        if existing_file(path).stat().st_size > _LARGEST:
            raise InputError("is too large for a calibration", path, f"give {_KNOWN}.")
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("is no text", path, f"give {_KNOWN}.") from error
    kind: Callable[[Path, str], dict[str, Callable[[], Calibration]]]
    if path.suffix.lower() == ".toml":
        kind = _pose2sim
    elif content.lstrip().startswith("<"):
        kind = _qualisys
    else:
        kind = _opencv
    cameras = kind(path, content)
    if not cameras:
        raise InputError("has no camera", path, f"give {_KNOWN}.")
    if (not colon and len(cameras) > 1) or (colon and name not in cameras):
        what = f"has no camera '{name}'" if colon else f"has {len(cameras)} cameras"
        listed = list(cameras)[:_LISTED]
        remedy = Phrase(
            "name one of {}, as {} {}:{}.", ", ".join(listed), Option("camera"), path, listed[0]
        )
        raise InputError(what, path, remedy)
    chosen = name or next(iter(cameras))
    try:
        return cameras[chosen]()
    except DATA_ERRORS as error:
        where = f"{path}:{chosen}" if len(cameras) > 1 else path
        what = f"its calibration cannot be read ({type(error).__name__}: {error})"
        raise InputError(what, where, f"give {_KNOWN}.") from error


def _opencv(path: Path, content: str) -> dict[str, Callable[[], Calibration]]:
    # OpenCV's directive, %YAML:1.0 until its version 5, is no YAML.
    lines = content.splitlines()
    if lines and lines[0].startswith("%YAML"):
        lines[0] = ""
    try:
        found = parse_yaml("\n".join(lines), path, _OpenCvLoader)
    except InputError as error:
        raise InputError("is not YAML", path, f"give {_KNOWN}.") from error
    keys = found if isinstance(found, dict) else {}
    told = {str(key).lower(): value for key, value in keys.items()}
    if "camera_matrix" not in told:
        return {}

    def read() -> Calibration:
        sides = [told.get(f"image_{side}") for side in ("width", "height")]
        size = None if None in sides else (float(sides[0]), float(sides[1]))  # type: ignore[arg-type]
        name = told.get("distortion_coefficients", told.get("dist_coeffs"))
        model = told.get("distortion_model", told.get("camera_model", ""))
        return _calibration(
            str(path),
            _numbers(told["camera_matrix"]),
            _numbers(name),
            size,
            fisheye=_fisheye(model),
        )

    return {str(told.get("camera_name", path.stem)): read}


def _fisheye(model: object) -> bool:
    return str(model).lower() in ("fisheye", "equidistant", "kannala_brandt", "omni")


def _numbers(matrix: Any) -> np.ndarray:
    data = matrix.get("data") if isinstance(matrix, Mapping) else matrix
    return np.array([] if data is None else data, float).reshape(-1)


def _qualisys(path: Path, content: str) -> dict[str, Callable[[], Calibration]]:
    # Entities could make a small file enormous.
    if "<!" in content.replace("<!--", ""):
        raise InputError("is XML with declarations", path, f"give {_KNOWN}.")
    try:
        tree = ElementTree.fromstring(content.encode())
    except (ElementTree.ParseError, *DATA_ERRORS) as error:
        raise InputError("is no XML", path, f"give {_KNOWN}.") from error

    def read(camera: ElementTree.Element) -> Calibration:
        intrinsic, view, place = (
            {key: _number(value) for key, value in camera.find(tag).attrib.items()}  # type: ignore[union-attr]
            for tag in ("intrinsic", "fov_video", "transform")
        )
        focal, centre = (
            [intrinsic[f"{what}{axis}"] / _QUALISYS_PIXEL for axis in "UV"]
            for what in ("focalLength", "centerPoint")
        )
        radial = [intrinsic[f"radialDistortion{n}"] for n in (1, 2, 3)]
        tangential = [intrinsic[f"tangentalDistortion{n}"] for n in (1, 2)]
        matrix = np.array(
            [
                [focal[0], 0, centre[0] - view["left"]],
                [0, focal[1], centre[1] - view["top"]],
                [0, 0, 1],
            ]
        )
        turned = np.array([[place[f"r{row}{column}"] for column in "123"] for row in "123"])
        size = view["right"] - view["left"] + 1, view["bottom"] - view["top"] + 1
        return _calibration(
            f"{path}:{camera.get('serial')}",
            matrix,
            np.array([*radial[:2], *tangential, radial[2]]),
            size,
            _QUALISYS_AXES @ turned,
            np.array([place[axis] for axis in "xyz"]),
        )

    def reader(camera: ElementTree.Element) -> Callable[[], Calibration]:
        return lambda: read(camera)

    return {str(camera.get("serial")): reader(camera) for camera in tree.iter("camera")}


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _pose2sim(path: Path, content: str) -> dict[str, Callable[[], Calibration]]:
    try:
        found = tomllib.loads(content)
    except DATA_ERRORS as error:
        raise InputError(f"is no TOML ({error})", path, f"give {_KNOWN}.") from error

    def read(camera: Mapping[str, Any], name: str) -> Calibration:
        rotation = Rotation.from_rotvec(camera.get("rotation", [0.0, 0, 0])).as_matrix()
        metres = np.array(camera.get("translation", [0.0, 0, 0]), float)
        return _calibration(
            f"{path}:{name}",
            np.array(camera["matrix"], float),
            np.array(camera["distortions"], float),
            (float(camera["size"][0]), float(camera["size"][1])),
            rotation,
            -1000 * rotation.T @ metres,
            fisheye=bool(camera.get("fisheye", False)),
        )

    def reader(camera: Mapping[str, Any], name: str) -> Callable[[], Calibration]:
        return lambda: read(camera, name)

    tables = {k: v for k, v in found.items() if isinstance(v, dict) and "matrix" in v}
    return {str(v.get("name", k)): reader(v, str(v.get("name", k))) for k, v in tables.items()}


def _calibration(
    where: str,
    matrix: np.ndarray,
    distortion: np.ndarray,
    size: tuple[float, float] | None,
    rotation: np.ndarray | None = None,
    position: np.ndarray | None = None,
    fisheye: bool = False,
) -> Calibration:
    """Return a calibration whose numbers are checked."""
    matrix, distortion = matrix.reshape(3, 3), distortion.reshape(-1)
    if fisheye or distortion[5:].any():
        what = "has a fisheye lens, or one of more than five coefficients"
        raise InputError(what, where, "calibrate with k1, k2, p1, p2 and k3 alone.")
    coefficients = np.zeros(5)
    coefficients[: min(5, len(distortion))] = distortion[:5]
    extrinsics = [] if rotation is None or position is None else [rotation, position]
    numbers = [matrix, coefficients, *extrinsics, np.array(size or (1.0, 1.0))]
    if not all(np.isfinite(array).all() for array in numbers) or (numbers[-1] <= 0).any():
        raise InputError("has a number that is missing or not finite", where, "calibrate again.")
    if min(matrix[0, 0], matrix[1, 1]) <= 0:
        what = f"has the focal lengths {matrix[0, 0]:g} and {matrix[1, 1]:g}"
        raise InputError(what, where, "give pixels above 0.")
    if np.abs([matrix[0, 1], matrix[1, 0], *(matrix[2] - [0, 0, 1])]).max() > _SKEW:
        what = "its camera matrix is not that of square axes, [fx 0 cx; 0 fy cy; 0 0 1]"
        raise InputError(what, where, "give it row by row, without skew.")
    if size is not None:
        _check_size(where, matrix, size)
    if not extrinsics:
        return Calibration(where, matrix, coefficients, size)
    unit = np.abs(extrinsics[0] @ extrinsics[0].T - np.eye(3)).max() < _DIGITS
    if not unit or np.linalg.det(extrinsics[0]) < 0:
        what = "its rotation is none: rows are not of length 1, at right angles, and right-handed"
        raise InputError(what, where, "calibrate again.")
    return Calibration(where, matrix, coefficients, size, *extrinsics)


def _check_size(where: str, matrix: np.ndarray, size: tuple[float, float]) -> None:
    """Refuse a camera whose numbers are not pixels of the images it says it is of."""
    longer = max(size)
    images = f"images of {size[0]:g} x {size[1]:g} px"
    if not _FOCAL[0] < matrix[0, 0] / longer < _FOCAL[1]:
        what = f"has the focal length {matrix[0, 0]:g}, which is none of {images}"
        raise InputError(what, where, "give pixels of these images.")
    if not (np.abs(matrix[:2, 2] - np.divide(size, 2)) < longer).all():
        what = f"has the principal point {matrix[0, 2]:g}, {matrix[1, 2]:g}, far outside {images}"
        raise InputError(what, where, "give pixels of these images.")
