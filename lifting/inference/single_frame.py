"""One 2D pose, what a lifter makes of it, and how far that is off where the truth is known."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lifting.cameras import Camera, nominal_camera, project
from lifting.errors import InputError
from lifting.geometry import centre
from lifting.inference.prediction import lift, load_lifter
from lifting.methods.bases.lifter import Lifter
from lifting.skeletons import Skeleton, convert
from lifting.skeletons import skeleton as joint_set

Array = NDArray[np.float64]


@dataclass(frozen=True)
class OnePose:
    """One lifted pose.

    Attributes:
        keypoints: Pixels ``(K, 2)``, NaN where nothing was seen.
        keypoint_joints: Their joint set.
        pose: Root-relative millimetres, camera frame, ``(J, 3)``.
        known: Whether each joint rests on a keypoint that was seen, ``(J,)``.
        joints: Joint set of the pose.
        method: Name of the method.
        truth: The true pose, root-relative as the pose is, or None.
        reprojected: The pose in pixels ``(J, 2)``, where it fits the keypoints best, if asked for.
    """

    keypoints: Array
    keypoint_joints: Skeleton
    pose: Array
    known: NDArray[np.bool_]
    joints: Skeleton
    method: str
    truth: Array | None = None
    reprojected: Array | None = None

    @property
    def errors(self) -> Array | None:
        """Distance of each joint from the true one, millimetres, or None without truth."""
        return None if self.truth is None else np.linalg.norm(self.pose - self.truth, axis=-1)

    def rows(self) -> list[dict[str, object]]:
        """Return a row per joint: millimetres in the camera frame, and what else is known of it."""
        errors = self.errors
        rows: list[dict[str, object]] = []
        for index, name in enumerate(self.joints.joints):
            x, y, z = self.pose[index].tolist()
            row: dict[str, object] = {"joint": name, "x right": x, "y down": y, "z away": z}
            if errors is not None:
                row["error"] = float(errors[index])
            if not self.known.all():
                row["keypoint"] = "seen" if self.known[index] else "not seen"
            rows.append(row)
        return rows

    def table(self) -> str:
        """Return the rows as text in columns, and below them the mean error where it is known."""
        rows = self.rows()
        lines = [[*rows[0]], *([_cell(value) for value in row.values()] for row in rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        text = [
            "  ".join(
                cell.rjust(width) if place else cell.ljust(width)
                for place, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        errors = self.errors
        if errors is not None and np.isfinite(errors).any():
            text.append(f"mean error (MPJPE) {np.nanmean(errors):.1f} mm")
        return "\n".join(text)


def _cell(value: object) -> str:
    if isinstance(value, float):
        # Of -0.04 the sign is left, which says nothing.
        return f"{round(value, 1) + 0.0:.1f}" if np.isfinite(value) else "-"
    return str(value)


def lift_one(
    keypoints: Array,
    checkpoint: str | Path | Lifter,
    row: int = 0,
    *,
    skeleton: str = "coco17",
    size: tuple[float, float] | None = None,
    camera: Camera | None = None,
    confidence: Array | None = None,
    truth: Array | None = None,
    truth_skeleton: str | None = None,
    reproject: bool = False,
    **options: Any,
) -> OnePose:
    """Lift one frame; lifters of sequences see the frames around it, as they do in a whole recording.

    Args:
        keypoints: Pixels of a recording ``(T, K, 2)`` of one person, of one frame or of many.
        checkpoint: A lifter's checkpoint, or the lifter.
        row: Which of the frames is wanted.
        skeleton: Joint set of the keypoints.
        size: Width and height of the image, pixels.
        camera: The camera, if it is known, instead of its image size.
        confidence: ``(T, K)``, 0 to 1.
        truth: The true pose of the frame in the camera frame, millimetres.
        truth_skeleton: Its joint set.
        reproject: Say where on the image the pose would be.
        **options: What else :func:`lifting.inference.prediction.lift` takes.

    Raises:
        InputError: If keypoints, checkpoint or options are wrong or do not go together.
    """
    method = checkpoint if isinstance(checkpoint, Lifter) else load_lifter(checkpoint)
    given = np.asarray(keypoints, np.float64)
    sure = np.ones(given.shape[:2]) if confidence is None else np.asarray(confidence)
    lifted = lift(
        given,
        method,
        skeleton=skeleton,
        size=size,
        camera=camera,
        confidence=sure,
        trajectory=reproject,
        **options,
    )
    joints = joint_set(lifted.skeleton)
    pose = lifted.pose[row].astype(np.float64)
    reprojected = None
    if lifted.trajectory is not None:
        lens = nominal_camera(*size) if camera is None and size is not None else camera
        assert lens is not None  # lift takes one of both
        place = torch.from_numpy(pose + lifted.trajectory[row])
        reprojected = project(place, lens.to(torch.float64)).numpy()
    return OnePose(
        np.where(sure[row, :, None] > 0, given[row, :, :2], np.nan),
        joint_set(skeleton),
        pose,
        lifted.known[row],
        joints,
        type(method).__name__,
        None if truth is None else _truth(truth, truth_skeleton or joints.name, joints),
        reprojected,
    )


def _truth(pose: Array, theirs: str, joints: Skeleton) -> Array | None:
    """Return the true pose as the lifter would give it, or None where its joints cannot be derived."""
    try:
        converted = convert(torch.from_numpy(pose).double(), theirs, joints.name)
    except InputError:
        return None
    return centre(converted, joints.root).numpy()
