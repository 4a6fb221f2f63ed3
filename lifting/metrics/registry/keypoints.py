"""Metrics of 2D keypoints, and of the poses that lifters make of them."""

from lifting.metrics import keypoints
from lifting.metrics.oks import oks_sigmas
from lifting.metrics.pairs import KeypointPair
from lifting.metrics.registry.metric import Metric

# Of 2D keypoints: each function returns a value per joint, NaN where it does not count.
KEYPOINTS: tuple[Metric[[KeypointPair]], ...] = (
    Metric(
        "epe",
        "pixels",
        "EPE: mean of `d`",
        lambda pair: keypoints.epe(pair.pred, pair.target, pair.labelled),
        validation=True,
        card=True,
        headline=True,
        title="EPE",
    ),
    Metric(
        "pdj",
        "%",
        "PDJ@0.2 (Toshev and Szegedy, CVPR 2014): joints with `d < 0.2 · torso`, the true distance from "
        "left shoulder to right hip; people with one of these two not labelled are left out",
        lambda pair: keypoints.pdj(pair.pred, pair.target, pair.labelled, pair.joints),
        higher_is_better=True,
        validation=True,
        card=True,
        headline=True,
        title="PDJ@0.2",
    ),
    Metric(
        "pckh",
        "%",
        "PCKh@0.5 (Andriluka et al., CVPR 2014): joints with `d ≤ 0.5 · head`, the true distance from "
        "the top of the head to the neck; pelvis and chest are left out, as in MPII's mean, and people "
        "with an end of the head not labelled",
        lambda pair: keypoints.pckh(pair.pred, pair.target, pair.labelled, pair.joints),
        higher_is_better=True,
        needs=keypoints.head_segment,
        card=True,
        title="PCKh@0.5",
    ),
    Metric(
        "pck",
        "%",
        "PCK@0.2 (Yang and Ramanan, TPAMI 2013): joints with `d < 0.2 · max(width, height)` of the "
        "person's box",
        lambda pair: keypoints.pck(pair.pred, pair.target, pair.labelled, pair.box),
        higher_is_better=True,
        card=True,
        title="PCK@0.2",
    ),
    Metric(
        "pdj_all_joints",
        "%",
        "legacy, PDJ of L2D-Pose: as `pdj`, of all joints with a position though not labelled",
        lambda pair: keypoints.pdj(
            pair.pred, pair.target, pair.labelled, pair.joints, all_joints=True
        ),
        higher_is_better=True,
        console=False,
        title="PDJ@0.2, all joints",
    ),
)
# Each function returns a value per person.
PEOPLE: tuple[Metric[[KeypointPair]], ...] = (
    Metric(
        "oks",
        "%",
        "OKS (COCO): mean over a person's labelled joints of `exp(-d² / (2 · area · (2 s)²))`, the "
        "joint's constant `s`",
        lambda pair: 100 * pair.similarity,
        higher_is_better=True,
        needs=oks_sigmas,
        card=True,
        title="OKS",
    ),
)
# Of all people together, in the order of lifting.metrics.oks.average_precision.
PRECISIONS: tuple[Metric[...], ...] = (
    Metric(
        "ap",
        "%",
        "AP (COCO): mean of AP at the OKS thresholds 0.5, 0.55, …, 0.95",
        higher_is_better=True,
        card=True,
        title="AP",
    ),
    Metric(
        "ap50",
        "%",
        "AP50 (COCO): a prediction is right where its OKS is at least 0.5; precision over recall with "
        "people ranked by score, interpolated at the recalls 0, 0.01, …, 1",
        higher_is_better=True,
        title="AP50",
    ),
    Metric(
        "ap75",
        "%",
        "AP75 (COCO): the same at 0.75",
        higher_is_better=True,
        title="AP75",
    ),
    Metric(
        "ar",
        "%",
        "AR (COCO): people who are right, mean over the thresholds of `ap`",
        higher_is_better=True,
        title="AR",
    ),
)

# Of the poses that lifters make of detected keypoints; the same for PA-MPJPE.
LIFTED: tuple[Metric[...], ...] = tuple(
    Metric(
        f"{name}{suffix}",
        "mm",
        f"{title} {how}",
        # Of each lifter, and of the median, MPJPE alone: a screen has room for no more.
        console=not suffix or (name == "mpjpe" and suffix in ("_<lifter>", "_median")),
        card=not suffix,
        title=f"{title}{shown}",
    )
    for suffix, shown, how in (
        (
            "",
            "",
            "through the lifters that training uses, or through all where it uses none: their mean",
        ),
        ("_<lifter>", ", <lifter>", "through one lifter"),
        (
            "_unseen",
            ", unseen lifters",
            "through the lifters that training does not use: their mean",
        ),
        (
            "_median",
            ", median of lifters",
            "of the element-wise median of all lifted poses (L2D-Pose's ensemble)",
        ),
        (
            "_truth_<lifter>",
            ", truth through <lifter>",
            "of the true keypoints through one lifter: the best it could do",
        ),
    )
    for name, title in (("mpjpe", "MPJPE"), ("pa_mpjpe", "PA-MPJPE"))
)
