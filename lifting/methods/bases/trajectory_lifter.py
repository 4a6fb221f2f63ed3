"""Base class of lifters that predict the trajectory of the root besides the pose."""

from abc import abstractmethod

from jaxtyping import Float
from torch import Tensor

from lifting.batch import PoseBatch
from lifting.cameras import Camera
from lifting.geometry import in_float64, mirror
from lifting.methods.bases.lifter import Lifter
from lifting.methods.bases.pose_data import PoseData
from lifting.metrics import FrameEvaluation
from lifting.metrics.aggregation import FrameMean
from lifting.metrics.functional import mpjpe
from lifting.metrics.registry.poses import TRAJECTORY
from lifting.skeletons import skeleton


class TrajectoryLifter(Lifter):
    """A lifter that predicts pose and root position, and is evaluated on both."""

    takes_view = False

    @abstractmethod
    def trajectory(
        self, keypoints: Float[Tensor, "B T K 2"], camera: Camera
    ) -> Float[Tensor, "B C 3"]:
        """Return root positions, camera frame, millimetres."""

    def follow(self, keypoints: Float[Tensor, "B T K 2"], camera: Camera) -> Float[Tensor, "B C 3"]:
        """Return the predicted root, millimetres, averaged with the mirrored twin's if asked."""
        root = self.trajectory(keypoints, camera)
        if not self.hparams["flip_test"]:
            return root
        twin = self.trajectory(*self.mirrored(keypoints, camera))
        return (root + mirror(twin[..., None, :], (0,))[..., 0, :]) / 2

    def configure_evaluation(self, data: PoseData, full: bool) -> FrameEvaluation:
        """Return the metrics of poses, and the errors of the root and of absolute poses."""
        evaluation = super().configure_evaluation(data, full)
        for metric in TRAJECTORY:
            evaluation.metrics[metric.name] = FrameMean(groups=len(data.actions))
        return evaluation

    def evaluate_extra(self, batch: PoseBatch, lifted: Float[Tensor, "B C J 3"]) -> None:
        """Add the errors of the root and of absolute poses."""
        assert self.evaluation is not None
        valid = batch["valid"].nonzero(as_tuple=True)
        root = in_float64(self.follow(batch["keypoints"], batch["camera"])[valid])
        truth = in_float64(batch["pose"][valid])
        true_root = truth[:, skeleton(self.hparams["skeleton"]).root]
        absolute = in_float64(lifted[valid]) + root[:, None]
        errors = {
            "root_error": (root - true_root).norm(dim=-1),
            "absolute_mpjpe": mpjpe(self.compared(absolute), self.compared(truth)),
        }
        self.evaluation.add(errors, batch["action"][valid[0]])

    def predict_step(self, batch: PoseBatch, batch_idx: int) -> dict[str, Tensor]:
        """Return poses and, as ``trajectory``, the root positions of valid frames."""
        root = self.follow(batch["keypoints"], batch["camera"])
        return super().predict_step(batch, batch_idx) | {"trajectory": root[batch["valid"]]}
