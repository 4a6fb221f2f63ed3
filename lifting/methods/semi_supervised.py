"""SemiSupervisedVideoPose3D: a few labelled recordings, and many of which only the 2D is known.

Paper: 3D human pose estimation in video with temporal convolutions and semi-supervised training.
https://arxiv.org/abs/1811.11742 (section 4)
Official code: https://github.com/facebookresearch/VideoPose3D

@inproceedings{pavllo2019videopose3d,
  title={3D human pose estimation in video with temporal convolutions and semi-supervised training},
  author={Pavllo, Dario and Feichtenhofer, Christoph and Grangier, David and Auli, Michael},
  booktitle={CVPR}, year={2019}
}
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from lifting.batch import PoseBatch
from lifting.cameras import Camera, back_project
from lifting.errors import InputError
from lifting.losses.poses import bone_length_gap, joint_distance, reprojection_loss, trajectory_loss
from lifting.methods.bases.sequence_lifter import MILLIMETRES, masked_mean, on_screen
from lifting.methods.bases.trajectory_lifter import TrajectoryLifter
from lifting.methods.video_pose_3d import VideoPose3D
from lifting.skeletons import skeleton


class SemiSupervisedVideoPose3D(TrajectoryLifter, VideoPose3D):
    """Pavllo et al., CVPR 2019, section 4: a second network predicts the trajectory of the root.

    What it predicts for unlabelled frames, pose and root together, must project onto the keypoints it
    was lifted from, and its bones must be as long as those of labelled frames. The datamodule names the
    unlabelled subjects (``unlabelled_subjects``); without any it is VideoPose3D with a trajectory.

    The paper's network predicts three coordinates of the root, and is off by so many pixels that the
    reprojection says little about the pose. With ``root_on_ray`` the root is where its keypoint is
    seen, and only its depth is predicted.

    Args:
        supervised_epochs: Epochs before the unlabelled frames count, at first.
        reprojection: Weight of the distance of projected joints from the keypoints.
        bone: Weight of the bones' lengths.
        root_on_ray: Put the root on the ray of its keypoint; the paper does not.
        **kwargs: See :class:`lifting.methods.video_pose_3d.VideoPose3D`.

    Raises:
        InputError: If keypoints and poses have different joints, as each is projected onto its keypoint.
    """

    same_joints = True
    learns_unlabelled = True

    def __init__(
        self,
        supervised_epochs: int = 5,
        reprojection: float = 1.0,
        bone: float = 1.0,
        root_on_ray: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)

    def configure_nets(self) -> None:
        """Build the networks of pose and trajectory."""
        if self.takes_missing:
            what = f"{type(self).__name__} projects onto every keypoint"
            raise InputError(f"{what}: leave --model.missing at false.")
        super().configure_nets()
        self.trajectory_net = self.build(joints=1)

    def _centre_frames(self, keypoints: Float[Tensor, "B T K 2"]) -> Float[Tensor, "B C K 2"]:
        """Return the keypoints of the output frames."""
        begin = self.frames - 1 if self.hparams["causal"] else self.frames // 2
        return keypoints[:, begin : begin + keypoints.shape[1] - self.frames + 1]

    def _root_position(
        self, root: Float[Tensor, "B C 1 3"], keypoints: Float[Tensor, "B T K 2"], camera: Camera
    ) -> Float[Tensor, "B C 1 3"]:
        """Return root positions, on the rays of their keypoints if asked."""
        if not self.hparams["root_on_ray"]:
            return root
        joint = skeleton(self.hparams["skeleton"]).root
        seen = self._centre_frames(keypoints)[:, :, joint]
        return back_project(seen, root[:, :, 0, 2], camera)[:, :, None]

    def draw(self, batch: PoseBatch) -> dict[str, Any]:
        """Return whether unlabelled frames count yet."""
        return {"unlabelled": self.current_epoch >= self.hparams["supervised_epochs"]}

    def objective(self, batch: PoseBatch, unlabelled: bool = True) -> dict[str, Tensor]:
        """Return the error of labelled frames, and projection and bones of unlabelled ones."""
        h, other = self.hparams, batch.get("unlabelled") if unlabelled else None
        batches = [batch] if other is None else [batch, other]
        # Together, so that batch normalisation sees both.
        x = torch.cat([on_screen(b["keypoints"], b["camera"]) for b in batches])
        pose, root = self._windows(self.net, x), self._windows(self.trajectory_net, x)
        count = len(batch["keypoints"])
        parts = zip(root.split([len(b["keypoints"]) for b in batches]), batches, strict=True)
        root = torch.cat([self._root_position(r, b["keypoints"], b["camera"]) for r, b in parts])
        true_root = batch["pose"][:, :, skeleton(self.hparams["skeleton"]).root] / MILLIMETRES
        distance = joint_distance(pose[:count], self.target(batch) / MILLIMETRES)
        distance = distance + trajectory_loss(root[:count, :, 0], true_root)
        loss = masked_mean(distance, batch["valid"])
        if other is None:
            return {"loss": loss}
        seen = self._centre_frames(other["keypoints"])
        points = MILLIMETRES * (pose + root)[count:]
        off = masked_mean(reprojection_loss(points, seen, other["camera"]), other["valid"])
        bones, valid = skeleton(h["skeleton"]).bones, (batch["valid"], other["valid"])
        gap = bone_length_gap(pose[:count], pose[count:], bones, *valid)
        loss = loss + h["reprojection"] * off + h["bone"] * gap
        return {"reprojection": off, "bone": gap, "loss": loss}

    def trajectory(
        self, keypoints: Float[Tensor, "B T K 2"], camera: Camera
    ) -> Float[Tensor, "B C 3"]:
        """Return root positions, camera frame, millimetres."""
        root = self._windows(self.trajectory_net, on_screen(keypoints, camera))
        return MILLIMETRES * self._root_position(root, keypoints, camera).squeeze(2)
