"""GuidedDetector: a 2D detector that learns through frozen lifters what matters in 3D.

Paper: Learning 2D Human Poses for Better 3D Lifting via Multi-Model 3D-Guidance (L2D-Pose).
https://openaccess.thecvf.com/content/ACCV2024/html/Lee_Learning_2D_Human_Poses_for_Better_3D_Lifting_via_Multi-Model_ACCV_2024_paper.html
Official code: https://github.com/knu-vis/L2D-Pose

@inproceedings{lee2024learning,
  title={Learning 2D Human Poses for Better 3D Lifting via Multi-Model 3D-Guidance},
  author={Lee and Hwang and Lee},
  booktitle={ACCV}, year={2024}
}
"""

from collections.abc import Sequence
from typing import Any, Self, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lifting.batch import ImageBatch
from lifting.errors import InputError, Option, Phrase
from lifting.losses import guidance
from lifting.losses.heatmaps import hard_keypoint_loss
from lifting.methods.bases.detector import Detector
from lifting.methods.bases.dynamic_weight_average import (
    MODES,
    OF_A_PROCESS,
    DynamicWeightAverage,
)
from lifting.methods.bases.lifter import Lifter
from lifting.methods.bases.method import check_choice
from lifting.on_device import sent


class GuidedDetector(Detector):
    """Lee et al., ACCV 2024: heat-maps, and the poses that lifters predict from their keypoints.

    Deviations from the paper: joints whose keypoint is not labelled in the crop teach nothing in 3D
    (``all_joints: true``), lifters are compared epoch by epoch (``balance: step``) and from the second
    error on (``balance_from_one: true``), the soft mean is that round the peak (``decoder:
    soft_quarter``), and its crops may be augmented.

    Args:
        guides: Names of those ``lifters`` that guide; the others are only measured with. All where not
            given.
        heatmap: Weight of the error of the heat-maps.
        hard: Weight of the error of the heat-maps of those joints that are lifted worst (OHKLM).
        hard_joints: Number of those joints.
        xy: Weight of the squared error of lifted joints across the image, square metres.
        z: Weight of that along the depth.
        agreement: Weight of the squared distance between the poses of the lifters (local
            consistency).
        mean_pose: Weight of the squared error of their mean pose (global consistency).
        balance: How lifters are weighted against each other: ``equal``, or by how fast their errors fall
            (DWA) from ``epoch`` to epoch or from ``step`` to step.
        balance_from_one: Legacy: compare the first errors with one square metre, so that the lifter of
            the largest counts most in the second epoch or step.
        leave_out: Leave out one of the guides now and then (lifter dropout).
        all_joints: Legacy: let joints whose keypoint is not labelled in the crop teach, too.
        lifter_lr: Learning rate of the guides, which learn along (end to end); 0 keeps them frozen.
        **kwargs: See :class:`lifting.methods.bases.detector.Detector`.
    """

    def __init__(
        self,
        guides: Sequence[str] | None = None,
        heatmap: float = 0.5,
        hard: float = 0.3,
        hard_joints: int = 10,
        xy: float = 0.02,
        z: float = 0.04,
        agreement: float = 0.0,
        mean_pose: float = 0.0,
        balance: str = "epoch",
        balance_from_one: bool = False,
        leave_out: bool = False,
        all_joints: bool = False,
        lifter_lr: float = 0.0,
        **kwargs: Any,
    ) -> None:
        check_choice("balance", balance, MODES)
        super().__init__(**kwargs)

    def configure_nets(self) -> None:
        """Build the network, and those lifters that learn along."""
        super().configure_nets()
        guides, learn = self.guides(), bool(self.hparams["lifter_lr"])
        if strange := [name for name in guides if name not in (self.hparams["lifters"] or {})]:
            raise InputError(
                Phrase(
                    "{} names {}, which {} has not.",
                    Option("model.guides"),
                    strange[0],
                    Option("model.lifters"),
                )
            )
        self.balance = DynamicWeightAverage(
            len(guides), self.hparams["balance"], from_one=self.hparams["balance_from_one"]
        )
        # Read by DDP, which would replace the sums of every process by those of the first.
        self._ddp_params_and_buffers_to_ignore = [f"balance.{name}" for name in OF_A_PROCESS]
        # Built here, because their weights are those of this method's checkpoint.
        load = super().load_lifter
        learning = [load(name) for name in guides] if learn else []
        self.learning = nn.ModuleDict(dict(zip(guides, learning, strict=False)))
        self.learning.requires_grad_(True)

    def guides(self) -> list[str]:
        """Return the lifters that training uses."""
        h = self.hparams
        return list(h["lifters"] or {}) if h["guides"] is None else list(h["guides"])

    def load_lifter(self, name: str) -> Lifter:
        """Return a trained lifter that ``lifters`` names, or the one that learns along."""
        if name in self.learning:
            return cast(Lifter, self.learning[name])
        return super().load_lifter(name)

    def setup(self, stage: str) -> None:
        """Check that there are lifters and poses to guide by.

        Raises:
            InputError: If no lifter is named, or the data have no poses.
        """
        if stage == "fit" and not self.guides():
            raise InputError("No lifter guides: name checkpoints with --model.lifters.")
        super().setup(stage)
        if stage == "fit" and not self.lifters:
            raise InputError("The data have no 3D poses to guide by: train a HeatmapDetector.")

    def train(self, mode: bool = True) -> Self:
        """Switch to training, but for the lifters: what they drop or normalise by stays as it is."""
        super().train(mode)
        self.learning.eval()
        return self

    def draw(self, batch: ImageBatch) -> dict[str, Any]:
        """Return which lifters guide at this step; None where all do."""
        count = len(self.guides())
        if not self.hparams["leave_out"] or count < 2 or "pose" not in batch:
            return {"kept": None}
        kept = guidance.keep_all_but_one(count, self.step_generator(of_process=False))
        return {"kept": sent(kept, batch["keypoints"])}

    def objective(self, batch: ImageBatch, kept: Tensor | None) -> dict[str, Tensor]:
        """Return the error of the heat-maps and the losses through the lifters, and their sum."""
        h = self.hparams
        heatmaps = self(batch["image"])
        errors, weights = self.heatmap_errors(heatmaps, batch)
        parts = {"heatmap": errors.mean()}
        if "pose" in batch:
            keypoints, _ = self.decode_in_image(heatmaps, batch["affine"])
            seen = keypoints, self.middle(errors), self.middle(weights)
            parts |= self._guidance(*seen, batch, kept)
        total = torch.stack([h[name] * value for name, value in parts.items()]).sum()
        return parts | {"loss": total}

    def _guidance(
        self,
        keypoints: Float[Tensor, "N K 2"],
        errors: Float[Tensor, "B K"],
        weights: Float[Tensor, "B K"],
        batch: ImageBatch,
        kept: Float[Tensor, " lifters"] | None,
    ) -> dict[str, Tensor]:
        h, group, names = self.hparams, self.lifters, self.guides()
        posed = self.middle(batch["posed"]).float()[:, None]
        pose = self.middle(batch["pose"])[:, 0]
        weights = torch.ones_like(weights) if h["all_joints"] else weights
        lifted = self.lift(keypoints, batch, names)
        balance = self.balance() if kept is None else self.balance() * kept
        own: list[dict[str, Tensor]] = []
        for name in names:
            squares = guidance.axis_errors(lifted[name], group.truth(name, pose))
            counts = posed * group.per_joint(name, weights)
            by_joint = group.per_keypoint(name, counts * squares.mean(-1))
            own.append(
                {
                    "hard": hard_keypoint_loss(posed * errors, h["hard_joints"], by_joint),
                    "xy": guidance.weighted_mean(squares[..., :2], counts),
                    "z": guidance.weighted_mean(squares[..., 2:], counts),
                    "whole": guidance.weighted_mean(squares, counts),
                }
            )
        self.balance.add(torch.stack([terms.pop("whole") for terms in own]))
        parts = {
            part: (balance * torch.stack([terms[part] for terms in own])).sum() for part in own[0]
        }
        if len(names) > 1:
            poses, counts = group.shared(lifted, weights)
            truth, _ = group.shared({n: group.truth(n, pose) for n in names}, weights)
            counts = posed * counts
            mean = torch.stack(poses).mean(0)
            parts["agreement"] = guidance.disagreement(poses, counts)
            parts["mean_pose"] = guidance.weighted_mean(
                guidance.axis_errors(mean, truth[0]), counts
            )
        return parts

    def on_train_batch_end(self, outputs: Any, batch: ImageBatch, batch_idx: int) -> None:
        """Update the weights of the lifters, where steps are compared."""
        if self.hparams["balance"] == "step":
            self.balance.end()

    def on_train_epoch_end(self) -> None:
        """Update the weights of the lifters."""
        self.balance.end()
        for name, weight in zip(self.guides(), self.balance().tolist(), strict=True):
            self.log(f"train/share_{name}", weight)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Return the parameters of the detector, and those of lifters that learn along."""
        h = self.hparams
        groups = [{"params": list(self.net.parameters()), "lr": h["lr"]}]
        if self.learning:
            groups.append({"params": list(self.learning.parameters()), "lr": h["lifter_lr"]})
        return groups
