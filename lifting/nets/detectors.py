"""Networks of keypoint detectors, by name."""

import re

from lifting.errors import InputError
from lifting.nets.hrnet import HRNet
from lifting.nets.pose_resnet import DEPTHS, PoseResNet

_HRNET, _POSE_RESNET = re.compile(r"hrnet_w([1-9]\d*)"), re.compile(r"pose_resnet_(\d+)")


def build_detector(name: str, joints: int, bgr: bool = False) -> HRNet | PoseResNet:
    """Return a detector with random weights.

    Args:
        name: ``hrnet_w32``, ``hrnet_w48`` or any other width; ``pose_resnet_50`` or another depth.
        joints: Number of heat-maps.
        bgr: Whether a PoseResNet sees blue first.

    Raises:
        InputError: If there is no such detector, or none that sees blue first.

    Example:
        >>> build_detector("pose_resnet_18", 14).joints
        14
    """
    if match := _HRNET.fullmatch(name):
        if bgr:
            raise InputError(f"{name} sees red first: leave --model.bgr out.")
        return HRNet(joints, int(match[1]))
    if (match := _POSE_RESNET.fullmatch(name)) and int(match[1]) in DEPTHS:
        return PoseResNet(joints, int(match[1]), bgr=bgr)
    depths = ", ".join(f"pose_resnet_{depth}" for depth in DEPTHS)
    raise InputError(
        f"There is no detector '{name}': choose hrnet_w32, hrnet_w48, hrnet_w<any width>, {depths}."
    )
