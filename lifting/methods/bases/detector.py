"""Base class of keypoint detectors by heat-maps, evaluated in 2D and through lifters."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from einops import rearrange
from jaxtyping import Float
from lightning.pytorch.utilities import rank_zero_info
from torch import Tensor, nn

from lifting.batch import ImageBatch
from lifting.errors import InputError, Option, Phrase, wrong_value
from lifting.imaging.crops import swap_sides, to_crop, to_image
from lifting.imaging.heatmaps import (
    DECODERS,
    STRIDE,
    Alignment,
    crop_to_heatmap,
    decode,
    flip_test,
    gaussian_targets,
    heatmap_to_crop,
)
from lifting.losses.heatmaps import heatmap_errors
from lifting.methods.bases.checkpointed import load_frozen
from lifting.methods.bases.lifter import Lifter
from lifting.methods.bases.lifter_group import LifterGroup
from lifting.methods.bases.method import Method, check_choice
from lifting.methods.bases.pose_data import PoseData
from lifting.metrics import FrameEvaluation
from lifting.metrics.keypoint_evaluation import LiftedEvaluation
from lifting.nets.detectors import build_detector
from lifting.published import initialise_detector
from lifting.skeletons import skeleton


class Detector(Method):
    """A method that detects the keypoints of people on crops by heat-maps.

    A subclass fills in :meth:`objective`.

    Args:
        network: ``hrnet_w32``, ``hrnet_w48`` or any other width; ``pose_resnet_50`` or another depth.
        bgr: Whether blue is the first colour that the network sees, as in the official PoseResNets.
        weights: Published weights to start training from (docs/weights.md); random ones where not given.
        new_head: Leave out their last layer, where their joints are others, but as many, as COCO's 17.
        sigma: Standard deviation of the targets, heat-map pixels; published: 2 for crops of
            256 × 192, 3 for those of 384 × 288.
        quantised: Targets as published before DARK: their peak at the centre of a cell.
        decoder: How keypoints are read from heat-maps (:func:`lifting.imaging.heatmaps.decode`).
        alignment: Which pixel of the crop a cell is; ``centres`` for published weights.
        flip_test: Average heat-maps with those of the mirrored crop, in evaluation, at twice the time;
            not of people whose left and right look different (``mirrored_alike`` of the data).
        lifters: Checkpoints of trained lifters by name, through which 3D errors are measured where the
            data have 3D poses.
        **kwargs: See :class:`lifting.methods.bases.method.Method`; ``start_from`` may name any
            detector's checkpoint.
    """

    sees_images = True

    def __init__(
        self,
        network: str = "hrnet_w32",
        bgr: bool = False,
        weights: str | None = None,
        new_head: bool = False,
        sigma: float = 2.0,
        quantised: bool = False,
        decoder: str = "soft",
        alignment: Alignment = "edges",
        flip_test: bool = False,
        lifters: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        check_choice("decoder", decoder, DECODERS)
        if weights is not None and kwargs.get("start_from") is not None:
            raise InputError(
                Phrase(
                    "{} and {} both begin a training: give one.",
                    Option("model.weights"),
                    Option("model.start_from"),
                )
            )
        if sigma <= 0:
            raise wrong_value("model.sigma", sigma, "give a standard deviation above 0.")
        super().__init__(**kwargs)

    def configure_nets(self) -> None:
        """Build the network."""
        h = self.hparams
        self.mirror = skeleton(h["keypoint_skeleton"]).mirror
        self.net = build_detector(h["network"], len(self.mirror), h["bgr"])
        # The same numbers, faster on GPUs and on processors.
        nn.utils.convert_conv2d_weight_memory_format(self.net, torch.channels_last)
        self.lifters = self._group({})
        # Images of one example, of which the middle one is lifted.
        self.window = 1

    def _group(self, lifters: Mapping[str, Lifter]) -> LifterGroup:
        return LifterGroup(lifters, self.hparams["keypoint_skeleton"], self.hparams["skeleton"])

    def load_lifters(self) -> None:
        """Load every lifter that is named.

        Raises:
            InputError: If a checkpoint is of no lifter, or its joints cannot be derived.
        """
        self.lifters = self._group(
            {name: self.load_lifter(name) for name in self.hparams["lifters"]}
        )
        self._stages = list(self.lifters.lifters.values())

    def load_lifter(self, name: str) -> Lifter:
        """Return a trained lifter that ``lifters`` names."""
        return load_frozen(self.hparams["lifters"][name], Lifter)

    def setup(self, stage: str) -> None:
        """Load the lifters, where the data have poses to evaluate them with.

        Raises:
            InputError: If one does not fit.
        """
        data = self.trainer.datamodule  # type: ignore[attr-defined]
        self.window = data.frames_per_example
        if self.hparams["flip_test"] and not data.mirrored_alike:
            name = type(data).__name__
            rank_zero_info(f"flip_test is left out: people of {name} look different in a mirror.")
            self.hparams["flip_test"] = False
        if stage != "predict" and self.hparams["lifters"] and data.has_poses:
            self.load_lifters()
            if self.lifters.frames > self.window:
                frames = self.lifters.frames
                what = f"A lifter of --model.lifters sees {frames} frames, the data {self.window}"
                raise InputError(f"{what}: set --data.window {frames}.")
        super().setup(stage)

    def load_frozen_stages(self) -> None:
        """Note the checkpoints of the lifters."""
        for name in self.lifters:
            self.note_stage(f"lifters.{name}", self.hparams["lifters"][name])

    def start(self) -> None:
        """Take published weights, or those of another detector, if asked.

        Raises:
            InputError: If they do not fit.
        """
        h = self.hparams
        if h["weights"] is not None:
            rank_zero_info(initialise_detector(self.net, h["weights"], not h["new_head"]))
            self.note_stage("weights", h["weights"])
        if h["start_from"] is not None:
            other = load_frozen(h["start_from"], Detector)
            for option in ("network", "alignment", "bgr"):
                if other.hparams[option] != h[option]:
                    what = f"its {option} is {other.hparams[option]}, not {h[option]}"
                    raise InputError(what, h["start_from"], "name another checkpoint.")
            self.take_over(other)
            self.note_stage("start_from", h["start_from"])

    def take_over(self, other: "Detector") -> None:
        """Take another detector's weights; those of the last layer for joints that have one name."""
        own, others = (skeleton(d.hparams["keypoint_skeleton"]).joints for d in (self, other))
        state = other.net.state_dict()
        shared = torch.tensor([joint in others for joint in own])
        rows = [others.index(joint) for joint in own if joint in others]
        for name, weights in self.net.state_dict().items():
            if name.startswith("head."):
                head = weights.clone()
                head[shared] = state[name][rows]
                state[name] = head
        self.net.load_state_dict(state)
        if new := [joint for joint in own if joint not in others]:
            rank_zero_info(f"{self.hparams['start_from']}: learns anew {', '.join(new)}.")

    def on_validation_start(self) -> None:
        """Move the lifters to the device of the validation."""
        self.on_fit_start()

    def on_test_start(self) -> None:
        """Move the lifters to the device of the test."""
        self.on_fit_start()

    def forward(self, image: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B K I V"]:
        """Return the heat-maps of normalised crops."""
        return self.net(image)

    def targets(self, batch: ImageBatch) -> tuple[Float[Tensor, "B K I V"], Float[Tensor, "B K"]]:
        """Return target heat-maps and their weights, left and right as they look in the crop."""
        h, affine = self.hparams, batch["affine"]
        points = to_crop(batch["keypoints"], affine, self.mirror)
        labelled = swap_sides(batch["visibility"][..., None], affine, self.mirror)[..., 0] > 0
        height, width = (side // STRIDE for side in batch["image"].shape[2:])
        inside = crop_to_heatmap(points, h["alignment"])
        return gaussian_targets(inside, labelled, (width, height), h["sigma"], h["quantised"])

    def heatmap_errors(
        self, heatmaps: Float[Tensor, "B K I V"], batch: ImageBatch
    ) -> tuple[Float[Tensor, "B K"], Float[Tensor, "B K"]]:
        """Return error and weight of each keypoint, left and right as the person has them."""
        targets, weights = self.targets(batch)
        both = torch.stack((heatmap_errors(heatmaps, targets, weights), weights), -1)
        errors, weights = swap_sides(both, batch["affine"], self.mirror).unbind(-1)
        return errors, weights

    def decode_in_image(
        self, heatmaps: Float[Tensor, "B K I V"], affine: Float[Tensor, "B 2 3"]
    ) -> tuple[Float[Tensor, "B K 2"], Float[Tensor, "B K"]]:
        """Return the keypoints of heat-maps in pixels of the image, and their confidence."""
        points, peaks = self.decode_in_crop(heatmaps)
        keypoints = to_image(points, affine, self.mirror)
        return keypoints, swap_sides(peaks[..., None], affine, self.mirror)[..., 0]

    def decode_in_crop(
        self, heatmaps: Float[Tensor, "B K I V"]
    ) -> tuple[Float[Tensor, "B K 2"], Float[Tensor, "B K"]]:
        """Return the keypoints of heat-maps in pixels of the crop, and their confidence."""
        h = self.hparams
        points, peaks = decode(heatmaps, h["decoder"], h["sigma"])
        return heatmap_to_crop(points, h["alignment"]), peaks

    def heatmaps(self, image: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B K I V"]:
        """Return the heat-maps of normalised crops, mirrored twin averaged in if asked."""
        if not self.hparams["flip_test"]:
            return self(image)
        # Cells whose centres lie on those of pixels are not mirrored onto each other.
        shift = self.hparams["alignment"] == "centres"
        return flip_test(self.net, image, self.mirror, shift)

    def detect(self, batch: ImageBatch) -> tuple[Float[Tensor, "B K 2"], Float[Tensor, "B K"]]:
        """Return keypoints in pixels of the image, and their confidence, mirrored twin if asked."""
        return self.decode_in_image(self.heatmaps(batch["image"]), batch["affine"])

    def configure_evaluation(self, data: PoseData, full: bool) -> FrameEvaluation:
        """Return the metrics of keypoints, and of the poses lifted from them."""
        return LiftedEvaluation(
            data.actions,
            self.hparams["keypoint_skeleton"],
            list(self.lifters),
            [name for name in self.guides() if name in self.lifters],
            self.lifters.same_joints,
            full,
        )

    def guides(self) -> list[str]:
        """Return the lifters that training uses; the others are unseen."""
        return []

    def evaluate(self, batch: ImageBatch) -> None:
        """Add the errors of the detected keypoints, and of the poses lifted from them."""
        assert isinstance(self.evaluation, LiftedEvaluation)
        keypoints, confidence = self.detect(batch)
        labels = (batch[name] for name in ("keypoints", "visibility", "box", "action"))
        self.evaluation.update(*(self.middle(x) for x in (keypoints, confidence, *labels)))
        if self.lifters and "pose" in batch:
            lifted = self.lift(keypoints, batch, self.lifters)
            full = self.evaluation.full
            exact = self.lift(batch["keypoints"], batch, self.lifters) if full else {}
            posed = self.middle(batch["posed"])
            action, pose = self.middle(batch["action"]), self.middle(batch["pose"])[:, 0]
            truth = {name: self.lifters.truth(name, pose) for name in self.lifters}
            lifted, exact, truth = (
                {name: pose[posed] for name, pose in poses.items()}
                for poses in (lifted, exact, truth)
            )
            self.evaluation.update_lifted(lifted, exact, truth, action[posed])

    def lift(
        self, keypoints: Float[Tensor, "N K 2"], batch: ImageBatch, names: Iterable[str]
    ) -> dict[str, Float[Tensor, "B J 3"]]:
        """Return the poses that lifters predict from keypoints in the image, millimetres."""
        windows = rearrange(keypoints, "(b t) k c -> b t k c", t=self.window)
        return self.lifters.lift(windows, self.middle(batch["camera"]), names)

    def middle(self, values: Any) -> Any:
        """Return the values of the middle image of each example."""
        return values if self.window == 1 else values[self.window // 2 :: self.window]

    def predict_step(self, batch: ImageBatch, batch_idx: int) -> dict[str, Tensor]:
        """Return keypoints and confidences with the clip and frame each belongs to."""
        keypoints, confidence = self.detect(batch)
        prediction = {"keypoints": keypoints, "confidence": confidence}
        prediction |= {name: batch[name] for name in ("clip", "frame", "example")}
        return {name: self.middle(x) for name, x in prediction.items()}
