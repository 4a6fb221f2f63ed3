"""Projections of poses as a 2D source, and the distance of another source from them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from datamodules.store.clips import ClipKey, ClipStore
from lifting.skeletons import skeleton

# What detectors, cameras and conversions get wrong: whether left and right are exchanged, and which axis
# of the image is turned round.
MISTAKES: dict[str, tuple[bool, int | None]] = {
    "left and right exchanged": (True, None),
    "the image mirrored": (False, 0),
    "the image mirrored, and left and right exchanged": (True, 0),
    "y pointing up": (False, 1),
    "y pointing up, and left and right exchanged": (True, 1),
}
# Share of the error below which one of them is likely.
_MUCH_BETTER = 0.6


def with_confidence(points: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return keypoints ``(T, J, 3)``: pixels ``(T, J, 2)`` with confidence 1."""
    return np.concatenate([points, np.ones_like(points[..., :1])], -1, dtype=np.float32)


def reprojection_errors(
    store: ClipStore, key: ClipKey, source: str, mistake: str | None = None
) -> NDArray[np.float32]:
    """Return the distances of a 2D source from ``gt``, pixels ``(N,)``.

    Joints that both have are compared; those that the source did not see are left out.

    Args:
        store: The store.
        key: The clip.
        source: The 2D source.
        mistake: One of :data:`MISTAKES`, which is undone first.
    """
    exact, estimated = (skeleton(store.info.sources[name]) for name in ("gt", source))
    common = [j for j in exact.joints if j in estimated.joints]
    projected = store.keypoints(key, "gt")[:, exact.indices(common), :2]
    detected = store.keypoints(key, source)
    if mistake is not None:
        exchanged, axis = MISTAKES[mistake]
        detected = detected[:, estimated.mirror] if exchanged else detected.copy()
        if axis is not None:
            detected[..., axis] = float(store.camera(key).size[axis]) - detected[..., axis]
    detected = detected[:, estimated.indices(common)]
    distance = np.linalg.norm(projected - detected[..., :2], axis=-1)
    return distance[detected[..., 2] > 0]


def likely_mistake(
    store: ClipStore, keys: Sequence[ClipKey], source: str
) -> tuple[str, float] | None:
    """Return what a 2D source of some clips fits much better without, and the median error then.

    Keypoints that are right fit worse with any of :data:`MISTAKES`, or hardly better where left and
    right lie close to each other, of people seen from the side.

    Returns:
        The mistake, and the error in pixels; or None.
    """
    median = _median(store, keys, source, None)
    errors = {mistake: _median(store, keys, source, mistake) for mistake in MISTAKES}
    best = min(errors, key=lambda mistake: errors[mistake])
    return (best, errors[best]) if errors[best] < _MUCH_BETTER * median else None


def _median(store: ClipStore, keys: Sequence[ClipKey], source: str, mistake: str | None) -> float:
    errors = np.concatenate([reprojection_errors(store, key, source, mistake) for key in keys])
    return float(np.median(errors)) if len(errors) else np.inf
