"""FlowMatchingLifter: poses drawn given keypoints, by conditional flow matching along straight paths.

Paper: Flow Matching for Generative Modeling. https://arxiv.org/abs/2210.02747

@inproceedings{lipman2023flow,
  title={Flow Matching for Generative Modeling},
  author={Lipman, Yaron and Chen, Ricky T. Q. and Ben-Hamu, Heli and Nickel, Maximilian and Le, Matt},
  booktitle={ICLR}, year={2023}
}

No publication has this network: it is the least that the objective takes, on the attention of MixSTE.
"""

from functools import partial
from typing import Any

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from lifting.batch import PoseBatch
from lifting.cameras import Camera
from lifting.errors import wrong_value
from lifting.geometry import in_float64, mirror
from lifting.losses.flow_matching import straight_path, velocity_error
from lifting.methods.bases.method import check_choice
from lifting.methods.bases.pose_data import PoseData
from lifting.methods.bases.processes import drawn_together
from lifting.methods.bases.sequence_lifter import MILLIMETRES, masked_mean
from lifting.methods.bases.standardised_lifter import StandardisedLifter
from lifting.metrics import FrameEvaluation
from lifting.metrics.aggregation import FrameMean
from lifting.metrics.functional import spread
from lifting.metrics.pairs import HypothesesPair
from lifting.metrics.registry.poses import HYPOTHESES
from lifting.nets.integration import SOLVERS, integrate
from lifting.nets.standardise import Standardise
from lifting.nets.velocity import VelocityNet
from lifting.on_device import sent
from lifting.skeletons import skeleton


class FlowMatchingLifter(StandardisedLifter):
    """A lifter whose poses are draws from the density of poses given keypoints.

    A network learns the velocity at which Gaussian noise becomes standardised root-relative poses on
    straight paths, given keypoints; its loss is the squared error of that velocity (Lipman et al.,
    equation 23). A hypothesis is noise moved along by a few steps; the prediction is the mean of all.

    The noise is drawn once, from ``seed``, and is the same for every example: a prediction does not
    depend on what else is lifted, by whom and in which order, and hypotheses of neighbouring frames are
    near one another. A ``flip_test`` adds the hypotheses of the mirrored twin, which are then twice as
    many.

    Args:
        frames: Frames of a window, all of which are predicted; 1 for single frames, without attention
            over time.
        width: Width of the tokens.
        depth: Levels that see the keypoints alone, once for all hypotheses.
        flow_depth: Levels that see the pose on its way and its time, at every step.
        heads: Attention heads.
        hypotheses: Poses drawn for every window.
        steps: Steps from noise to pose.
        solver: ``euler``, or ``heun`` with two evaluations a step.
        keep_hypotheses: Keep every hypothesis in the predictions, not their mean and spread alone.
        sdpa: Torch's fused attention instead of an explicit one.
        **kwargs: See :class:`lifting.methods.bases.standardised_lifter.StandardisedLifter`.

    Raises:
        InputError: If keypoints and poses have different joints, there is no such solver, a number is
            below 1, or the width is odd or does not divide into the heads.
    """

    seq2seq = True
    same_joints = True
    noise: Tensor

    def __init__(
        self,
        frames: int = 1,
        width: int = 128,
        depth: int = 3,
        flow_depth: int = 2,
        heads: int = 8,
        hypotheses: int = 16,
        steps: int = 4,
        solver: str = "euler",
        keep_hypotheses: bool = False,
        sdpa: bool = True,
        **kwargs: Any,
    ) -> None:
        check_choice("solver", solver, SOLVERS)
        for option, value in {"frames": frames, "hypotheses": hypotheses, "steps": steps}.items():
            if value < 1:
                raise wrong_value(f"model.{option}", value, "give at least 1.")
        if width % 2:
            raise wrong_value("model.width", width, "give an even number.")
        super().__init__(**kwargs)

    def configure_nets(self) -> None:
        """Build the network, and draw the noise of the hypotheses."""
        super().configure_nets()
        h, joints = self.hparams, len(skeleton(self.hparams["skeleton"]))
        self.standardise_pose = Standardise(joints, 3)
        size = self.options("frames", "width", "depth", "flow_depth", "heads", "sdpa")
        self.net = VelocityNet(joints, **size)
        generator = Generator().manual_seed(h["seed"])
        shape = h["hypotheses"], h["frames"], joints, 3
        noise = torch.randn(shape, generator=generator, device="cpu")
        self.register_buffer("noise", noise, persistent=False)

    def fit_statistics(
        self, keypoints: Float[Tensor, "frames K 2"], pose: Float[Tensor, "frames J 3"] | None
    ) -> None:
        """Take mean and deviation of every coordinate of the poses.

        Raises:
            InputError: If there are no poses.
        """
        self.standardise_pose.fit(self.required_poses(pose))

    def draw(self, batch: PoseBatch) -> dict[str, Any]:
        """Return noise and times of a step, the same whatever the number of processes."""
        seen, generator = batch["keypoints"], self.step_generator(of_process=False)
        shape = (self.hparams["frames"], len(skeleton(self.hparams["skeleton"])), 3)
        noise = drawn_together(lambda n: torch.randn(n, *shape, generator=generator), len(seen))
        time = drawn_together(lambda n: torch.rand(n, generator=generator), len(seen))
        return {"noise": sent(noise, seen), "time": sent(time, seen)}

    def objective(self, batch: PoseBatch, **drawn: Tensor) -> dict[str, Tensor]:
        """Return the squared error of the velocity, over the frames that are not padding.

        Args:
            batch: The batch.
            drawn: ``noise`` and ``time``, see :meth:`draw`.
        """
        noise, time = self._moving(drawn["noise"]), drawn["time"]
        x, velocity = straight_path(noise, self.standardise_pose(self.target(batch)), time)
        pred = self.net(self.network_input(batch["keypoints"], batch["camera"]), x, time)
        return {"loss": masked_mean(velocity_error(pred, velocity), batch["valid"])}

    def _moving(self, noise: Float[Tensor, "B T J 3"]) -> Float[Tensor, "B T J 3"]:
        """Return noise without that of coordinates that never vary, as those of the root."""
        return noise * (self.standardise_pose.deviation > 0)

    def _hypotheses(
        self, keypoints: Float[Tensor, "B T K 2"], camera: Camera
    ) -> Float[Tensor, "B N T J 3"]:
        """Draw poses, root-relative millimetres, in the view that the method sees."""
        number = len(self.noise)
        encoded = self.net.encode(self.network_input(keypoints, camera))
        repeated = encoded[:, None].expand(-1, number, -1, -1, -1).flatten(0, 1)
        # Its length would be a constant of an exported network.
        examples = encoded.shape[0]
        start = self._moving(self.noise)[None].expand(examples, -1, -1, -1, -1).flatten(0, 1)
        velocity = partial(self.net.velocity, encoded=repeated)
        end = integrate(velocity, start, self.hparams["steps"], self.hparams["solver"])
        return self.standardise_pose.inverse(end).unflatten(0, (-1, number))

    def lift_to_metres(
        self, keypoints: Float[Tensor, "B T K 2"], camera: Camera
    ) -> Float[Tensor, "B T J 3"]:
        """Return the mean of the hypotheses, in metres."""
        return self._hypotheses(keypoints, camera).mean(1) / MILLIMETRES

    def _draw_once(
        self, keypoints: Float[Tensor, "B T K 2"], camera: Camera
    ) -> Float[Tensor, "B N T J 3"]:
        """Return hypotheses in the camera frame, whatever view the method sees."""
        if not self.in_person_view:
            return self._hypotheses(keypoints, camera)
        view = self.person_view(keypoints, camera)
        poses = self._hypotheses(view.keypoints, view.camera(camera, self.first_output))
        turned = [view.turned_back(pose, self.first_output) for pose in poses.unbind(1)]
        return torch.stack(turned, 1)

    def draw_poses(
        self, keypoints: Float[Tensor, "B T K 2"], camera: Camera
    ) -> Float[Tensor, "B N T J 3"]:
        """Return hypotheses in the camera frame, with those of the mirrored twin if asked."""
        poses = self._draw_once(keypoints, camera)
        if not self.hparams["flip_test"]:
            return poses
        twin = self._draw_once(*self.mirrored(keypoints, camera))
        return torch.cat([poses, mirror(twin, skeleton(self.hparams["skeleton"]).mirror)], 1)

    def lift_keypoints(
        self, keypoints: Float[Tensor, "B T K 2"], camera: Camera
    ) -> Float[Tensor, "B T J 3"]:
        """Return the mean of the hypotheses, camera frame."""
        return self.draw_poses(keypoints, camera).mean(1)

    def _drawn(self, batch: PoseBatch) -> Float[Tensor, "B T N J 3"]:
        seen = self.at_training_size(self.seen(batch), batch["camera"])
        return self.draw_poses(*seen).transpose(1, 2)

    def configure_evaluation(self, data: PoseData, full: bool) -> FrameEvaluation:
        """Return the metrics of poses, and in a test those of the hypotheses beside them."""
        evaluation = super().configure_evaluation(data, full)
        for metric in HYPOTHESES:
            if full or metric.validation:
                evaluation.metrics[metric.name] = FrameMean(groups=len(data.actions))
        return evaluation

    def evaluate(self, batch: PoseBatch) -> None:
        """Add the errors of the mean of the hypotheses, and of these."""
        assert self.evaluation is not None
        drawn = self._drawn(batch)
        self.evaluate_lifted(batch, drawn.mean(2))
        wanted = [metric for metric in HYPOTHESES if metric.name in self.evaluation.metrics]
        if wanted:
            example, frame = batch["valid"].nonzero(as_tuple=True)
            poses = drawn[example, frame], self.target(batch)[example, frame]
            pair = HypothesesPair(*(in_float64(self.compared(x)) for x in poses))
            values = {metric.name: metric(pair) for metric in wanted}
            self.evaluation.add(values, batch["action"][example])

    def predict_step(self, batch: PoseBatch, batch_idx: int) -> dict[str, Tensor]:
        """Return mean and ``spread`` of valid frames, and every one of the ``hypotheses`` if asked."""
        valid, drawn = batch["valid"], self._drawn(batch)
        found = self.predicted(batch, drawn.mean(2)) | {"spread": spread(drawn)[valid]}
        if self.hparams["keep_hypotheses"]:
            found["hypotheses"] = drawn[valid]
        return found
