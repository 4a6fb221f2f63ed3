"""Base class of lifters that give each keypoint a depth, in the camera of ElePose and LInKs."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from lifting.cameras import Camera
from lifting.errors import InputError
from lifting.geometry import bone_lengths, with_mean_bone
from lifting.methods.bases.lifter import Lifter
from lifting.methods.bases.method import check_choice
from lifting.nets.head_scale import MEAN_BONE, HeadScale, back_project
from lifting.nets.part_lifters import FULL, PartLifters
from lifting.skeletons import skeleton


class SplitLifter(Lifter):
    """Base of the lifters of whole poses and of independent parts.

    Keypoints are head-normalised (:class:`lifting.nets.head_scale.HeadScale`) and projected back to the
    depths that the networks give. The scale of a person cannot be seen: poses are returned with the
    mean bone length of the training subjects.

    Args:
        split: ``full``, ``left_right`` or ``leg_torso``.
        width: Width of every hidden layer.
        head_blocks: Residual blocks of the depth head and of the elevation head.
        gain: Factor on the inputs.
        depth: How depths stay in front of the camera: ``softplus`` or ``clamp``.
        **kwargs: See :class:`lifting.methods.bases.lifter.Lifter`.
    """

    single_frame = True
    sees_pixels = True
    mean_bone: Tensor

    def __init__(
        self,
        split: str = FULL,
        width: int = 512,
        head_blocks: int = 2,
        gain: float = 10.0,
        depth: str = "softplus",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)

    def configure_nets(self) -> None:
        """Build the lifters of the parts."""
        h = self.hparams
        joints = skeleton(h["keypoint_skeleton"])
        if h["keypoint_skeleton"] != h["skeleton"]:
            what = f"{type(self).__name__} gives every keypoint a depth"
            raise InputError(f"{what}: choose one joint set for keypoints and poses.")
        check_choice("depth", h["depth"], ("softplus", "clamp"))
        self.head_scale = HeadScale(joints)
        self.bones = joints.bones
        options = self.options("split", "width", "head_blocks", "gain")
        self.lifters = PartLifters(joints, **options, **self.part_options())
        self.register_buffer("mean_bone", torch.tensor(MEAN_BONE))

    def part_options(self) -> dict[str, Any]:
        """Return the options of :class:`PartLifters` besides those of this class."""
        return {"hypotheses": "merged", "merge": None, "initial_elevation": 0.0}

    def fit_statistics(
        self, keypoints: Float[Tensor, "frames K 2"], pose: Float[Tensor, "frames J 3"] | None
    ) -> None:
        """Take the head scale, and the mean bone length where there are poses."""
        self.head_scale.fit(keypoints)
        if pose is not None:
            self.mean_bone.copy_(bone_lengths(pose, self.bones).mean())

    def back_project(
        self, keypoints: Float[Tensor, "*batch K 2"], offset: Float[Tensor, "*batch K"]
    ) -> Float[Tensor, "*batch K 3"]:
        """Return root-relative poses of keypoints, see :func:`lifting.nets.head_scale.back_project`."""
        root = skeleton(self.hparams["skeleton"]).root
        return back_project(keypoints, offset, root, self.hparams["depth"] == "softplus")

    def forward(
        self, keypoints: Float[Tensor, "B 1 K 2"], camera: Camera
    ) -> Float[Tensor, "B 1 J 3"]:
        """Lift single frames."""
        normalised = self.head_scale(keypoints)[:, 0]
        pose = self.back_project(normalised, self.lifters.final(normalised))
        return with_mean_bone(pose, self.bones, self.mean_bone)[:, None]
