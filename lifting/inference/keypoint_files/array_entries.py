"""Entries of an ``.npz`` of keypoints, which mean the same whatever stands beside them."""

from pathlib import Path
from typing import Any

from lifting.errors import InputError, Option, Phrase
from lifting.inference.options import ReadOptions
from lifting.skeletons import SKELETONS, skeleton

# What keypoints and confidences are called; ``reconstruction`` by the video demos of VideoPose3D's
# successors, ``scores`` by rtmlib, ``keypoint_scores`` by MMPose.
KEYPOINTS = ("keypoints", "landmarks", "pose_landmarks", "reconstruction", "arr_0")
CONFIDENCES = ("confidence", "scores", "keypoint_scores")


def first_of(content: dict[str, Any], names: tuple[str, ...]) -> str | None:
    """Return the first of some names that there is."""
    return next((name for name in names if name in content), None)


def joint_set_of(path: Path, content: dict[str, Any], count: int, options: ReadOptions) -> str:
    """Return the joint set that a file names, or the options, or the only one that has so many joints.

    Raises:
        InputError: If that is not known, or contradictory.
    """
    stored = str(content["skeleton"]) if "skeleton" in content else None
    if stored is not None and options.skeleton not in (None, stored):
        raise InputError(
            f"holds {stored}, not {options.skeleton}", path, Phrase("drop {}.", Option("skeleton"))
        )
    name = options.skeleton or stored
    if name is None:
        fits = [s.name for s in SKELETONS.values() if len(s) == count]
        if len(fits) != 1:
            candidates = f"may be {', '.join(fits)}" if fits else "are those of no joint set"
            raise InputError(
                f"{count} keypoints {candidates}",
                path,
                Phrase("name it with {}.", Option("skeleton")),
            )
        name = fits[0]
    if (own := len(skeleton(name))) != count:
        what = f"has {count} keypoints, but '{name}' has {own}"
        raise InputError(what, path, Phrase("name another {}.", Option("skeleton")))
    return name
