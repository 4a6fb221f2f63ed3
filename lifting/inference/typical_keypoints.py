"""Likelihood of keypoints under a flow over 2D poses, as a warning of what it has not seen."""

import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from lifting.errors import InputError
from lifting.geometry import head_scale, in_float64
from lifting.methods import PoseFlows
from lifting.skeletons import Skeleton, convert

# Keypoints are typical if their latent vector is no longer than those of this part of the flow's draws.
TYPICAL = 0.999


@torch.inference_mode()
def typical_keypoints(
    keypoints: Float[ndarray, "T K 2"], joints: Skeleton, flow: PoseFlows
) -> Float[Tensor, " T"]:
    """Return whether the keypoints of one person are typical of a flow, 1 or 0; NaN where some lack.

    Draws of a flow have standard normal latent vectors, whose squared length is chi-squared distributed,
    and so have the poses it was trained on as far as it has learnt them. The likelihood of a pose also
    has the determinant, which is large where poses differ little and no sign of a strange one.

    The person is scaled to the mean root-to-head distance of training, as images have other sizes.

    Args:
        keypoints: Pixels, NaN where one is not seen.
        joints: Their joint set.
        flow: The flow or flows; of several, a pose is typical of all or of none.

    Raises:
        InputError: If the flow sees another view, or the joint sets do not go together.
    """
    if flow.in_person_view:
        what = "The flow sees the view of the person, for which cameras are needed"
        raise InputError(what, remedy="name one that sees the image.")
    points = convert(torch.from_numpy(keypoints), joints.name, flow.hparams["keypoint_skeleton"])
    known = points.isfinite().all(-1).all(-1)
    typical = torch.full((len(points),), torch.nan, dtype=torch.float64)
    if not known.any():
        return typical
    seen, scale = in_float64(points[known]), flow.head_scale
    size = head_scale(seen, scale.root, scale.head)
    poses = scale((seen * (scale.scale.double() / size)).to(scale.scale))
    inside = torch.ones(len(poses), dtype=torch.bool)
    for name in flow.flows:
        latent = in_float64(flow.flow(name).to_latent(flow.part(poses, name)))
        half = torch.tensor(latent.shape[1] / 2, dtype=torch.float64)
        # The distribution function of chi-squared; NaN, of what a flow cannot map, is not inside.
        inside &= torch.special.gammainc(half, latent.square().sum(-1) / 2) <= TYPICAL
    typical[known] = inside.double()
    return typical
