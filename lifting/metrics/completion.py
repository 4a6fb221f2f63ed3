"""Errors of completed poses, over all joints and over the hidden ones."""

from jaxtyping import Float
from torch import Tensor

from lifting.geometry import optimal_scale, similarity_alignments
from lifting.metrics.functional import joint_error, mpjpe, n_mpjpe, pck

# The names of completion_errors, in the order of its result.
COMPLETION_ERRORS = (
    "pa_mpjpe",
    "pa_mpjpe_reflection",
    "n_mpjpe",
    "n_mpjpe_norm_ratio",
    "pck",
    "pa_mpjpe_hidden",
    "n_mpjpe_hidden",
)


def completion_errors(
    pred: Float[Tensor, "frames joints 3"],
    target: Float[Tensor, "frames joints 3"],
    hidden: list[int],
) -> dict[str, Float[Tensor, " frames"]]:
    """Return errors over all joints, and after the same alignment over the hidden ones, if any."""
    aligned, reflected = similarity_alignments(pred, target)
    placed = joint_error(aligned(pred), target)
    scaled = joint_error(optimal_scale(pred, target)[:, None, None] * pred, target)
    errors = {
        "pa_mpjpe": placed.mean(-1),
        "pa_mpjpe_reflection": mpjpe(reflected(pred), target),
        "n_mpjpe": scaled.mean(-1),
        "n_mpjpe_norm_ratio": n_mpjpe(pred, target, norm_ratio=True),
        "pck": 100 * pck(scaled),
    }
    if hidden:
        errors["pa_mpjpe_hidden"] = placed[:, hidden].mean(-1)
        errors["n_mpjpe_hidden"] = scaled[:, hidden].mean(-1)
    return errors
