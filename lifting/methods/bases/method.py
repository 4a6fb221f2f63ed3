"""Base class of everything that is trained: evaluation, statistics, optimiser and checks."""

from abc import abstractmethod
from collections.abc import Collection, Iterator
from typing import Any, Self, TypeVar, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lifting.checkpoints import file_digest
from lifting.errors import InputError, Option, Phrase, located
from lifting.geometry import centre
from lifting.methods.bases.checkpointed import Checkpointed, load_frozen
from lifting.methods.bases.pose_data import PoseData
from lifting.methods.bases.schedules import schedule
from lifting.metrics import EvaluationResult, FrameEvaluation
from lifting.skeletons import skeleton

FrozenMethod = TypeVar("FrozenMethod", bound="Method")


def check_choice(option: str, value: object, choices: Collection[object]) -> None:
    """Refuse an option of a method that is none of the choices."""
    if value not in choices:
        known = ", ".join(map(str, choices))
        raise InputError(
            Phrase("{} is {}: choose one of {}.", Option(f"model.{option}"), value, known)
        )


class Method(Checkpointed):
    """Base class of everything that is trained: lifters, their priors, detectors.

    A subclass takes flat primitives, names them in ``self.hparams``, and fills in
    :meth:`configure_nets`, :meth:`fit_statistics`, :meth:`objective`, :meth:`configure_evaluation` and
    :meth:`evaluate`; and :meth:`draw`, where the objective takes random numbers or changes from step to
    step.

    Args:
        skeleton: Joint set of the poses.
        keypoint_skeleton: Joint set of the 2D keypoints.
        lr: Learning rate.
        weight_decay: Weight decay, decoupled from the gradient (AdamW).
        l2: Add the weight decay to the gradient instead (Adam), as publications before AdamW did.
        amsgrad: Divide by the largest second moment so far (Reddi et al., ICLR 2018).
        schedule: Learning rate over training: ``cosine`` to zero, ``constant``, or ``exponential``.
        warmup: Fraction of training in which the learning rate rises linearly.
        lr_decay: Factor per epoch of the exponential schedule.
        seed: Seed of the random numbers of training, see :meth:`step_generator`.
        start_from: Checkpoint of this method to start training from, with its statistics.
    """

    # Whether the method sees crops of images; others see keypoints.
    sees_images = False
    # Whether the method is trained; others are tested as they are, without a checkpoint.
    needs_training = True
    # Whether the method sees one frame only; others check the windows they are given.
    single_frame = False
    # Whether the method learns from examples without poses beside those that have them.
    learns_unlabelled = False
    # Whether a checkpoint of the same training is about to be restored, which the Trainer does not know
    # as early as ``setup``: what that training began from need not be there any more.
    goes_on = False
    # What ``--compile`` compiles: functions of tensors.
    compiled_parts: tuple[str, ...] = ("seen_objective",)
    compiled = False
    # Whether the method has a critic, which learns from poses that are not those of its examples.
    learns_from_prior = False

    def __init__(
        self,
        skeleton: str = "h36m17",
        keypoint_skeleton: str = "h36m17",
        lr: float = 1e-3,
        weight_decay: float = 0.0,
        l2: bool = False,
        amsgrad: bool = False,
        schedule: str = "cosine",
        warmup: float = 0.02,
        lr_decay: float = 0.96,
        seed: int = 0,
        start_from: str | None = None,
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.evaluation: FrameEvaluation | None = None
        self.test_result: EvaluationResult | None = None
        # In a list, so that they are no part of this module.
        self._stages: list[Method] = []
        self._batch_idx = 0
        self.configure_nets()

    def options(self, *names: str) -> dict[str, Any]:
        """Return some of the hyper-parameters."""
        return {name: self.hparams[name] for name in names}

    @abstractmethod
    def configure_nets(self) -> None:
        """Build the networks from ``self.hparams``."""

    def fit_statistics(
        self, keypoints: Float[Tensor, "frames K 2"], pose: Float[Tensor, "frames J 3"] | None
    ) -> None:
        """Take statistics of the training frames (pixels; root-relative millimetres) into buffers."""

    def loss(self, batch: Any) -> Tensor:
        """Return the training loss of a batch, which is a PoseBatch or an ImageBatch.

        A subclass may override it in place of :meth:`objective`.
        """
        return self.objective(batch, **self.draw(batch))["loss"]

    def draw(self, batch: Any) -> dict[str, Any]:
        """Return what the objective of a step takes besides the batch, on the batch's device.

        The random numbers of the step, and the weights that depend on how far training is.
        """
        return {}

    def objective(self, *args: Any, **drawn: Any) -> dict[str, Tensor]:
        """Return the ``loss`` of a batch, and by their names the values to log beside it.

        Computed of tensors alone, so that it can be compiled: it asks nothing of the Trainer.

        Args:
            args: The batch.
            drawn: What :meth:`draw` returns.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no objective, and no loss in its place"
        )

    def seen_objective(self, batch: Any, drawn: dict[str, Any]) -> dict[str, Tensor]:
        """Return :meth:`objective` of a batch as the method sees it; what ``--compile`` compiles."""
        if type(self).loss is not Method.loss:
            return {"loss": self.loss(batch)}
        return self.objective(batch, **drawn)

    @abstractmethod
    def configure_evaluation(self, data: PoseData, full: bool) -> FrameEvaluation:
        """Return the metrics that an evaluation collects.

        Args:
            data: The datamodule.
            full: Every metric, or only those that training needs.
        """

    @abstractmethod
    def evaluate(self, batch: Any) -> None:
        """Add a batch to ``self.evaluation``."""

    def setup(self, stage: str) -> None:
        """Check that data and method fit together, and take statistics before training."""
        data = cast(PoseData, self.trainer.datamodule)  # type: ignore[attr-defined]
        name = type(self).__name__
        if self.sees_images != data.yields_images:
            kinds = self.sees_images, data.yields_images
            needed, given = ("images" if images else "keypoints" for images in kinds)
            what = f"{name} sees {needed}, {type(data).__name__} yields {given}"
            raise InputError(f"{what}: choose data of {needed}, or a method that sees {given}.")
        for what in ("keypoint_skeleton", "pose_skeleton"):
            own = self.hparams[what.removeprefix("pose_")]
            given = getattr(data, what)
            if own != given:
                what = f"The method's {what.replace('_', ' ')} is '{own}', the data's is '{given}'"
                raise InputError(f"{what}: choose one for both.")
        if self.single_frame and data.frames_per_example != 1:
            what = f"{name} lifts single frames, the data's examples have {data.frames_per_example}"
            raise InputError(f"{what}: leave receptive_field and chunk at 1.")
        if data.subjects.get("unlabelled") and not self.learns_unlabelled:
            remedy = "leave --data.unlabelled_subjects empty."
            raise InputError(f"{name} does not learn from unlabelled subjects: {remedy}")
        has_prior = bool(data.subjects.get("prior"))
        if has_prior and not self.learns_from_prior:
            raise InputError(f"{name} has no critic: leave --data.prior_subjects empty.")
        if stage == "fit" and self.learns_from_prior and not has_prior:
            remedy = "name their subjects with --data.prior_subjects."
            raise InputError(f"The critic of {name} learns from poses of their own: {remedy}")
        if (precision := str(self.trainer.precision)) in ("bf16-true", "16-true"):
            what = f"Precision {precision} would round geometry and metrics too"
            raise InputError(f"{what}: use bf16-mixed or 16-mixed.")
        self.evaluation = self.configure_evaluation(data, full=stage != "fit")
        if stage == "fit":
            self.load_frozen_stages()
            self.take_statistics(data)
            if not self.goes_on:
                self.start()

    def take_statistics(self, data: PoseData) -> None:
        """Take statistics of the training data, which the checkpoint keeps."""
        keypoints, pose = data.training_frames()
        root = skeleton(self.hparams["skeleton"]).root
        self.fit_statistics(keypoints, None if pose is None else centre(pose, root))

    def start(self) -> None:
        """Take parameters and statistics of the checkpoint that training starts from, if one is named.

        Raises:
            InputError: If it is of another method, of other joints or of another size.
        """
        path = self.hparams["start_from"]
        if path is None:
            return
        other = load_frozen(path, type(self))
        with located(path):
            self.take_over(other)
        self.note_stage("start_from", path)

    def take_over(self, other: Self) -> None:
        """Take the weights and statistics of another method."""
        self._check_identity(other._identity())
        self.load_state_dict(other.state_dict())

    def load_frozen_stages(self) -> None:
        """Load the earlier stages that training needs; they are not saved again."""

    def load_stage(self, option: str, kind: type[FrozenMethod]) -> FrozenMethod:
        """Load the earlier stage an option names, and note its SHA-256.

        Args:
            option: Name of a hyper-parameter that holds the path of a checkpoint.
            kind: The method it must be of.

        Raises:
            InputError: If it is not given, or no checkpoint of that method.
        """
        path = self.hparams[option]
        if path is None:
            raise InputError(
                Phrase(
                    "{} names no checkpoint: give a {}'s.", Option(f"model.{option}"), kind.__name__
                )
            )
        stage = load_frozen(path, kind)
        self.note_stage(option, path)
        self._stages.append(stage)
        return stage

    def note_stage(self, option: str, path: str) -> None:
        """Note which file an option named; a run is not resumed with another."""
        self.frozen[option] = file_digest(path)
        self._paths[option] = path

    def on_fit_start(self) -> None:
        """Move the earlier stages to the device of training."""
        for stage in self._stages:
            stage.to(self.device)

    def step_generator(self, of_process: bool = True) -> torch.Generator:
        """Return a generator seeded by seed, step and process alone, so that a resume is exact.

        Args:
            of_process: False for one that is the same in all processes.
        """
        trainer = self._trainer
        step, rank = (0, 0) if trainer is None else (trainer.global_step, trainer.global_rank)
        rank *= of_process
        key = 0
        for number in (self.hparams["seed"], step, rank, self._batch_idx):
            key = (key * 1_000_003 + number) % 2**63
        return torch.Generator().manual_seed(key)

    def compile_step(self, mode: str) -> None:
        """Compile what a step of training computes on the device.

        In whole: a part that cannot be compiled fails. Every shape of a batch is compiled anew.

        Args:
            mode: ``default``, or ``reduce-overhead``, which captures CUDA graphs on a GPU.
        """
        self.compiled = True
        for name in self.compiled_parts:
            part = torch.compile(getattr(self, name), fullgraph=True, dynamic=False, mode=mode)
            setattr(self, name, part)

    def begin_step(self, batch_idx: int) -> None:
        """Note which batch a step is of, and let its graphs write over what the last step's returned."""
        self._batch_idx = batch_idx
        if self.compiled:
            # Torch would take any part that follows a gradient for another step.
            torch.compiler.cudagraph_mark_step_begin()

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """Return the loss and log it."""
        self.begin_step(batch_idx)
        values = self.seen_objective(batch, self.draw(batch))
        self.log_dict({f"train/{name}": value.detach() for name, value in values.items()})
        return values["loss"]

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        """Evaluate a batch of the held-out subject."""
        self.evaluate(batch)

    def test_step(self, batch: Any, batch_idx: int) -> None:
        """Evaluate a batch of the test subjects."""
        self.evaluate(batch)

    def on_validation_epoch_end(self) -> None:
        """Log the means over all frames."""
        self._finish("val")

    def on_test_epoch_end(self) -> None:
        """Log the means over all frames and keep the table for callbacks."""
        self.test_result = self._finish("test")

    def _finish(self, split: str) -> EvaluationResult:
        assert self.evaluation is not None
        result = self.evaluation.compute()
        self.evaluation.reset()
        # Every process holds the same synchronised numbers.
        means = {f"{split}/{name}": value for name, value in result.frame_mean.items()}
        self.log_dict(means, sync_dist=True)
        return result

    def configure_optimizers(self) -> Any:
        """Return Adam and its schedule, stepped every batch."""
        optimizer = self.build_optimizer(self.parameter_groups(), self.hparams["lr"])
        scheduler = self.build_schedule(optimizer, self.training_steps())
        every_step = {"scheduler": scheduler, "interval": "step"}
        return {"optimizer": optimizer, "lr_scheduler": every_step}

    def parameter_groups(self) -> Iterator[nn.Parameter] | list[dict[str, Any]]:
        """Return the parameters to optimise, in groups where their learning rates differ."""
        return self.parameters()

    def build_optimizer(
        self,
        parameters: Iterator[nn.Parameter] | list[dict[str, Any]],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
    ) -> torch.optim.Optimizer:
        """Return Adam as the options ask for it."""
        h = self.hparams
        kind = torch.optim.Adam if h["l2"] else torch.optim.AdamW
        options = self.options("weight_decay", "amsgrad")
        return kind(parameters, lr, betas, **options, fused=self._may_fuse())

    def build_schedule(
        self, optimizer: torch.optim.Optimizer, steps: int
    ) -> torch.optim.lr_scheduler.LambdaLR:
        """Return the schedule that the options ask for, over a number of steps."""
        h = self.hparams
        per_epoch = max(1, steps // max(1, self.trainer.max_epochs or 1))
        factor = schedule(h["schedule"], steps, h["warmup"], h["lr_decay"], per_epoch)
        return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)

    def training_steps(self) -> int:
        """Return the steps of the whole training.

        Raises:
            InputError: If it has no end.
        """
        steps = self.trainer.estimated_stepping_batches
        if steps == float("inf"):
            raise InputError("The schedule needs an end: set trainer.max_epochs or max_steps.")
        return int(steps)

    def _may_fuse(self) -> bool:
        # A fused optimiser takes the scale of fp16 out of the gradients only as it steps, too late for
        # what looks at them before; and Lightning refuses to clip with one in mixed precision.
        precision = str(self.trainer.precision)
        return precision != "16-mixed" and not (
            self.trainer.gradient_clip_val and "mixed" in precision
        )
