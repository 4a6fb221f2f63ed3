"""Usable frames of a 2D source: how many show everybody whole, and how many enough to complete the rest.

LInKs (Hardy and Kim, WACV 2024, supplementary, table 1) counts them of detections, by action.
"""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from datamodules.store.clips import ClipStore
from lifting.skeletons import convert_confidence, skeleton
from lifting.skeletons.occlusion import REFUSED, choose_case

# The joint set whose parts are completed.
JOINTS = "h36m17"


@dataclass
class Usable:
    """Counts of some frames.

    Attributes:
        frames: Number of frames.
        whole: Of these, those in which every joint is seen.
        partial: Those in which a part is, from which the others can be completed.
        seen: Frames in which each joint is seen.
    """

    frames: int = 0
    whole: int = 0
    partial: int = 0
    seen: Float[Tensor, " J"] = field(default_factory=lambda: torch.zeros(len(skeleton(JOINTS))))

    def add(self, confidence: Float[Tensor, "T J"], least: float) -> None:
        """Count frames by the confidences of their joints."""
        visible = confidence >= least
        self.frames += len(visible)
        self.whole += int(visible.all(-1).sum())
        self.partial += int((choose_case(skeleton(JOINTS), visible) != REFUSED).sum())
        self.seen += visible.sum(0)

    def percent(self, count: float) -> float:
        """Return a count in percent of the frames."""
        return 100 * count / max(self.frames, 1)


def usable_frames(store: ClipStore, source: str, least: float) -> dict[str, Usable]:
    """Return the counts of each action, in alphabetical order, and those of ``all`` last.

    Args:
        store: The store.
        source: Its 2D source.
        least: Confidence from which on a keypoint counts as seen.

    Raises:
        InputError: If its joints cannot be converted to those of Human3.6M.
    """
    joints = store.info.sources[source]
    counts: dict[str, Usable] = {}
    total = Usable()
    for key in store.keys:
        stored = torch.from_numpy(store.keypoints(key, source)[..., 2])
        confidence = convert_confidence(stored, joints, JOINTS)
        for usable in (counts.setdefault(key.action, Usable()), total):
            usable.add(confidence, least)
    return {**dict(sorted(counts.items())), "all": total}
