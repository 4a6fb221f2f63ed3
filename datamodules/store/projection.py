"""Projections of poses as a 2D source, and the distance of another source from them."""

import numpy as np
from numpy.typing import NDArray

from datamodules.store.clips import ClipKey, ClipStore
from lifting.skeletons import skeleton


def with_confidence(points: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return keypoints ``(T, J, 3)``: pixels ``(T, J, 2)`` with confidence 1."""
    return np.concatenate([points, np.ones_like(points[..., :1])], -1, dtype=np.float32)


def reprojection_errors(store: ClipStore, key: ClipKey, source: str) -> NDArray[np.float32]:
    """Return the distances of a 2D source from ``gt``, pixels ``(N,)``.

    Joints that both have are compared; those that the source did not see are left out.
    """
    exact, estimated = (skeleton(store.info.sources[name]) for name in ("gt", source))
    common = [j for j in exact.joints if j in estimated.joints]
    projected = store.keypoints(key, "gt")[:, exact.indices(common), :2]
    detected = store.keypoints(key, source)[:, estimated.indices(common)]
    distance = np.linalg.norm(projected - detected[..., :2], axis=-1)
    return distance[detected[..., 2] > 0]
