"""How far a 2D source lies from the projection of the poses."""

import numpy as np
from numpy.typing import NDArray

from datamodules.store.clips import ClipKey, ClipStore
from lifting.skeletons import skeleton


def reprojection_errors(store: ClipStore, key: ClipKey, source: str) -> NDArray[np.float32]:
    """Return the distances of a 2D source from ``gt``, pixels ``(N,)``.

    Compared are the joints that both have; what a source did not see is left out.
    """
    mine, theirs = (skeleton(store.info.sources[name]) for name in ("gt", source))
    common = [j for j in mine.joints if j in theirs.joints]
    projected = store.keypoints(key, "gt")[:, mine.indices(common), :2]
    detected = store.keypoints(key, source)[:, theirs.indices(common)]
    distance = np.linalg.norm(projected - detected[..., :2], axis=-1)
    return distance[detected[..., 2] > 0]
