"""Joint sets and the conversion between them by joint name.

A name stands for one anatomical point, so that two sets may be compared by name. Where datasets use
one word for two points, the points have two names here: Human3.6M's ``thorax`` lies at the base of
the neck, MPII's "thorax" (``chest``) about 17 px lower in a Human3.6M image; Human3.6M's
"Neck/Nose" (``face``) is neither MPII's ``neck`` nor a nose tip.
"""

from lifting.skeletons.base import NO_PARENT, Skeleton
from lifting.skeletons.conversion import conversion_matrix, convert, convert_confidence, places_in
from lifting.skeletons.joint_sets import DERIVED, SKELETONS, skeleton

__all__ = [
    "DERIVED",
    "NO_PARENT",
    "SKELETONS",
    "Skeleton",
    "conversion_matrix",
    "convert",
    "convert_confidence",
    "places_in",
    "skeleton",
]
