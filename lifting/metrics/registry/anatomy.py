"""Metrics of poses whose truth is not known: ``lifting audit``."""

from torch import Tensor

from lifting.metrics import anatomy
from lifting.metrics.registry.metric import Metric
from lifting.skeletons import Skeleton

# Each function takes the poses of one person in the order of the frames, and their joint set; it returns
# a value per frame, per segment, or per frame and side, NaN where it does not count.
ANATOMY: tuple[Metric[[Tensor, Skeleton]], ...] = (
    Metric(
        "limb_asymmetry",
        "%",
        "difference of left and right over their mean, of upper arms, forearms, thighs and shanks",
        lambda pose, joints: 100 * anatomy.limb_asymmetry(pose, joints),
        title="limb asymmetry",
    ),
    Metric(
        "bone_variation",
        "%",
        "standard deviation over the frames of a person over the mean, of the lengths of the same",
        lambda pose, joints: 100 * anatomy.bone_variation(pose, joints),
        title="bone variation",
    ),
    Metric(
        "wrong_knees",
        "%",
        "knees that are bent the wrong way: by 20° or more, within 45° of forwards",
        lambda pose, joints: 100 * anatomy.bent_wrongly(pose, joints, anatomy.LEG),
        title="knees bent wrongly",
    ),
    Metric(
        "wrong_elbows",
        "%",
        "elbows that are bent the wrong way: by 20° or more, within 45° of backwards",
        lambda pose, joints: 100 * anatomy.bent_wrongly(pose, joints, anatomy.ARM),
        title="elbows bent wrongly",
    ),
)
# Of what poses were lifted from, where that is known.
INPUTS: tuple[Metric[...], ...] = (
    Metric(
        "reprojection",
        "pixels",
        "mean distance of the projection of a joint from its keypoint, where the root position is known",
        title="reprojection",
    ),
    Metric(
        "typical_keypoints",
        "%",
        "frames whose keypoints are as likely under a flow as 99.9 % of its own draws (their latent "
        "vector is no longer), people scaled to the size of training",
        higher_is_better=True,
        title="typical keypoints",
    ),
)
