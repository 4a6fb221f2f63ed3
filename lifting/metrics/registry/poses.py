"""Metrics of 3D poses."""

from torch import Tensor

from lifting.metrics.functional import (
    acceleration_error,
    auc,
    cps,
    n_mpjpe,
    pck,
    spread,
    velocity_error,
)
from lifting.metrics.pairs import HypothesesPair, PosePair
from lifting.metrics.registry.metric import Metric
from lifting.on_device import indices


def _of(errors: Tensor, joints: list[int]) -> Tensor:
    return errors[:, indices(joints, errors.device)]


PA_MPJPE = Metric[[PosePair]](
    "pa_mpjpe",
    "mm",
    "PA-MPJPE, P-MPJPE, protocol 2: MPJPE after the similarity (scale, rotation, translation) that fits "
    "each frame best by least squares, **proper rotations only**",
    lambda pair: pair.pa_mpjpe,
    validation=True,
    card=True,
    headline=True,
    title="PA-MPJPE",
)
N_MPJPE = Metric[[PosePair]](
    "n_mpjpe",
    "mm",
    "N-MPJPE, protocol 3: MPJPE after the scale that fits each frame best by least squares, "
    "`<target, pred> / <pred, pred>`",
    lambda pair: pair.scaled_errors.mean(-1),
    card=True,
    title="N-MPJPE",
)
PA_MPJPE_REFLECTION = Metric[[PosePair]](
    "pa_mpjpe_reflection",
    "mm",
    "legacy: as `pa_mpjpe`, mirrored fits allowed (ElePose, LInKs)",
    lambda pair: pair.pa_mpjpe_reflection,
    console=False,
    title="PA-MPJPE, mirrored fits",
)
N_MPJPE_NORM_RATIO = Metric[[PosePair]](
    "n_mpjpe_norm_ratio",
    "mm",
    "legacy: as `n_mpjpe`, the scale is the ratio of the norms (ElePose, LInKs)",
    lambda pair: n_mpjpe(pair.pred, pair.target, norm_ratio=True),
    console=False,
    title="N-MPJPE, ratio of norms",
)

# Of single frames, root-relative: each function returns a value per frame.
POSES: tuple[Metric[[PosePair]], ...] = (
    Metric(
        "mpjpe",
        "mm",
        "MPJPE, protocol 1: mean distance of a joint from its target",
        lambda pair: pair.errors.mean(-1),
        validation=True,
        card=True,
        headline=True,
        title="MPJPE",
    ),
    PA_MPJPE,
    Metric(
        "mirrored",
        "%",
        "frames that fit better when mirrored: their depth is upside down",
        lambda pair: 100 * (pair.pa_mpjpe_reflection < pair.pa_mpjpe).to(pair.pred.dtype),
        validation=True,
        title="mirrored",
    ),
    N_MPJPE,
    Metric(
        "pck",
        "%",
        "PCK@150: joints nearer than 150 mm; exactly 150 is out",
        lambda pair: 100 * pck(pair.errors),
        higher_is_better=True,
        card=True,
        title="PCK@150",
    ),
    Metric(
        "auc",
        "%",
        "AUC: mean PCK over the 31 thresholds 0, 5, …, 150 mm",
        lambda pair: 100 * auc(pair.errors),
        higher_is_better=True,
        card=True,
        title="AUC",
    ),
    Metric(
        "cps",
        "of 301",
        "CPS: number of thresholds 0, 1, …, 300 mm that the worst joint of a Procrustes-aligned pose "
        "meets",
        lambda pair: cps(pair.aligned_errors),
        higher_is_better=True,
        console=False,
        title="CPS",
    ),
    PA_MPJPE_REFLECTION,
    N_MPJPE_NORM_RATIO,
)

# Of consecutive frames of one clip: each function takes predicted and true poses, in order.
MOTION: tuple[Metric[[Tensor, Tensor]], ...] = (
    Metric(
        "mpjve",
        "mm/frame",
        "MPJVE: error of the difference between neighbouring frames",
        velocity_error,
        order=1,
        card=True,
        title="MPJVE",
    ),
    Metric(
        "acceleration",
        "mm/frame²",
        "Accel: error of the second difference over frames",
        acceleration_error,
        order=2,
        console=False,
        title="acceleration error",
    ),
)

TRAJECTORY: tuple[Metric[...], ...] = (
    Metric(
        "root_error",
        "mm",
        "distance of the root from its true position",
        title="root error",
    ),
    Metric(
        "absolute_mpjpe",
        "mm",
        "mean distance of a joint from its target in the camera frame",
        title="absolute MPJPE",
    ),
)

# Of several hypotheses of each frame: the prediction that other metrics are of is their mean.
HYPOTHESES: tuple[Metric[[HypothesesPair]], ...] = (
    Metric(
        "mpjpe_single",
        "mm",
        "expected error of one drawn hypothesis: mean of the hypotheses' `mpjpe`",
        lambda pair: pair.mpjpe.mean(-1),
        title="MPJPE, one hypothesis",
    ),
    Metric(
        "pa_mpjpe_single",
        "mm",
        "the same of `pa_mpjpe`",
        lambda pair: pair.pa_mpjpe.mean(-1),
        console=False,
        title="PA-MPJPE, one hypothesis",
    ),
    Metric(
        "mpjpe_best_of_n",
        "mm",
        "`mpjpe` of that hypothesis of each frame that is nearest to the truth: **an oracle chooses**, "
        "and the more hypotheses, the lower; not to be compared with `mpjpe`",
        lambda pair: pair.mpjpe.amin(-1),
        title="MPJPE, best of N",
    ),
    Metric(
        "pa_mpjpe_best_of_n",
        "mm",
        "the same of `pa_mpjpe`, by which the hypothesis is chosen then",
        lambda pair: pair.pa_mpjpe.amin(-1),
        console=False,
        title="PA-MPJPE, best of N",
    ),
    Metric(
        "spread",
        "mm",
        "root mean square distance of a joint from its mean over the hypotheses, mean over the joints: "
        "how sure the lifter is, not how right",
        lambda pair: spread(pair.pred).mean(-1),
        higher_is_better=None,
        title="spread of hypotheses",
    ),
)

# Of completed poses: over all joints, and after the same fit over the hidden ones.
COMPLETION: tuple[Metric[[PosePair]], ...] = (
    PA_MPJPE,
    PA_MPJPE_REFLECTION,
    N_MPJPE,
    N_MPJPE_NORM_RATIO,
    Metric(
        "pck",
        "%",
        "N-PCK@150: PCK after the scale of `n_mpjpe`",
        lambda pair: 100 * pck(pair.scaled_errors),
        higher_is_better=True,
        card=True,
        title="N-PCK@150",
    ),
)
HIDDEN: tuple[Metric[[PosePair, list[int]]], ...] = (
    Metric(
        "pa_mpjpe_hidden",
        "mm",
        "`pa_mpjpe` over the hidden joints, after the fit of all",
        lambda pair, hidden: _of(pair.aligned_errors, hidden).mean(-1),
        title="PA-MPJPE, hidden joints",
    ),
    Metric(
        "n_mpjpe_hidden",
        "mm",
        "`n_mpjpe` over the hidden joints, after the fit of all",
        lambda pair, hidden: _of(pair.scaled_errors, hidden).mean(-1),
        console=False,
        title="N-MPJPE, hidden joints",
    ),
)
