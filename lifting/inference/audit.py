"""Audit of lifted poses: how plausible they are, told without truth."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from lifting.cameras import Camera, project
from lifting.inference.typical_keypoints import typical_keypoints
from lifting.methods import PoseFlows
from lifting.metrics.registry.anatomy import ANATOMY, INPUTS
from lifting.viz.people_page import ShownPerson

COLUMNS = tuple(metric.name for metric in (*ANATOMY, *INPUTS))


@dataclass(frozen=True)
class Audited:
    """What an audit says of the poses of one person, or of everyone.

    Attributes:
        name: Name of the person.
        frames: Number of frames.
        values: By column of :data:`COLUMNS` the mean, None where there is nothing to tell it from.
    """

    name: str
    frames: int
    values: dict[str, float | None]


def audit(
    person: ShownPerson, camera: Camera | None = None, flow: PoseFlows | None = None
) -> Audited:
    """Judge the poses of one person.

    Args:
        person: The poses; with keypoints and trajectory more can be told.
        camera: The camera that the trajectory is in the frame of.
        flow: Flow over 2D poses, by which keypoints are judged.

    Raises:
        InputError: If the flow does not go with the keypoints.
    """
    pose = torch.from_numpy(person.pose).double()
    found = {metric.name: metric(pose, person.joints) for metric in ANATOMY}
    points, joints = person.keypoints, person.keypoint_joints
    if points is not None and joints is not None:
        if flow is not None:
            found["typical_keypoints"] = 100 * typical_keypoints(points, joints, flow)
        if camera is not None and person.trajectory is not None:
            found["reprojection"] = reprojection(person, camera)
    return Audited(person.name, len(pose), {name: _mean(found.get(name)) for name in COLUMNS})


def together(audited: Sequence[Audited], name: str) -> Audited:
    """Return what is said of everyone, each frame counting once."""
    values: dict[str, float | None] = {}
    for column in COLUMNS:
        known = [(v, a.frames) for a in audited if (v := a.values[column]) is not None]
        frames = sum(count for _, count in known)
        values[column] = sum(v * count for v, count in known) / frames if known else None
    return Audited(name, sum(a.frames for a in audited), values)


def reprojection(person: ShownPerson, camera: Camera) -> Float[Tensor, "frames joints"]:
    """Return the distances of projected joints from their keypoints, pixels, of the joints of both."""
    assert person.keypoints is not None
    assert person.keypoint_joints is not None
    assert person.trajectory is not None
    shared = [j for j in person.joints.joints if j in person.keypoint_joints.joints]
    root = torch.from_numpy(person.trajectory).double()[:, None]
    pose = torch.from_numpy(person.pose).double()[:, person.joints.indices(shared)] + root
    points = torch.from_numpy(person.keypoints).double()
    points = points[:, person.keypoint_joints.indices(shared)]
    return (project(pose, camera.to(torch.float64)) - points).norm(dim=-1)


def _mean(values: Tensor | None) -> float | None:
    mean = torch.tensor(torch.nan) if values is None else values.double().nanmean()
    return mean.item() if mean.isfinite() else None
