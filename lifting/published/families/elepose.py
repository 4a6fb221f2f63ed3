"""ElePose (Wandt et al.): the normalising flow, FrEIA's ``SequenceINN``.

Its statistics are the principal components that the flow sees: ``pca_mean`` and ``pca_components``,
whose vectors are all x, then all y, of head-normalised poses with the right arm before the left; and
``head_distance``, the mean distance of root and head in pixels.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from lifting.errors import InputError
from lifting.published.families.base import Layout, LifterFamily, Options, Pair
from lifting.published.families.common import axis_major, head_scale, places_right_arm_first
from lifting.published.shapes import ShapeReader
from lifting.published.statistics import Arrays, Statistics, checked_array, to_tensor

_TRANSFORM = "flows.full.flow._transform"
_PREPARATION = f"{_TRANSFORM}.preparation"


def _options(shapes: ShapeReader) -> Options:
    return {
        "parts": ["full"],
        "hidden": shapes.size("module_list.0.subnet.0.weight", 0),
        "blocks": shapes.count("module_list"),
        "pca": shapes.size("module_list.0.w_perm", 0),
        "input_noise": 0.0,
        "skeleton": "h36m17",
        "keypoint_skeleton": "h36m17",
    }


def _pairs(options: Options) -> list[Pair]:
    return [Pair(f"module_list.{i}", f"{_TRANSFORM}.blocks.{i}") for i in range(options["blocks"])]


def _published_indices() -> list[int]:
    """Return the indices of our values x0, y0, x1, ... in ElePose's x0, x1, ..., y0, y1, ..."""
    places = places_right_arm_first()
    return list(axis_major(len(places), 2, places))


def _to_buffers(options: Options, arrays: Arrays) -> dict[str, Tensor]:
    indices, count = _published_indices(), options["pca"]
    wide = len(indices)
    shapes = [(n, wide) for n in range(count, wide + 1)]
    components = checked_array(arrays, "pca_components", *shapes)[:count]
    if not np.allclose(components @ components.T, np.eye(count), atol=1e-3):
        what = "the rows of pca_components are not orthonormal"
        raise InputError(what, "--statistics", "give a component in each row.")
    return {
        f"{_PREPARATION}.mean": to_tensor(checked_array(arrays, "pca_mean", (wide,))[indices]),
        f"{_PREPARATION}.components": to_tensor(components[:, indices]),
        **head_scale(arrays),
    }


def _to_arrays(state: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    our_indices = np.argsort(_published_indices())
    return {
        "pca_mean": state[f"{_PREPARATION}.mean"][our_indices],
        "pca_components": state[f"{_PREPARATION}.components"][:, our_indices],
        "head_distance": state["head_scale.scale"],
    }


FAMILY = LifterFamily(
    name="ElePose",
    methods=("PoseFlows",),
    infer=_options,
    layouts=(Layout(_pairs, "module_list.0.w_perm"),),
    fixed=lambda options: {"parts": ["full"], "drop_root": False, "standardise": False},
    statistics=Statistics(_to_buffers, _to_arrays),
    # Refuses matrices that are no rotations.
    check=lambda method, tensors: method.flow("full").import_freia_state(tensors),
)
