"""OcclusionCompletion: lifters of the parts that are seen, and completion of the others in 3D.

Paper: LInKs "Lifting Independent Keypoints" - Partial Pose Lifting for Occlusion Handling with Improved
Accuracy in 2D-3D Human Pose Estimation. https://arxiv.org/abs/2309.07243, section 3.4
Official code: https://github.com/Aswarin/LInKs-3D-Human-Pose-Estimation

@inproceedings{hardy2024links,
  title={LInKs "Lifting Independent Keypoints" - Partial Pose Lifting for Occlusion Handling with
         Improved Accuracy in 2D-3D Human Pose Estimation},
  author={Hardy, Peter and Kim, Hansung},
  booktitle={WACV}, year={2024}
}
"""

import math
from typing import Any, NamedTuple, cast

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from lifting.batch import PoseBatch
from lifting.cameras import Camera
from lifting.errors import InputError
from lifting.geometry import in_float64, rotate, rotation_y, with_mean_bone
from lifting.methods.bases.lifter import Lifter
from lifting.methods.bases.method import check_choice
from lifting.methods.bases.pose_data import PoseData
from lifting.methods.bases.pose_flows import PoseFlows
from lifting.methods.bases.processes import drawn_together
from lifting.methods.bases.view_rotation import check_azimuth
from lifting.methods.links import LInKs
from lifting.metrics import FrameEvaluation
from lifting.metrics.evaluation import completion_errors
from lifting.metrics.registry.poses import COMPLETION, HIDDEN
from lifting.nets.depth_lifter import CompletionNet
from lifting.nets.head_scale import MEAN_BONE, HeadScale, back_project
from lifting.nets.part_lifters import FULL, PartLifters, mix_depths
from lifting.on_device import constant, indices, sent
from lifting.skeletons import skeleton
from lifting.skeletons.occlusion import (
    CASES,
    NAMES,
    REFUSED,
    choose_case,
    joint_status,
    root_from_hips,
)

PARTS = {"left_right": ("left", "right"), "leg_torso": ("legs", "torso")}
SOURCES = ("matching", "leg_torso")


class Completed(NamedTuple):
    """Poses, what each joint of them rests on, and how they were made.

    Attributes:
        pose: Root-relative millimetres; NaN where refused.
        status: :class:`lifting.skeletons.occlusion.Status` of every joint.
        case: Index into :data:`lifting.skeletons.occlusion.NAMES`.
    """

    pose: Float[Tensor, "B J 3"]
    status: Int[Tensor, "B J"]
    case: Int[Tensor, " B"]


class OcclusionCompletion(Lifter):
    """Hardy and Kim, WACV 2024: eight completion networks over the lifters of both splits.

    For each pose the case is chosen from the keypoints that are seen
    (:func:`lifting.skeletons.occlusion.choose_case`): parts that are seen are lifted, the other joints
    completed in 3D. A completed joint that is seen keeps its place in the image. The lifters are kept in
    the checkpoint, so that it predicts alone.

    Deviations from the paper: inputs come from the lifters that give them at inference
    (``train_source: leg_torso``); one of three views of a pose by chance, which is as much in the mean
    and a third of the work (``views: 3``); azimuths from the whole circle (``azimuth: 1.99``); one
    optimiser for all networks.

    Args:
        left_right: Checkpoint of the lifters of the left and right side (:class:`LInKs`).
        leg_torso: Checkpoint of the lifters of legs and torso.
        full_flow: Checkpoint of the flow over the full pose, for generated poses.
        train_source: Where the lifted parts of the training come from: ``matching`` lifters, or
            ``leg_torso`` throughout, as published.
        generated: Train on as many poses again that the full-pose flow generates.
        views: Views of every pose per step: 3 (as it is and from two random azimuths), or 1 of them.
        azimuth: Range of the random azimuths, over π.
        width: Width of every hidden layer of the completion networks.
        blocks: Residual blocks.
        lifter_width: Width of the lifters.
        lifter_head_blocks: Residual blocks of their heads.
        lifter_gain: Factor on their inputs.
        depth: Their limit on depths, ``softplus`` or ``clamp``.
        visible: Confidence from which a keypoint counts as seen.
        **kwargs: See :class:`lifting.methods.bases.lifter.Lifter`.
    """

    single_frame = True
    completes = True
    sees_pixels = True
    mean_bone: Tensor

    def __init__(
        self,
        left_right: str | None = None,
        leg_torso: str | None = None,
        full_flow: str | None = None,
        train_source: str = "matching",
        generated: bool = False,
        views: int = 1,
        azimuth: float = 2.0,
        width: int = 1024,
        blocks: int = 3,
        lifter_width: int = 512,
        lifter_head_blocks: int = 3,
        lifter_gain: float = 10.0,
        depth: str = "softplus",
        visible: float = 0.3,
        **kwargs: Any,
    ) -> None:
        check_azimuth(azimuth)
        super().__init__(**kwargs)

    def configure_nets(self) -> None:
        """Build the lifters of both splits and the completion networks."""
        h = self.hparams
        check_choice("train_source", h["train_source"], SOURCES)
        check_choice("views", h["views"], (1, 3))
        if h["flip_test"]:
            raise InputError(
                "OcclusionCompletion has no mirrored twin to average: leave flip_test."
            )
        self.joints = skeleton(h["skeleton"])
        self.head_scale = HeadScale(self.joints)
        shape = h["lifter_width"], h["lifter_head_blocks"], h["lifter_gain"]
        self.lifters = nn.ModuleDict(
            {split: PartLifters(self.joints, split, "merged", None, *shape, 0.0) for split in PARTS}
        ).requires_grad_(False)
        self.nets = nn.ModuleDict(
            {
                case.name: CompletionNet(
                    len(case.observed(self.joints)),
                    len(case.completed(self.joints)),
                    h["width"],
                    h["blocks"],
                )
                for case in CASES
                if case.missing
            }
        )
        self.register_buffer("mean_bone", torch.tensor(MEAN_BONE))

    def load_frozen_stages(self) -> None:
        """Take the lifters' weights over, and load the flow that generates poses."""
        h = self.hparams
        for split in PARTS:
            stage = self.load_stage(split, LInKs)
            for own in ("lifter_width", "lifter_head_blocks", "lifter_gain", "depth"):
                option = own.removeprefix("lifter_")
                if h[own] != stage.hparams[option]:
                    what = f"has {option} {stage.hparams[option]}"
                    raise InputError(what, h[split], f"set --model.{own} to it, not to {h[own]}.")
            if (other := stage.hparams["split"]) != split:
                remedy = f"--model.{split} needs one of {split}."
                raise InputError(f"is of split {other}", h[split], remedy)
            self.lifters[split].load_state_dict(stage.lifters.state_dict())
            self.head_scale.load_state_dict(stage.head_scale.state_dict())
            self.mean_bone.copy_(stage.mean_bone)
        self._stages.clear()
        if h["generated"]:
            self.load_stage("full_flow", PoseFlows)

    def part_depths(
        self, keypoints: Float[Tensor, "B K 2"], names: tuple[str, ...]
    ) -> dict[str, Float[Tensor, "B K"]]:
        """Return the depths of parts, each lifted by its own lifter, among zeros."""
        depths = {}
        for split, parts in PARTS.items():
            lifters = self.lifters[split]
            for part in set(parts) & set(names):
                depths[part] = lifters.part_depth(keypoints, part)  # type: ignore[operator]
        return depths

    def assemble(
        self, keypoints: Float[Tensor, "B K 2"], depths: dict[str, Tensor], index: int
    ) -> Float[Tensor, "B K 3"]:
        """Return the joints that a case lifts, of a pose whose other joints are undefined."""
        case = CASES[index]
        mixture = constant(case.mixture(self.joints), keypoints.device, keypoints.dtype)
        offset = mix_depths(mixture[None], torch.stack([depths[p] for p in case.parts]))[0]
        return self._back_project(keypoints, offset)

    def _back_project(self, keypoints: Tensor, offset: Tensor) -> Tensor:
        return back_project(
            keypoints, offset, self.joints.root, self.hparams["depth"] == "softplus"
        )

    @property
    def _generator(self) -> PoseFlows:
        return cast(PoseFlows, self._stages[0])

    def draw(self, batch: PoseBatch) -> dict[str, Any]:
        """Return the latent noise of generated poses, and the rotations of the views."""
        generator, seen = self.step_generator(of_process=False), batch["keypoints"]
        count, latent = len(seen), None
        if self.hparams["generated"]:
            flow = self._generator.flow(FULL)
            latent = drawn_together(lambda number: flow.gaussian(number, generator), count)
            count *= 2
        views = drawn_together(lambda number: self._views(number, generator), count, dim=1)
        return {"latent": latent, "rotations": sent(views, seen)}

    def objective(
        self, batch: PoseBatch, latent: Tensor | None, rotations: Float[Tensor, "views B 3 3"]
    ) -> dict[str, Tensor]:
        """Return the squared distance of completed joints, over cases and views (section 3.4)."""
        h = self.hparams
        keypoints = self.head_scale(batch["keypoints"])[:, 0]
        if latent is not None:
            keypoints = torch.cat([keypoints, self._generator.resample(keypoints, latent)])
        with torch.no_grad():
            matching = h["train_source"] == "matching"
            names = tuple(p for s in PARTS for p in PARTS[s] if matching or s == "leg_torso")
            depths = self.part_depths(keypoints, names)
            if matching:
                target = self.assemble(keypoints, depths, 0)
            else:
                target = self._back_project(keypoints, depths["legs"] + depths["torso"])

            def from_all_sides(pose: Tensor) -> Tensor:
                return rotate(pose.expand(len(rotations), *pose.shape), rotations).flatten(0, 1)

            targets = from_all_sides(target)
        total = keypoints.new_zeros(())
        for index, case in enumerate(CASES):
            if not case.missing:
                continue
            given, completed = (
                indices(joints, keypoints.device)
                for joints in (case.observed(self.joints), case.completed(self.joints))
            )
            inputs = targets
            if matching:
                with torch.no_grad():
                    inputs = from_all_sides(self.assemble(keypoints, depths, index))
            predicted = self.nets[case.name](inputs[:, given])
            error = (predicted - targets[:, completed]).square().sum((-2, -1))
            # The sum over three views, or what stands for it, of the mean over the batch.
            total = total + 3 * error.mean()
        return {"loss": total}

    def _views(self, count: int, generator: torch.Generator) -> Float[Tensor, "views count 3 3"]:
        """Rotations of every pose: none, an azimuth and another on top, or one of these by chance."""
        turns = torch.rand(3, count, generator=generator) - 0.5
        turns[0] = 0
        azimuth = self.hparams["azimuth"] * math.pi * turns.cumsum(0)
        if self.hparams["views"] == 1:
            chosen = torch.randint(3, (1, count), generator=generator)
            azimuth = azimuth.gather(0, chosen)
        return rotation_y(azimuth)

    def complete(
        self, keypoints: Float[Tensor, "B K 2"], visible: Bool[Tensor, "B K"]
    ) -> Completed:
        """Lift what is seen and complete the rest.

        Args:
            keypoints: Pixels; what is not seen is not looked at.
            visible: Which of them are seen.
        """
        joints = self.joints
        hips = joints.indices(["left_hip", "right_hip"])
        guess = root_from_hips(joints, visible)
        keypoints = keypoints.where(visible[..., None], 0.0)
        keypoints[guess, joints.root] = keypoints[guess][:, hips].mean(1)
        keypoints = self.head_scale(keypoints)
        case = choose_case(joints, visible)
        pose = keypoints.new_full((*keypoints.shape[:2], 3), torch.nan)
        for index in case.unique().tolist():
            if index == REFUSED:
                continue
            rows = case == index
            depths = self.part_depths(keypoints[rows], CASES[index].parts)
            pose[rows] = self.complete_case(keypoints[rows], visible[rows], depths, index)
        pose = with_mean_bone(pose, joints.bones, self.mean_bone)
        return Completed(pose, joint_status(joints, visible, case), case)

    def complete_case(
        self,
        keypoints: Float[Tensor, "B K 2"],
        visible: Bool[Tensor, "B K"],
        depths: dict[str, Tensor],
        index: int,
    ) -> Float[Tensor, "B K 3"]:
        """Return the poses that one case makes of head-normalised keypoints and depths of its parts."""
        case, joints = CASES[index], self.joints
        pose = self.assemble(keypoints, depths, index)
        if case.missing:
            completed, observed = (
                indices(j, pose.device) for j in (case.completed(joints), case.observed(joints))
            )
            filled = self.nets[case.name](pose[:, observed])
            # Of a joint that is seen, the depth alone is taken.
            placed = self._back_project(
                keypoints, pose[..., 2].index_copy(1, completed, filled[..., 2])
            )
            seen = visible[:, completed, None]
            pose[:, completed] = torch.where(seen, placed[:, completed], filled)
        return pose

    def forward(
        self, keypoints: Float[Tensor, "B 1 K 2"], camera: Camera
    ) -> Float[Tensor, "B 1 J 3"]:
        """Lift single frames all of whose keypoints are seen."""
        visible = torch.ones_like(keypoints[:, 0, :, 0], dtype=torch.bool)
        return self.complete(keypoints[:, 0], visible).pose[:, None]

    def complete_seen(
        self, keypoints: Float[Tensor, "B K 2"], visible: Bool[Tensor, "B K"], camera: Camera
    ) -> Completed:
        """Do as :meth:`complete`, in the view of the method; poses are in the camera frame."""
        if not self.in_person_view:
            return self.complete(keypoints, visible)
        seen = keypoints.where(visible[..., None], torch.nan)
        view = self.person_view(seen[:, None], camera)
        done = self.complete(view.keypoints[:, 0], visible)
        return done._replace(pose=view.turned_back(done.pose[:, None], 0)[:, 0])

    def lift(self, batch: PoseBatch) -> Float[Tensor, "B 1 J 3"]:
        """Return the poses of a batch, from the keypoints that are seen."""
        return self._lift(batch).pose[:, None]

    def _lift(self, batch: PoseBatch) -> Completed:
        visible = batch["confidence"][:, 0] >= self.hparams["visible"]
        keypoints, camera = self.at_training_size(batch["keypoints"], batch["camera"])
        return self.complete_seen(keypoints[:, 0], visible, camera)

    def predict_step(self, batch: PoseBatch, batch_idx: int) -> dict[str, Tensor]:
        """Return poses with what each joint rests on and the case of each."""
        valid = batch["valid"][:, 0]
        done = self._lift(batch)
        return {
            "pose": done.pose[valid],
            "status": done.status[valid],
            "case": done.case[valid],
            "clip": batch["clip"][valid],
            "frame": batch["frame"][valid][:, 0],
        }

    def configure_evaluation(self, data: PoseData, full: bool) -> FrameEvaluation:
        """Return metrics per case."""
        names = [*(m.name for m in COMPLETION), *(m.name for m in HIDDEN)]
        return FrameEvaluation(NAMES[:REFUSED], names, grouping="case")

    def evaluate(self, batch: PoseBatch) -> None:
        """Hide the joints of each case in turn, and add the errors of all and of the hidden joints."""
        valid = batch["valid"][:, 0]
        keypoints, camera = self.at_training_size(batch["keypoints"], batch["camera"])
        keypoints, camera = keypoints[valid][:, 0], camera[valid]
        target = in_float64(self.target(batch)[valid][:, 0])
        seen = batch["confidence"][valid][:, 0] >= self.hparams["visible"]
        compared = self._compared or range(len(self.joints))
        for index, case in enumerate(CASES):
            hidden = case.completed(self.joints)
            visible = seen.clone()
            visible[:, hidden] = False
            done = self.complete_seen(keypoints, visible, camera)
            # Frames in which more is missing belong to no case of the table.
            rows = done.case == index
            if not rows.any():
                continue
            true = target[rows.to(target.device)]
            among = [place for place, joint in enumerate(compared) if joint in hidden]
            pred = self.compared(in_float64(done.pose[rows]))
            errors = completion_errors(pred, self.compared(true), among)
            assert self.evaluation is not None
            self.evaluation.add(errors, done.case[rows])
