"""Base class of ElePose and LInKs: lifters that learn from 2D poses and flows over them alone.

Every pose is lifted, turned to where another camera would see it, projected, and lifted again. The
projection must be likely under flows over 2D poses, the second lift must agree with the first, and
bones must have the proportions of an average person. Wandt et al., CVPR 2022.
"""

from collections.abc import Iterator
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lifting.batch import PoseBatch
from lifting.cameras import Camera
from lifting.errors import CheckpointError, InputError, wrong_value
from lifting.geometry import rotate
from lifting.losses.poses import bone_ratio_loss, bone_ratios, deformation_loss
from lifting.methods.bases.flow_prior import FlowPrior
from lifting.methods.bases.method import check_choice
from lifting.methods.bases.pose_flows import PoseFlows
from lifting.methods.bases.processes import average_gradients, drawn_together
from lifting.methods.bases.split_lifter import SplitLifter
from lifting.methods.bases.view_critics import BETAS, ViewCritics
from lifting.methods.bases.view_rotation import (
    ELEVATIONS,
    Turns,
    camera_elevation,
    check_azimuth,
    random_view_rotation,
)
from lifting.nets.head_scale import project
from lifting.nets.part_lifters import FULL
from lifting.on_device import sent
from lifting.skeletons import skeleton
from lifting.skeletons.bone_ratios import published_bone_ratios


class FlowLifter(SplitLifter):
    """Base of the lifters that learn from flows.

    Deviations from ElePose and LInKs, each with the legacy value: strong consistency (``l2d: 1``,
    ``l3d: 1``), bone ratios whose weight of 100 grows (``bone: 50``, ``bone_ramp: 0``), likelihoods on
    one scale and capped (``scaled: false``, ``cap: false``), whose weight grows too
    (``nll_growth: 1``), clipped gradients (``clip: 0``), an elevation that is known at first
    (``elevation: learned``, ``elevation_prior: 0``), a smooth limit on depths (``depth: clamp``),
    larger inputs (``gain: 1``), layers of 512 (``width: 1024``), azimuths from the whole circle as in
    ElePose (LInKs: ``azimuth: 1.99``).

    Args:
        full_flow: Checkpoint of the flow over the full pose (:class:`PoseFlows`).
        part_flows: Checkpoint of the flows over the parts.
        whole: Fraction of the full pose's likelihood beside the parts', 0 to 1.
        generated: Train on as many poses again that the full-pose flow generates.
        hypotheses: Where parts share joints: ``merged`` into one pose, or ``both`` poses.
        merge: The part the shared joints of a prediction are taken from; the mean where not given.
        sum_hypotheses: Add the losses of both poses up instead of averaging them.
        nll: Weight of the likelihood.
        nll_growth: Factor by which that weight grows from 40 to 80 percent of training. Strong
            consistency is needed until depths have found their sign; after that it keeps poses flat.
        scaled: See :class:`FlowPrior`.
        cap: See :class:`FlowPrior`.
        contrast: See :class:`FlowPrior`.
        l2d: Weight of the reprojection of the second lift.
        l3d: Weight of the distance between the two lifts.
        deformation: Weight of :func:`lifting.losses.poses.deformation_loss`.
        bone: Weight of :func:`lifting.losses.poses.bone_ratio_loss`.
        bone_ramp: Fraction of training over which that weight rises, quadratically.
        bone_prior: ``data`` takes bone ratios from the 3D poses of the training subjects; else the
            name of a published set (:mod:`lifting.skeletons.bone_ratios`).
        elevation: Where the camera's elevation comes from: ``learned`` (predicted), ``known``
            (``elevation_mean`` for all), ``warm`` (known for half of training, then learned),
            ``camera`` (true, from extrinsics) or ``uniform`` (ignored, tilts of up to 20 degrees).
        elevation_mean: Prior mean of the elevation, radians; below zero for a camera that looks down.
        elevation_std: Its standard deviation where it is known.
        elevation_prior: Weight of the squared distance of the batch's mean from the prior mean.
        azimuth: Range of the random azimuths of the views, over π.
        clip: Limit of the gradient's norm in multiples of its running mean; 0 for none.
        critic: Weight of critics that tell projections from 2D poses that were seen
            (:class:`lifting.methods.bases.view_critics.ViewCritics`); 0 for none.
        critic_ramp: Fraction of training over which that weight rises, linearly.
        critic_lr: Learning rate of the critics, which changes over training as the lifters' does.
        critic_width: Width of every hidden layer of the critics.
        critic_noise: See :class:`lifting.methods.bases.view_critics.ViewCritics`.
        critic_penalty: Weight of the critics' gradient penalty.
        **kwargs: See :class:`lifting.methods.bases.split_lifter.SplitLifter`.
    """

    bone_ratios: Tensor
    gradient_norm: Tensor

    def __init__(
        self,
        full_flow: str | None = None,
        part_flows: str | None = None,
        whole: float = 0.0,
        generated: bool = False,
        hypotheses: str = "merged",
        merge: str | None = None,
        sum_hypotheses: bool = False,
        nll: float = 1.0,
        nll_growth: float = 5.0,
        scaled: bool = True,
        cap: bool = True,
        contrast: float = 0.0,
        l2d: float = 20.0,
        l3d: float = 20.0,
        deformation: float = 1.0,
        bone: float = 100.0,
        bone_ramp: float = 0.4,
        bone_prior: str = "data",
        elevation: str = "warm",
        elevation_mean: float = -0.22,
        elevation_std: float = 0.03,
        elevation_prior: float = 100.0,
        azimuth: float = 2.0,
        clip: float = 3.0,
        critic: float = 0.0,
        critic_ramp: float = 0.2,
        critic_lr: float = 5e-4,
        critic_width: int = 256,
        critic_noise: float = 1e-3,
        critic_penalty: float = 1e-5,
        **kwargs: Any,
    ) -> None:
        check_azimuth(azimuth)
        weights = {"critic": critic, "critic_ramp": critic_ramp}
        weights |= {"critic_noise": critic_noise, "critic_penalty": critic_penalty}
        for option, value in weights.items():
            if value < 0:
                raise wrong_value(f"model.{option}", value, "give at least 0.")
        super().__init__(**kwargs)

    def configure_nets(self) -> None:
        """Build the lifters of the parts."""
        check_choice("elevation", self.hparams["elevation"], ELEVATIONS)
        super().configure_nets()
        self.register_buffer("bone_ratios", torch.ones(len(self.bones)))
        self.register_buffer("gradient_norm", torch.zeros(()))

    def part_options(self) -> dict[str, Any]:
        """Return how parts are put together, and where elevations begin: near a prior that is used."""
        h = self.hparams
        elevation = 0.7 * h["elevation_mean"] if h["elevation"] == "warm" else 0.0
        return self.options("hypotheses", "merge") | {"initial_elevation": elevation}

    def load_frozen_stages(self) -> None:
        """Load the flows."""
        h = self.hparams
        parts = self.lifters.parts
        stages = []
        if parts != (FULL,):
            stages.append(self.load_stage("part_flows", PoseFlows))
        if parts == (FULL,) or h["whole"] or h["generated"]:
            stages.append(self.load_stage("full_flow", PoseFlows))
        known = {name for stage in stages for name in stage.flows}
        needed = {*parts} | ({FULL} if h["whole"] or h["generated"] else set())
        if needed - known:
            what = f"The flows given are of {', '.join(sorted(known))}"
            remedy = f"split {h['split']} needs {', '.join(sorted(needed))}."
            raise InputError(what, remedy=remedy)
        self._priors = [FlowPrior(stages, parts, h["whole"], h["scaled"], h["cap"], h["contrast"])]
        shares = dict.fromkeys(parts, (1 - h["whole"]) / len(parts))
        if h["whole"]:
            shares[FULL] = shares.get(FULL, 0.0) + h["whole"]
        critics = ViewCritics(
            skeleton(h["skeleton"]),
            shares if h["critic"] else {},
            width=h["critic_width"],
            noise=h["critic_noise"],
            penalty=h["critic_penalty"],
            seed=h["seed"],
        )
        # In a list, so that they are no part of this module: a lifter that is trained needs none.
        self._critics = [critics]

    def on_fit_start(self) -> None:
        """Move flows and critics to where training happens."""
        super().on_fit_start()
        self.prior.to(self.device)
        self.critics.to(self.device)

    @property
    def prior(self) -> FlowPrior:
        """The flows as a loss, during training."""
        return self._priors[0]

    @property
    def critics(self) -> ViewCritics:
        """The critics, during training."""
        return self._critics[0]

    def fit_statistics(
        self, keypoints: Float[Tensor, "frames K 2"], pose: Float[Tensor, "frames J 3"] | None
    ) -> None:
        """Take the head scale, and the proportions of an average person.

        Raises:
            InputError: If those are to be taken from poses, and there are none.
        """
        super().fit_statistics(keypoints, pose)
        name = self.hparams["bone_prior"]
        if name == "data":
            if pose is None:
                what = "Bone ratios cannot be taken from data without 3D poses"
                raise InputError(f"{what}: name a published set with --model.bone_prior.")
            self.bone_ratios.copy_(bone_ratios(pose, self.bones).mean(0))
        else:
            self.bone_ratios.copy_(published_bone_ratios(name, self.hparams["skeleton"]))

    def progress(self) -> float:
        """Return the fraction of training that is done."""
        trainer = self._trainer
        return 1.0 if trainer is None else trainer.global_step / trainer.estimated_stepping_batches

    @property
    def _generator(self) -> PoseFlows:
        return cast(PoseFlows, self._stages[-1])

    def draw(self, batch: PoseBatch) -> dict[str, Any]:
        """Return the latent noise of generated poses, elevations, turns, and weights of the losses."""
        h, seen, generator = self.hparams, batch["keypoints"], self.step_generator(of_process=False)
        examples, latent, elevation = len(seen), None, None
        count = examples
        if h["generated"]:
            flow = self._generator.flow(FULL)
            latent = drawn_together(lambda number: flow.gaussian(number, generator), count)
            count *= 2
        done = self.progress()
        predicted = h["elevation"] == "learned" or (h["elevation"] == "warm" and done >= 0.5)
        if not predicted and h["elevation"] != "camera":
            normal = drawn_together(lambda number: torch.randn(number, generator=generator), count)
            normal = sent(normal, seen)
            elevation = h["elevation_mean"] + h["elevation_std"] * normal
        uniform = h["elevation"] == "uniform"
        turns = drawn_together(lambda number: Turns.draw(number, generator, seen, uniform), count)
        return {
            "latent": latent,
            "elevation": elevation,
            "predicted": predicted,
            "turns": turns,
            "weights": sent(torch.tensor(self._weights(done)), seen),
            "noise": self.prior.draw(count, generator),
            "white": self.critics.draw(examples, count, generator, seen),
        }

    def _first_lift(
        self, keypoints: Tensor, camera: Camera, elevation: Tensor | None, predicted: bool
    ) -> tuple[Tensor, Tensor]:
        """Return depth offsets and elevations."""
        if predicted:
            return self.lifters(keypoints)
        offset = self.lifters.depth(keypoints[None])
        return offset, camera_elevation(camera).to(offset) if elevation is None else elevation

    def objective(
        self,
        batch: PoseBatch,
        latent: Tensor | None,
        elevation: Tensor | None,
        predicted: bool,
        turns: Turns,
        weights: Float[Tensor, " 3"],
        noise: dict[str, Tensor],
        white: dict[str, Tensor],
    ) -> dict[str, Tensor]:
        """Return every weighted loss, by name (Wandt et al., section 3; Hardy and Kim, section 3.2).

        Args:
            batch: The batch.
            latent: Noise of generated poses, where there are any.
            elevation: Elevations that are known; None where the camera says them, or the lifters.
            predicted: Whether the lifters do.
            turns: Random numbers of the views.
            weights: Of likelihood, bone ratios and critics.
            noise: See :meth:`lifting.methods.bases.flow_prior.FlowPrior.draw`.
            white: See :meth:`lifting.methods.bases.view_critics.ViewCritics.draw`.
        """
        h = self.hparams
        seen = keypoints = self.head_scale(batch["keypoints"])[:, 0]
        camera = batch["camera"]
        if latent is not None:
            keypoints = torch.cat([keypoints, self._generator.resample(keypoints, latent)])
            camera = camera.map(lambda x: torch.cat([x, x]))
        offset, elevation = self._first_lift(keypoints, camera, elevation, predicted)
        rotation = random_view_rotation(elevation, turns, h["elevation"] == "uniform", h["azimuth"])
        pose = self.back_project(keypoints.expand(len(offset), *keypoints.shape), offset)
        rotated = rotate(pose, rotation)
        view = project(rotated)
        again = self.back_project(view, self.lifters.depth(view))
        back = rotate(again, rotation.mT)
        views = {part: view[min(i, len(view) - 1)] for i, part in enumerate(self.lifters.parts)}
        if h["whole"]:
            views[FULL] = view[0] if len(view) == 1 else view.mean(0)

        def reduced(x: Tensor) -> Tensor:
            return x.mean(-1).sum() if h["sum_hypotheses"] else x.mean()

        losses = {
            "nll": weights[0] * self.prior(views, noise).mean(),
            "l2d": h["l2d"] * reduced((project(back) - keypoints).abs().sum((-2, -1))),
            "l3d": h["l3d"] * reduced((rotated - again).flatten(2).norm(dim=-1)),
            "deformation": h["deformation"]
            * reduced(torch.stack([deformation_loss(*p) for p in zip(pose, back, strict=True)])),
            "bone": weights[1] * reduced(bone_ratio_loss(pose, self.bones, self.bone_ratios)),
        }
        if predicted:
            distance = (elevation.mean() - h["elevation_mean"]).square()
            losses["elevation"] = h["elevation_prior"] * distance
        else:
            # Nothing, but every parameter gets a gradient, as DDP demands.
            losses["elevation"] = 0 * self.lifters.elevation_weights()
        if h["contrast"]:
            losses["follow"] = self.prior.follow(views, noise)
        if h["critic"]:
            losses["realism"] = weights[2] * self.critics.realism(views, white)
            losses |= self.critics.losses(seen, views, white)
        total = torch.stack(list(losses.values())).sum()
        angles = {"elevation_mean": elevation.mean(), "elevation_std": elevation.std()}
        return losses | angles | {"loss": total}

    def _weights(self, done: float) -> list[float]:
        return [self._nll_weight(done), self._bone_weight(done), self._critic_weight(done)]

    def _nll_weight(self, done: float) -> float:
        grown = min(1.0, max(0.0, (done - 0.4) / 0.4))
        return float(self.hparams["nll"] * self.hparams["nll_growth"] ** grown)

    def _bone_weight(self, done: float) -> float:
        ramp = self.hparams["bone_ramp"]
        grown = min(1.0, done / ramp) if ramp else 1.0
        return float(self.hparams["bone"] * grown**2)

    def _critic_weight(self, done: float) -> float:
        ramp = self.hparams["critic_ramp"]
        return float(self.hparams["critic"] * (min(1.0, done / ramp) if ramp else 1.0))

    def parameter_groups(self) -> Iterator[nn.Parameter] | list[dict[str, Any]]:
        """Return the lifters' parameters, and those of flows that follow and of critics, if any."""
        groups: list[dict[str, Any]] = [{"params": list(self.parameters())}]
        if self.prior.followers:
            groups.append({"params": list(self.prior.followers.parameters())})
        if self.critics.nets:
            own = {"lr": self.hparams["critic_lr"], "betas": BETAS, "weight_decay": 0.0}
            groups.append({"params": list(self.critics.nets.parameters()), **own})
        return groups

    def on_after_backward(self) -> None:
        """Average the gradients of flows that follow and of critics, which DDP does not know of."""
        average_gradients([*self.prior.followers.parameters(), *self.critics.nets.parameters()])

    def configure_gradient_clipping(
        self, optimizer: Any, gradient_clip_val: Any = None, gradient_clip_algorithm: Any = None
    ) -> None:
        """Limit the gradient's norm to a multiple of its running mean, besides the Trainer's limit."""
        self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)
        if not self.hparams["clip"]:
            return
        # All of it on the device: the host would wait for a value that it reads.
        gradients = [p.grad for p in self.parameters() if p.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients)
        known = self.gradient_norm > 0
        limit = torch.where(known, self.hparams["clip"] * self.gradient_norm, torch.inf)
        factor = (norm + 1e-6).reciprocal() * limit  # rounded as clip_grad_norm_ does
        torch._foreach_mul_(gradients, factor.clamp(max=1.0))
        capped_norm = norm.minimum(limit)
        mean = torch.where(known, torch.lerp(self.gradient_norm, capped_norm, 0.02), capped_norm)
        self.gradient_norm.copy_(torch.where(norm.isfinite(), mean, self.gradient_norm))

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the flows that follow, and the critics, in training."""
        if self.frozen:
            checkpoint["followers"] = self.prior.state_dict()
            checkpoint["critics"] = self.critics.state_dict()
        super().on_save_checkpoint(checkpoint)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the flows that follow and the critics up again, in training.

        Raises:
            CheckpointError: If critics are to go on that were not there.
        """
        super().on_load_checkpoint(checkpoint)
        if self.frozen:
            self.prior.followers.load_state_dict(checkpoint["followers"])
            critics = checkpoint.get("critics", {})
            if self.critics.nets and not critics:
                remedy = "go on with --model.critic 0, or begin a new run."
                raise CheckpointError("it was trained without critics", remedy=remedy)
            self.critics.nets.load_state_dict(critics)
