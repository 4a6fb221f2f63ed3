"""Baselines that are not trained: the mean pose, flat depth, and true depths in the camera of LInKs.

They are the floor of what a lifter is worth, and the ceiling of what its camera allows. Statistics are
taken of the training frames when they are tested.
"""

from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor

from lifting.batch import PoseBatch
from lifting.cameras import Camera
from lifting.errors import InputError
from lifting.geometry import bone_lengths, centre, in_float64, with_mean_bone
from lifting.methods.bases.lifter import Lifter
from lifting.methods.bases.pose_data import PoseData
from lifting.nets.head_scale import HeadScale, back_project
from lifting.skeletons import skeleton


class Baseline(Lifter):
    """Base of the baselines: tested as it is, without a checkpoint."""

    needs_training = False
    sees_pixels = False
    single_frame = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def setup(self, stage: str) -> None:
        """Take the statistics of the training frames.

        Raises:
            InputError: If it is to be trained.
        """
        name = type(self).__name__
        if stage == "fit":
            raise InputError(f"{name} is not trained", remedy="test it: lifting test")
        super().setup(stage)
        data = cast(PoseData, self.trainer.datamodule)  # type: ignore[attr-defined]
        cast(Any, data).setup("fit")
        self.take_statistics(data)


class MeanPose(Baseline):
    """The mean root-relative pose of the training frames, whatever the keypoints are."""

    mean: Tensor

    def configure_nets(self) -> None:
        """Make room for the pose."""
        self.register_buffer("mean", torch.zeros(len(skeleton(self.hparams["skeleton"])), 3))

    def fit_statistics(
        self, keypoints: Float[Tensor, "frames K 2"], pose: Float[Tensor, "frames J 3"] | None
    ) -> None:
        """Take the mean pose."""
        self.mean.copy_(in_float64(self.required_poses(pose)).mean(0))

    def forward(
        self, keypoints: Float[Tensor, "B 1 K 2"], camera: Camera
    ) -> Float[Tensor, "B 1 J 3"]:
        """Return the mean pose for each example."""
        return self.mean.expand(len(keypoints), 1, -1, -1)


class FlatDepth(Baseline):
    """Every joint as deep as the root, in the camera of ElePose and LInKs.

    The keypoints, in units of the mean root-to-head distance, back-projected ten units away
    (:mod:`lifting.nets.head_scale`), with the mean bone length of the training frames.
    """

    mean_bone: Tensor

    def configure_nets(self) -> None:
        """Make room for the statistics."""
        joints = skeleton(self.hparams["keypoint_skeleton"])
        if self.hparams["keypoint_skeleton"] != self.hparams["skeleton"]:
            what = f"{type(self).__name__} gives every keypoint a depth"
            raise InputError(f"{what}: choose one joint set for keypoints and poses.")
        self.head_scale = HeadScale(joints)
        self.bones = joints.bones
        self.register_buffer("mean_bone", torch.ones(()))

    def fit_statistics(
        self, keypoints: Float[Tensor, "frames K 2"], pose: Float[Tensor, "frames J 3"] | None
    ) -> None:
        """Take the scale of the keypoints and the mean bone length."""
        self.head_scale.fit(keypoints)
        self.mean_bone.copy_(bone_lengths(self.required_poses(pose), self.bones).mean())

    def forward(
        self, keypoints: Float[Tensor, "B 1 K 2"], camera: Camera
    ) -> Float[Tensor, "B 1 J 3"]:
        """Lift single frames."""
        return self.at_depths(keypoints, torch.zeros_like(keypoints[..., 0]))

    def at_depths(
        self, keypoints: Float[Tensor, "B 1 K 2"], offset: Float[Tensor, "B 1 K"]
    ) -> Float[Tensor, "B 1 J 3"]:
        """Return poses of keypoints, each so far behind the root, in root-to-head distances."""
        pose = back_project(self.head_scale(keypoints), offset, self.head_scale.root, smooth=False)
        return with_mean_bone(pose, self.bones, self.mean_bone)


class TrueDepth(FlatDepth):
    """The keypoints with the true depth of each joint behind the root, in the camera of LInKs.

    What the camera leaves of the truth: depths are in units of the mean root-to-head distance of the
    training poses, as keypoints are in units of that of the training keypoints.
    """

    head_length: Tensor

    def configure_nets(self) -> None:
        """Make room for the statistics."""
        super().configure_nets()
        self.register_buffer("head_length", torch.ones(()))

    def fit_statistics(
        self, keypoints: Float[Tensor, "frames K 2"], pose: Float[Tensor, "frames J 3"] | None
    ) -> None:
        """Take the length of the unit besides."""
        super().fit_statistics(keypoints, pose)
        head = self.required_poses(pose)[:, self.head_scale.head]
        self.head_length.copy_(in_float64(head).norm(dim=-1).mean())

    def lift(self, batch: PoseBatch) -> Float[Tensor, "B C J 3"]:
        """Return the poses of a batch, which has to have poses."""
        pose = centre(batch["pose"], skeleton(self.hparams["skeleton"]).root)
        return self.at_depths(batch["keypoints"], pose[..., 2] / self.head_length)
