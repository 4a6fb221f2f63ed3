"""One lifted frame of a recording, with its errors where the true pose is known."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from lifting.cameras import nominal_camera, project
from lifting.errors import InputError
from lifting.geometry import centre
from lifting.inference.keypoint_files import TrackFrame
from lifting.inference.options import LiftOptions
from lifting.inference.prediction import lift_track
from lifting.methods.bases.lifter import Lifter
from lifting.skeletons import Skeleton, convert
from lifting.skeletons import skeleton as joint_set

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LiftedFrame:
    """The lifted pose of one frame.

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
                cell.rjust(width) if column else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(line, widths, strict=True))
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


def lift_frame(
    frame: TrackFrame, lifter: Lifter, options: LiftOptions, where: object, reproject: bool = False
) -> LiftedFrame:
    """Lift one frame; lifters of sequences see the frames around it, as they do in a whole recording.

    ``reproject`` says where on the image the pose would be.

    Raises:
        InputError: If keypoints, lifter and options do not go together.
    """
    track, row = frame.track, frame.row
    lifted = lift_track(track, lifter, replace(options, trajectory=reproject), where)
    joints = joint_set(lifted.skeleton)
    pose = lifted.pose[row].astype(np.float64)
    reprojected = None
    if lifted.trajectory is not None:
        camera = track.camera
        if camera is None:
            assert track.size is not None  # A track is lifted with one of both.
            camera = nominal_camera(*track.size)
        absolute = torch.from_numpy(pose + lifted.trajectory[row])
        reprojected = project(absolute, camera.to(torch.float64)).numpy()
    seen = track.confidence[row, :, None] > 0
    return LiftedFrame(
        np.where(seen, track.keypoints[row], np.nan),
        joint_set(track.skeleton),
        pose,
        lifted.known[row],
        joints,
        type(lifter).__name__,
        _true_pose(frame, joints),
        reprojected,
    )


def _true_pose(frame: TrackFrame, joints: Skeleton) -> Array | None:
    """Return the true pose as the lifter would give it, or None where its joints cannot be derived."""
    if frame.truth is None:
        return None
    try:
        truth = torch.from_numpy(frame.truth).double()
        converted = convert(truth, frame.truth_skeleton or joints.name, joints.name)
    except InputError:
        return None
    return centre(converted, joints.root).numpy()
