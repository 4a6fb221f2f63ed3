"""True poses of one person on a video, and the errors of lifted ones.

An ``.npz``: ``pose`` ``(T, J, 3)``, camera frame, millimetres, absolute or root-relative, NaN where it
is not known; ``skeleton``, its joint set; ``frame`` ``(T,)``, numbers of the frames, from 0 on where not
given. ``lifting render`` writes such files.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from lifting.containers.arrays import load_npz
from lifting.containers.damage import DATA_ERRORS
from lifting.errors import InputError, located
from lifting.geometry import centre
from lifting.metrics.functional import mpjpe, n_mpjpe, pa_mpjpe
from lifting.skeletons import convert, skeleton

_METRICS = {"MPJPE": mpjpe, "PA-MPJPE": pa_mpjpe, "N-MPJPE": n_mpjpe}


@dataclass(frozen=True)
class TruePoses:
    """True poses of one person.

    Attributes:
        frames: Numbers of the frames ``(T,)``, rising.
        pose: Root-relative millimetres, camera frame ``(T, J, 3)``.
        skeleton: Their joint set.
    """

    frames: NDArray[np.int64]
    pose: NDArray[np.float64]
    skeleton: str

    def first_frames(self, count: int) -> NDArray[np.float64]:
        """Return the poses of the first frames of the video, NaN where they are not known."""
        poses = np.full((count, *self.pose.shape[1:]), np.nan)
        inside = self.frames < count
        poses[self.frames[inside]] = self.pose[inside]
        return poses

    def errors(self, frames: NDArray[np.int64], pose: NDArray[np.float32]) -> dict[str, float]:
        """Return the mean errors of lifted poses by name, millimetres; ``frames`` is their number.

        The poses are root-relative millimetres ``(N, J, 3)``, in the same joint set.

        Raises:
            InputError: If no frame has both.
        """
        _, lifted_rows, true_rows = np.intersect1d(frames, self.frames, return_indices=True)
        pair = [torch.from_numpy(x).double() for x in (pose[lifted_rows], self.pose[true_rows])]
        finite = torch.stack([x.flatten(1).isfinite().all(1) for x in pair]).all(0)
        if not finite.any():
            raise InputError("has no frame that was lifted", "--truth", "is it of this video?")
        lifted, true = (x[finite] for x in pair)
        errors = {name: float(metric(lifted, true).mean()) for name, metric in _METRICS.items()}
        return errors | {"frames": float(finite.sum())}


def read_true_poses(path: Path, joints: str) -> TruePoses:
    """Read true poses, converted to a joint set by joint name.

    Raises:
        InputError: If the file is not as described above, or the joints cannot be converted.
    """
    content = load_npz(path)
    try:
        pose = np.asarray(content["pose"], np.float64)
        name = str(content["skeleton"])
        frames = np.asarray(content.get("frame", np.arange(len(pose))), np.int64)
    except DATA_ERRORS as error:
        what = "has no numbers 'pose' with their joint set, 'skeleton'"
        raise InputError(what, path, "see docs/video.md.") from error
    if (
        pose.ndim != 3
        or pose.shape[1:] != (len(skeleton(name)), 3)
        or frames.shape != (len(pose),)
        or (frames[1:] <= frames[:-1]).any()
        or (frames < 0).any()
    ):
        shape = f"(frames, {len(skeleton(name))}, 3)"
        raise InputError(f"its 'pose' is not {shape}, or its 'frame' does not rise.", path)
    with located(path):
        converted = convert(torch.from_numpy(pose), name, joints)
    return TruePoses(frames, centre(converted, skeleton(joints).root).numpy(), joints)
