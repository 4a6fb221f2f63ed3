"""Errors of every pose that a run predicted, their summary and the worst of them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Integer
from numpy import ndarray

from lifting.skeletons import Skeleton

# Name of a clip, and number of a frame in it.
FrameKey = tuple[str, int]

_QUANTILES = {"median": 50, "75 %": 75, "90 %": 90, "95 %": 95, "99 %": 99, "worst": 100}
# Of a cumulative curve; more cannot be told apart.
_POINTS = 200


@dataclass(frozen=True)
class PoseErrors:
    """Distances of predicted joints from the true ones.

    Attributes:
        joints: Joint set.
        clips: Names of the clips, as subject/sequence/camera.
        clip: Of each pose, an index into them.
        frame: Number of each pose in its clip.
        errors: Millimetres; NaN where the method refused to predict.
        store: The recordings with the truth: name and digest.
    """

    joints: Skeleton
    clips: Sequence[str]
    clip: Integer[ndarray, " N"]
    frame: Integer[ndarray, " N"]
    errors: Float[ndarray, "N J"]
    store: str

    @property
    def refused(self) -> Bool[ndarray, " N"]:
        """Poses that were refused, or a joint of them."""
        return np.isnan(self.errors).any(1)

    @property
    def by_frame(self) -> Float[ndarray, " N"]:
        """Mean over the joints of each pose; NaN where it was refused."""
        return self.errors.mean(1, dtype=np.float64)

    @property
    def by_joint(self) -> Float[ndarray, " J"]:
        """Mean of each joint over the poses that were not refused; NaN where all were."""
        known = self.errors[~self.refused]
        return known.mean(0, dtype=np.float64) if len(known) else np.full(len(self.joints), np.nan)

    @property
    def facts(self) -> dict[str, str]:
        """Joints, data and poses that were measured; the same for runs that predicted the same poses."""
        names = sorted({self.clips[clip] for clip in set(self.clip.tolist())})
        rank = np.array([names.index(name) if name in names else 0 for name in self.clips])
        order = np.lexsort((self.frame, rank[self.clip]))
        content = "\n".join(names).encode()
        content += np.stack([rank[self.clip], self.frame], 1)[order].astype("<i8").tobytes()
        digest = hashlib.sha256(content).hexdigest()[:8]
        clips = f"{len(names):,} clip{'' if len(names) == 1 else 's'}"
        return {
            "joint set": self.joints.name,
            "data": self.store,
            "predicted": f"{len(self.frame):,} poses of {clips} ({digest})",
        }

    def summary(self) -> dict[str, object]:
        """Return the number of poses, and mean and quantiles of their errors."""
        known = self.by_frame[~self.refused]
        if not len(known):
            known = np.array([np.nan])
        return {
            "poses": f"{len(self.errors):,}",
            "refused": f"{int(self.refused.sum()):,}",
            "mean": float(known.mean()),
            **{name: float(np.percentile(known, q)) for name, q in _QUANTILES.items()},
        }

    def cumulative(self, limit: float) -> tuple[list[float], list[float]]:
        """Return errors from zero to a limit, and the percentage of poses with no larger error."""
        points = np.linspace(0, limit, _POINTS)
        known = np.sort(self.by_frame[~self.refused])
        counted = np.searchsorted(known, points, side="right") / max(len(known), 1)
        return points.tolist(), (100 * counted).tolist()


def worst_frames(errors: PoseErrors, count: int) -> list[FrameKey]:
    """Return clip and frame of the worst poses, the worst first.

    Of each sequence, seen by whatever camera, there is one, as neighbouring frames look alike; where
    there are fewer sequences than that, they are joined by the worst of the other poses.
    """
    order = np.argsort(np.where(errors.refused, -np.inf, errors.by_frame), kind="stable")[::-1]
    order = order[: len(order) - int(errors.refused.sum())]
    first: dict[str, int] = {}
    for row in order.tolist():
        first.setdefault(errors.clips[errors.clip[row]].rpartition("/")[0], row)
    chosen = list(first.values())[:count]
    for row in order.tolist():
        if len(chosen) >= count:
            break
        if row not in chosen:
            chosen.append(row)
    # In the order of their errors again.
    rank = {row: n for n, row in enumerate(order.tolist())}
    chosen.sort(key=rank.__getitem__)
    return [(errors.clips[errors.clip[row]], int(errors.frame[row])) for row in chosen]
