"""Base class of generative adversarial lifters, whose critic learns from unpaired 3D poses.

A generator lifts keypoints; a critic tells its poses from real ones. Generator and critic take turns,
so these methods take their own optimiser steps.
"""

from abc import abstractmethod
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple, cast

import torch
from jaxtyping import Float
from lightning.pytorch.core.optimizer import LightningOptimizer
from lightning.pytorch.strategies import DDPStrategy
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler

from lifting.batch import PoseBatch
from lifting.errors import wrong_value
from lifting.geometry import centre
from lifting.losses.adversarial import critic_loss, gradient_penalty, interpolate
from lifting.methods.bases.critic_checkpoints import note_bones, turn_bones
from lifting.methods.bases.pose_data import PoseData
from lifting.methods.bases.processes import average_gradients, drawn_together
from lifting.methods.bases.sequence_lifter import MILLIMETRES, SequenceLifter
from lifting.nets.critic import PoseCritic
from lifting.nets.fp32 import no_autocast
from lifting.on_device import sent
from lifting.skeletons import Skeleton, skeleton

POSE, MOTION = "pose", "motion"


class Generated(NamedTuple):
    """Output of a generator.

    Attributes:
        pose: Root-relative poses, metres.
        view: Root positions ``(B, C, 3)``, metres, or cameras ``(B, 3, 2)``, to reproject them.
    """

    pose: Float[Tensor, "B C J 3"]
    view: Tensor


class Adversarial(SequenceLifter):
    """Base class of the methods with a critic: a Wasserstein GAN with gradient penalty.

    A subclass fills in :meth:`configure_generator`, :meth:`generate` and :meth:`observation_losses`. The
    poses of the batch's own examples are never used in training: poses come from ``prior_subjects``
    of the data alone.

    The Trainer counts every optimiser step, of critic and generator, in ``max_steps``. It does not clip
    gradients for methods that step by themselves: ``clip`` does.

    Args:
        n_critic: Batches per step of the generator; the critic takes a step at each.
        critic_lr: Learning rate of the critic; that of the generator where not given.
        beta1: Decay of Adam's mean gradient.
        beta2: Decay of Adam's mean squared gradient.
        penalty: Weight of the gradient penalty.
        realism: Weight of the critic's score in the generator's loss.
        reprojection: Weight of the reprojection at the begin of training.
        reprojection_growth: Factor by which that weight has grown at its end.
        growth_share: Fraction of training over which it grows, geometrically.
        clip: Limit of the norm of the gradients of either; 0 for none.
        critic_width: Width of the critic's path over bones.
        slope: Slope of the activations below zero; the published papers' code has 0.3.
        activate: Activate the sum of the critic's residual block over bones.
        legacy_bones: The published bones, one of which is always zero, and each product twice.
        begin_at_mean: Begin with the mean pose of the prior.
        **kwargs: See :class:`lifting.methods.bases.lifter.Lifter`.
    """

    same_joints = True
    learns_from_prior = True
    takes_view = False
    compiled_parts = ("generate", "critic_losses", "generator_losses")

    def __init__(
        self,
        n_critic: int = 1,
        critic_lr: float | None = None,
        beta1: float = 0.5,
        beta2: float = 0.9,
        penalty: float = 10.0,
        realism: float = 1.0,
        reprojection: float = 1.0,
        reprojection_growth: float = 1.0,
        growth_share: float = 0.8,
        clip: float = 0.0,
        critic_width: int = 1000,
        slope: float = 0.01,
        activate: bool = True,
        legacy_bones: bool = False,
        begin_at_mean: bool = True,
        lr: float = 1e-4,
        **kwargs: Any,
    ) -> None:
        if n_critic < 1:
            raise wrong_value("model.n_critic", n_critic, "give at least 1.")
        if growth_share < 0:
            raise wrong_value("model.growth_share", growth_share, "give at least 0.")
        weights = {"reprojection": reprojection, "reprojection_growth": reprojection_growth}
        for option, value in weights.items():
            if value <= 0:
                raise wrong_value(f"model.{option}", value, "give a number above 0.")
        super().__init__(lr=lr, **kwargs)
        self.automatic_optimization = False
        # Batches trained on, and in all. The Trainer counts optimiser steps, of both.
        self.batches = 0
        self._total = 1
        self._moving = ""

    @property
    def body(self) -> Skeleton:
        """The joint set of the poses."""
        return skeleton(self.hparams["skeleton"])

    @abstractmethod
    def configure_generator(self) -> nn.Module:
        """Return the networks that lift."""

    @abstractmethod
    def generate(self, batch: PoseBatch) -> Generated:
        """Lift a batch."""

    @abstractmethod
    def observation_losses(self, generated: Generated, batch: PoseBatch) -> dict[str, Tensor]:
        """Return the losses of lifted poses against the keypoints, by name.

        Weighted, but for ``reprojection``, whose weight grows.
        """

    def configure_nets(self) -> None:
        """Build generator and critics."""
        h = self.hparams
        self.generator = self.configure_generator()
        width, legacy = h["critic_width"], h["legacy_bones"]
        options = self.options("slope", "activate")
        critic = PoseCritic(self.body, width=width, legacy=legacy, **options)
        self.critics = nn.ModuleDict({POSE: critic})

    def critic_inputs(self, pose: Float[Tensor, "B C J 3"]) -> dict[str, Tensor]:
        """Return the inputs of the critics, by name, from root-relative poses in metres."""
        views = {POSE: pose.flatten(0, 1), MOTION: pose}
        return {name: views[name] for name in self.critics}

    def critic_weights(self) -> dict[str, float]:
        """Return the weight of each critic's score in the generator's loss."""
        return {POSE: self.hparams["realism"]}

    def with_root(self, joints: Float[Tensor, "*batch others 3"]) -> Float[Tensor, "*batch J 3"]:
        """Return poses whose root, which no network predicts, is at zero."""
        root = self.body.root
        zero = torch.zeros_like(joints[..., :1, :])
        return torch.cat([joints[..., :root, :], zero, joints[..., root:, :]], -2)

    def without_root(self, joints: Float[Tensor, "*batch J d"]) -> Float[Tensor, "*batch others d"]:
        """Return the joints besides the root."""
        root = self.body.root
        return torch.cat([joints[..., :root, :], joints[..., root + 1 :, :]], -2)

    def take_statistics(self, data: PoseData) -> None:
        """Take the mean of the prior."""
        super().take_statistics(data)
        poses = data.prior_poses()
        assert poses is not None
        self.take_prior(poses / MILLIMETRES)

    def take_prior(self, poses: Float[Tensor, "frames J 3"]) -> None:
        """Take statistics of the absolute poses of the prior, metres."""
        if self.hparams["begin_at_mean"]:
            self.initialise_at(poses)

    @abstractmethod
    def initialise_at(self, poses: Float[Tensor, "frames J 3"]) -> None:
        """Let the untrained generator predict the mean of absolute poses, metres."""

    def fit_statistics(
        self, keypoints: Float[Tensor, "frames K 2"], pose: Float[Tensor, "frames J 3"] | None
    ) -> None:
        """Take nothing, as these are the poses of the examples."""

    def progress(self) -> float:
        """Return the fraction of training that is done."""
        return min(1.0, self.batches / self._total)

    def reprojection_weight(self) -> float:
        """Return the weight of the reprojection, which grows geometrically."""
        h = self.hparams
        done = min(1.0, self.progress() / h["growth_share"]) if h["growth_share"] else 1.0
        return float(h["reprojection"] * h["reprojection_growth"] ** done)

    def draw(self, batch: PoseBatch) -> dict[str, Any]:
        """Return where between fake and real the critics' gradients are taken, and a weight.

        By the critic's name, fractions of the way; and the weight of the reprojection.
        """
        seen, generator = batch["keypoints"], self.step_generator(of_process=False)
        examples, chunk = batch["valid"].shape

        def between(each: int) -> Tensor:
            drawn = drawn_together(lambda n: torch.rand(n, each, generator=generator), examples)
            return sent(drawn.flatten(), seen)

        of_example = {POSE: chunk, MOTION: 1}
        fractions = {name: between(of_example[name]) for name in self.critics}
        weight = sent(torch.tensor(self.reprojection_weight()), seen)
        return {"fractions": fractions, "weight": weight}

    def loss(self, batch: PoseBatch) -> Tensor:
        """Return the loss of the generator."""
        weight = self.draw(batch)["weight"]
        return self.total(self.generator_losses(self.generate(batch), batch, weight))

    @staticmethod
    def total(losses: dict[str, Tensor]) -> Tensor:
        """Return the sum of losses."""
        return torch.stack(list(losses.values())).sum()

    def generator_losses(
        self, generated: Generated, batch: PoseBatch, weight: Float[Tensor, ""]
    ) -> dict[str, Tensor]:
        """Return the losses of the generator, by name: the critics' scores and the reprojection.

        Args:
            generated: The generator's poses of the batch.
            batch: The batch.
            weight: Weight of the reprojection.
        """
        losses = self.observation_losses(generated, batch)
        losses["reprojection"] = weight * losses["reprojection"]
        inputs = self.critic_inputs(generated.pose)
        for name, share in self.critic_weights().items():
            losses[f"realism_{name}"] = -share * self.critics[name](inputs[name]).mean()
        return losses

    def critic_losses(
        self, real: Tensor, fake: Tensor, fractions: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return the losses of the critics, by name: the negative distance, and the penalty.

        Args:
            real: Root-relative poses ``(B, C, J, 3)`` of the prior, metres.
            fake: The generator's.
            fractions: How far between the two the gradients of each critic are taken, see :meth:`draw`.
        """
        losses: dict[str, Tensor] = {}
        real_inputs, fake_inputs = self.critic_inputs(real), self.critic_inputs(fake)
        for name, critic in self.critics.items():
            a, b = real_inputs[name], fake_inputs[name]
            real_score, fake_score = critic(torch.cat([a, b])).split(len(a))
            between = interpolate(a, b, fractions[name])
            losses[f"critic_{name}"] = critic_loss(real_score, fake_score)
            penalty = gradient_penalty(critic, between)
            losses[f"penalty_{name}"] = self.hparams["penalty"] * penalty
        return losses

    def training_step(self, batch: PoseBatch, batch_idx: int) -> Tensor:
        """Move the critics, and at every ``n_critic``-th batch the generator."""
        self.begin_step(batch_idx)
        generator, critic = cast(list[LightningOptimizer], self.optimizers())
        generator_lr, critic_lr = cast(list[LRScheduler], self.lr_schedulers())
        drawn = self.draw(batch)
        moves_generator = (self.batches + 1) % self.hparams["n_critic"] == 0
        # Both learn from the poses of one pass, which needs no gradient if only the critics move.
        with torch.set_grad_enabled(moves_generator):
            generated = self.generate(batch)
        real = centre(batch["prior"][: len(generated.pose)], self.body.root) / MILLIMETRES
        losses = self.critic_losses(real, generated.pose.detach(), drawn["fractions"])
        loss = self._move("critic", critic, losses)
        critic_lr.step()
        if moves_generator:
            # The critics' scores move the generator only.
            with self.toggled_optimizer(generator):
                losses = self.generator_losses(generated, batch, drawn["weight"])
                loss = self._move("generator", generator, losses)
            generator_lr.step()
        self.batches += 1
        return loss

    def _move(self, name: str, optimizer: Any, losses: dict[str, Tensor]) -> Tensor:
        loss = self.total(losses)
        self._moving = name
        optimizer.zero_grad()
        # Gradients in the precision of what they are the gradients of, as under automatic steps. DDP
        # would wait for those of the network that rests.
        with no_autocast(loss), self._gradients_of_process():
            self.manual_backward(loss)
        average_gradients(p for group in optimizer.param_groups for p in group["params"])
        optimizer.step()
        values = losses | {f"{name}_loss": loss}
        self.log_dict({f"train/{key}": value.detach() for key, value in values.items()})
        return loss.detach()

    def _gradients_of_process(self) -> AbstractContextManager[None]:
        strategy = self.trainer.strategy
        return (
            strategy.block_backward_sync() if isinstance(strategy, DDPStrategy) else nullcontext()
        )

    def on_before_optimizer_step(self, optimizer: Any) -> None:
        """Log the norm of the gradients, and limit it; an fp16 scaler has been taken out of them."""
        gradients = [
            p.grad
            for group in optimizer.param_groups
            for p in group["params"]
            if p.grad is not None
        ]
        norm = torch.nn.utils.get_total_norm(gradients)
        self.log(f"train/{self._moving}_gradient", norm)
        if limit := self.hparams["clip"]:
            # Not by Lightning, which refuses a fused optimiser in any mixed precision.
            parameters = [p for group in optimizer.param_groups for p in group["params"]]
            torch.nn.utils.clip_grads_with_norm_(parameters, limit, norm)

    def configure_optimizers(self) -> Any:
        """Return the optimisers of generator and critics, and a schedule for each."""
        h = self.hparams
        self._total = self._batches_of_training()
        betas = h["beta1"], h["beta2"]
        generator = self.build_optimizer(self.generator.parameters(), h["lr"], betas)
        critic = self.build_optimizer(self.critics.parameters(), h["critic_lr"] or h["lr"], betas)
        schedules = [
            self.build_schedule(generator, max(1, self._total // h["n_critic"])),
            self.build_schedule(critic, self._total),
        ]
        return [generator, critic], schedules

    def _batches_of_training(self) -> int:
        trainer = self.trainer
        batches = int(self.training_steps())
        if trainer.max_steps > 0:
            n = self.hparams["n_critic"]
            batches = min(batches, trainer.max_steps * n // (n + 1))
        return max(1, batches)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the number of batches, which decides whose turn it is."""
        super().on_save_checkpoint(checkpoint)
        checkpoint["batches"] = self.batches
        if self.hparams["legacy_bones"]:
            note_bones(checkpoint)

    def upgrade(self, checkpoint: dict[str, Any]) -> None:
        """Turn the published bones of earlier checkpoints round."""
        super().upgrade(checkpoint)
        if self.hparams["legacy_bones"]:
            turn_bones(checkpoint, self.critics)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Restore the number of batches."""
        super().on_load_checkpoint(checkpoint)
        self.batches = checkpoint.get("batches", 0)
