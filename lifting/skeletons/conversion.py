"""Conversion of poses between joint sets, by joint name."""

from functools import lru_cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from lifting.errors import InputError
from lifting.skeletons.base import Skeleton
from lifting.skeletons.joint_sets import DERIVED, skeleton


def convert(
    x: Float[Tensor, "*batch joints coordinates"], src: str, dst: str
) -> Float[Tensor, "*batch joints_out coordinates"]:
    """Convert poses from one joint set to another.

    Joints are matched by name; a joint the source lacks is derived by the first rule of
    ``joint_sets.DERIVED`` whose joints the source has. Works for 2D and 3D alike, because the
    weights of every rule add up to one. A joint that is NaN spoils only those derived from it.

    Args:
        x: Poses in the source joint set.
        src: Name of the source joint set.
        dst: Name of the target joint set.

    Raises:
        InputError: If ``x`` has another number of joints than ``src``, or a joint of ``dst`` can be
            neither found nor derived.

    Example:
        >>> convert(torch.rand(5, 17, 2), "coco17", "h36m17").shape
        torch.Size([5, 17, 2])
    """
    _check_count(x.shape[-2], src)
    if src == dst:
        return x
    index, weights = (table.to(x.device) for table in _conversion_table(src, dst))
    return (x[..., index, :] * weights.to(x)[..., None]).sum(-2)


def _check_count(joints: int, name: str) -> None:
    if joints != len(skeleton(name)):
        counts = f"have {len(skeleton(name))} joints, these have {joints}"
        raise InputError(f"Poses of skeleton '{name}' {counts}: name the skeleton they are in.")


def convert_confidence(
    confidence: Float[Tensor, "*batch joints"], src: str, dst: str
) -> Float[Tensor, "*batch joints_out"]:
    """Convert confidences: a derived joint has the lowest confidence of its sources.

    Raises:
        InputError: As :func:`convert`.
    """
    _check_count(confidence.shape[-1], src)
    if src == dst:
        return confidence
    index, _ = _conversion_table(src, dst)
    return confidence[..., index.to(confidence.device)].amin(-1)


@lru_cache
@torch.inference_mode(False)  # The cached tables must serve training after validation.
def _conversion_table(
    src: str, dst: str
) -> tuple[Int[Tensor, "joints_out sources"], Float[Tensor, "joints_out sources"]]:
    """Return for each joint of ``dst`` its sources, the first repeated as filler, and weights."""
    matrix = conversion_matrix(src, dst)
    most = int((matrix != 0).sum(-1).max())
    index = matrix.abs().argsort(-1, descending=True)[:, :most]
    weights = matrix.gather(-1, index)
    return torch.where(weights == 0, index[:, :1], index), weights


def conversion_matrix(src: str, dst: str) -> Float[Tensor, "joints_out joints"]:
    """Return the matrix that turns joints of ``src`` into joints of ``dst``.

    Raises:
        InputError: If a joint of ``dst`` can be neither found nor derived; it names all of them.
    """
    source, target = skeleton(src), skeleton(dst)
    rows = [derivation(joint, source) for joint in target.joints]
    missing = [j for j, row in zip(target.joints, rows, strict=True) if row is None]
    if missing:
        what = f"Skeleton '{src}' cannot be converted to '{dst}'"
        raise InputError(f"{what}: nothing to derive {', '.join(missing)} from.")
    matrix = torch.zeros(len(target), len(source), dtype=torch.float64)
    for index, row in enumerate(rows):
        for joint, weight in (row or {}).items():
            matrix[index, source.index(joint)] = weight
    return matrix


def places_in(src: str, dst: str) -> tuple[int, ...]:
    """Return which joints of ``src`` are those of ``dst``, by name or by a name that stands for one.

    Args:
        src: Name of the joint set to look in.
        dst: Name of the joint set to look for.

    Raises:
        InputError: If ``src`` lacks one of them, or it would be a mean of several.

    Example:
        >>> places_in("mpi3dhp17", "humaneva15")[:3]
        (0, 8, 11)
    """
    source, target = skeleton(src), skeleton(dst)
    rows = {joint: derivation(joint, source) or {} for joint in target.joints}
    lacking = [joint for joint, row in rows.items() if len(row) != 1]
    if lacking:
        what = f"Skeleton '{src}' does not have {', '.join(lacking)} of '{dst}'"
        raise InputError(what, remedy="choose a joint set whose joints all are among its own.")
    return tuple(source.index(next(iter(row))) for row in rows.values())


def derivation(joint: str, source: Skeleton) -> dict[str, float] | None:
    """Return the weights of a joint set's joints in one that it has or derives, None where it cannot.

    Example:
        >>> derivation("pelvis", skeleton("coco17"))
        {'left_hip': 0.5, 'right_hip': 0.5}
    """
    return _resolve(joint, source, ())


def _resolve(joint: str, source: Skeleton, visited: tuple[str, ...]) -> dict[str, float] | None:
    """Express a joint as weights on source joints, or None; ``visited`` guards against cycles."""
    if joint in source.joints:
        return {joint: 1.0}
    if joint in visited:
        return None
    for rule in DERIVED.get(joint, ()):
        total: dict[str, float] = {}
        for name, weight in rule.items():
            row = _resolve(name, source, (*visited, joint))
            if row is None:
                break
            for key, value in row.items():
                total[key] = total.get(key, 0.0) + weight * value
        else:
            return total
    return None
