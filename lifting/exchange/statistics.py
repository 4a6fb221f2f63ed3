"""Statistics that belong to published weights but lie in another file, or in none.

SimpleBaseline's mean and deviation of every coordinate: ``mean_2d`` and ``std_2d`` in pixels,
``mean_3d`` and ``std_3d`` of root-relative millimetres, joint by joint in the order of the joint sets.
ElePose's principal components: ``pca_mean`` and ``pca_components``, whose vectors are all x, then all y,
of head-normalised poses with the right arm before the left; and ``head_distance``, the mean distance of
root and head in pixels.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lifting.errors import InputError
from lifting.methods import PoseFlows, SimpleBaseline
from lifting.methods.bases.method import Method
from lifting.skeletons import skeleton

Arrays = Mapping[str, Any]

_PREPARATION = "flows.full.flow._transform.preparation"


def import_statistics(method: Method, arrays: Arrays | None) -> dict[str, Tensor]:
    """Return the statistics of a method by the names of its buffers.

    Args:
        method: The method, whose options count only.
        arrays: Arrays by name, None where none are given.

    Raises:
        InputError: If they are missing, not needed or of another shape.
    """
    if isinstance(method, SimpleBaseline):
        return _of_simple_baseline(method, arrays or {})
    if isinstance(method, PoseFlows):
        return _of_elepose(method, arrays or {})
    if arrays is not None:
        raise InputError(f"a {type(method).__name__} has none", "--statistics", "leave them out.")
    return {}


def export_statistics(method: Method) -> dict[str, NDArray[Any]]:
    """Return the statistics of a method as arrays that :func:`import_statistics` takes."""
    state = {name: value.numpy() for name, value in method.state_dict().items()}
    if isinstance(method, SimpleBaseline):
        keypoints, pose = "standardise_keypoints", "standardise_pose"
        return {
            "mean_2d": state[f"{keypoints}.mean"],
            "std_2d": state[f"{keypoints}.deviation"],
            "mean_3d": state[f"{pose}.mean"],
            "std_3d": state[f"{pose}.deviation"],
        }
    if isinstance(method, PoseFlows):
        # The place of each of the published values among ours.
        places = np.argsort(_published_places())
        return {
            "pca_mean": state[f"{_PREPARATION}.mean"][places],
            "pca_components": state[f"{_PREPARATION}.components"][:, places],
            "head_distance": state["head_scale.scale"],
        }
    return {}


def _of_simple_baseline(method: SimpleBaseline, arrays: Arrays) -> dict[str, Tensor]:
    h = method.hparams
    keypoints, pose = len(skeleton(h["keypoint_skeleton"])), skeleton(h["skeleton"])
    found = {}
    for key, name in (("mean", "mean"), ("std", "deviation")):
        found[f"standardise_keypoints.{name}"] = _array(arrays, f"{key}_2d", (keypoints, 2))
        shapes = [(len(pose), 3)]
        if not h["predict_root"]:
            shapes.append((len(pose) - 1, 3))
        values = _array(arrays, f"{key}_3d", *shapes)
        if len(values) < len(pose):
            # The root, which is always zero.
            values = np.insert(values, pose.root, 0.0, axis=0)
        found[f"standardise_pose.{name}"] = values
    for name, values in found.items():
        if name.endswith("deviation") and (values < 0).any():
            raise InputError(
                "some deviations are negative", "--statistics", "check std_2d and std_3d."
            )
    return {name: _tensor(values) for name, values in found.items()}


def _of_elepose(method: PoseFlows, arrays: Arrays) -> dict[str, Tensor]:
    places, count = _published_places(), method.hparams["pca"]
    wide = len(places)
    components = _array(arrays, "pca_components", *((n, wide) for n in range(count, wide + 1)))
    components = components[:count]
    if not np.allclose(components @ components.T, np.eye(count), atol=1e-3):
        raise InputError(
            "the rows of pca_components are not orthonormal",
            "--statistics",
            "give a component in each row.",
        )
    distance = _array(arrays, "head_distance", ())
    if distance <= 0:
        raise InputError("head_distance is not positive", "--statistics", "give pixels.")
    return {
        f"{_PREPARATION}.mean": _tensor(_array(arrays, "pca_mean", (wide,))[places]),
        f"{_PREPARATION}.components": _tensor(components[:, places]),
        "head_scale.scale": _tensor(distance),
    }


def _published_places() -> list[int]:
    """Where each of our values x0, y0, x1, ... is in ElePose's vectors x0, x1, ..., y0, y1, ..."""
    ours = skeleton("h36m17").joints
    arms = [joint for joint in ours if joint.endswith(("shoulder", "elbow", "wrist"))]
    right_first = [j for side in ("right", "left") for j in arms if j.startswith(side)]
    theirs = [joint for joint in ours if joint not in arms] + right_first
    return [axis * len(ours) + theirs.index(joint) for joint in ours for axis in (0, 1)]


def _array(arrays: Arrays, name: str, *shapes: tuple[int, ...]) -> NDArray[np.float64]:
    """Return one of the arrays in the first of the shapes that it has the length of."""
    if name not in arrays:
        there = ", ".join(map(str, arrays)) or "nothing"
        raise InputError(
            f"needs {name}, which published weights do not hold: give --statistics an .npz file with "
            "it (docs/weights.md)",
            remedy=f"there is {there}.",
        )
    try:
        values = np.asarray(arrays[name], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} holds no numbers", "--statistics", "check the file.") from error
    if not np.isfinite(values).all():
        raise InputError(f"{name} is not finite everywhere", "--statistics", "check the file.")
    for shape in shapes:
        if values.size == int(np.prod(shape)):
            return values.reshape(shape)
    raise InputError(
        f"{name} has the shape {values.shape}, not {' or '.join(map(str, shapes[:2]))}",
        "--statistics",
        "give it for the joints of the file.",
    )


def _tensor(values: NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(np.array(values, dtype=np.float32))
