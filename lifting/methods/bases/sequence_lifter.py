"""Base class of sequence lifters: windows of screen coordinates in, metres out."""

from typing import Any, TypeVar

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from lifting.batch import PoseBatch
from lifting.cameras import Camera, to_screen
from lifting.errors import InputError
from lifting.losses.poses import joint_distance
from lifting.methods.bases.lifter import Lifter
from lifting.methods.bases.pose_data import PoseData
from lifting.skeletons import skeleton
from lifting.windows import Windows

Net = TypeVar("Net", bound=nn.Module)

MILLIMETRES = 1000.0

# Output frames that are predicted in one go, where the result does not depend on it.
PREDICTION_CHUNK = 1024


class SequenceLifter(Lifter):
    """A lifter of windows of frames that learns from 3D poses.

    A subclass builds ``self.net``, which maps screen coordinates ``(B, T, K, 2)`` to metres, and says
    in :attr:`frames` how many frames it sees. Where the net gives one output frame per window, longer
    examples are cut into windows; where it gives all of them (:attr:`seq2seq`), an example is a window.

    The root of a prediction is zero. In training it is predicted like any other joint, as the
    publications do, and counts in the loss.

    Args:
        **kwargs: See :class:`lifting.methods.bases.lifter.Lifter`.
    """

    # Keypoints are seen as shares of the image's width.
    sees_pixels = False
    # Whether a window of frames goes in and the same frames come out.
    seq2seq = False
    # Whether the net slides over a sequence by itself.
    slides = False
    # Whether each keypoint is that of a joint of the pose.
    same_joints = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        h = self.hparams
        if self.same_joints and h["skeleton"] != h["keypoint_skeleton"]:
            raise InputError(
                f"{type(self).__name__} lifts every keypoint to a joint, but the keypoints are "
                f"{h['keypoint_skeleton']}: set --data.keypoint_skeleton and "
                f"--model.keypoint_skeleton to {h['skeleton']}."
            )

    @property
    def frames(self) -> int:
        """Input frames of a window: the option of that name, if nothing else decides them."""
        return int(self.hparams["frames"])

    def build_net(self, kind: type[Net], *options: str) -> Net:
        """Return a network between the joint sets of the method, which takes the options named."""
        joints = len(skeleton(self.hparams["skeleton"]))
        keypoints = len(skeleton(self.hparams["keypoint_skeleton"]))
        return kind(keypoints=keypoints, joints=joints, **self.options(*options))

    @property
    def prediction_chunk(self) -> int:
        """Output frames that are predicted in one go."""
        return PREDICTION_CHUNK if self.slides and self.frames > 1 else 1

    def windows(self, dilation: int = 1) -> Windows:
        """Return the windows that predict every frame of a recording once.

        Args:
            dilation: Distance between neighbouring frames of a window.
        """
        if self.seq2seq:
            return Windows(1, self.frames, dilation=dilation)
        causal = bool(self.hparams.get("causal", False))
        return Windows(self.frames, self.prediction_chunk, causal, dilation)

    def setup(self, stage: str) -> None:
        """Check that examples are cut as the method needs them.

        Raises:
            InputError: If they are not; it names the options.
        """
        data: PoseData = self.trainer.datamodule  # type: ignore[attr-defined]
        causal = bool(self.hparams.get("causal", False))
        for windows in (data.train_windows, data.test_windows):
            if self.seq2seq:
                fits = (windows.receptive_field, windows.chunk) == (1, self.frames)
                remedy = f"--data.receptive_field 1 --data.chunk {self.frames}"
            else:
                fits = windows.receptive_field == self.frames and (
                    windows.causal == causal or self.frames == 1
                )
                remedy = f"--data.receptive_field {self.frames} --data.causal {str(causal).lower()}"
            if not fits:
                what = f"{type(self).__name__} sees windows of {self.frames} frames"
                raise InputError(f"{what}, the data's are cut otherwise: set {remedy}.")
        super().setup(stage)

    def fit_statistics(
        self, keypoints: Float[Tensor, "frames K 2"], pose: Float[Tensor, "frames J 3"] | None
    ) -> None:
        """Take nothing, as the coordinates of the screen need no statistics.

        Raises:
            InputError: If there are no poses.
        """
        self.required_poses(pose)

    def lift_to_metres(
        self, keypoints: Float[Tensor, "B T K 2"], camera: Camera
    ) -> Float[Tensor, "B C J 3"]:
        """Lift to metres, the root as the net predicts it."""
        return self._windows(self.net, self.network_input(keypoints, camera))

    def network_input(
        self, keypoints: Float[Tensor, "B T K 2"], camera: Camera
    ) -> Float[Tensor, "B T K inputs"]:
        """Map pixels to the input of the net: screen coordinates.

        Where the net is told which keypoints are missing, such a one is (0, 0, 1); the third coordinate
        of the others is 0. The other way round, constant ones would drown what moves in the statistics
        of batch normalisation.
        """
        x = on_screen(keypoints, camera)
        if not self.takes_missing:
            return x
        missing = x.isnan().any(-1, keepdim=True)
        return torch.cat([x.where(~missing, 0.0), missing.to(x)], -1)

    def _windows(self, net: Any, x: Float[Tensor, "B T K inputs"]) -> Float[Tensor, "B C J 3"]:
        count = x.shape[1] - self.frames + 1
        if self.seq2seq or self.slides or count == 1:
            return net(x).float()
        windows = rearrange(x.unfold(1, self.frames, 1), "b c k d t -> (b c) t k d")
        return rearrange(net(windows).float(), "(b c) 1 j d -> b c j d", c=count)

    def forward(
        self, keypoints: Float[Tensor, "B T K inputs"], camera: Camera
    ) -> Float[Tensor, "B C J 3"]:
        """Lift to root-relative millimetres."""
        pose = MILLIMETRES * self.lift_to_metres(keypoints, camera)
        pose[:, :, skeleton(self.hparams["skeleton"]).root] = 0
        return pose

    def objective(self, batch: PoseBatch) -> dict[str, Tensor]:
        """Return the MPJPE in metres, over the frames that are not padding."""
        pred = self.lift_to_metres(batch["keypoints"], batch["camera"])
        distance = joint_distance(pred, self.target(batch) / MILLIMETRES)
        return {"loss": masked_mean(distance, batch["valid"])}


def on_screen(keypoints: Float[Tensor, "B T K 2"], camera: Camera) -> Float[Tensor, "B T K 2"]:
    """Map pixels of windows so that x spans [-1, 1]."""
    return to_screen(keypoints.flatten(1, 2), camera.size).view_as(keypoints)


def masked_mean(values: Float[Tensor, "*shape"], where: Tensor) -> Float[Tensor, ""]:
    """Return the mean of the values at which a mask is true; 0 where it is nowhere."""
    return torch.where(where, values, 0).sum() / where.sum().clamp_min(1)
