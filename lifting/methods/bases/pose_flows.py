"""PoseFlows: normalising flows over 2D poses and their parts, the priors of ElePose and LInKs.

Paper: LInKs "Lifting Independent Keypoints" - Partial Pose Lifting for Occlusion Handling with Improved
Accuracy in 2D-3D Human Pose Estimation. https://arxiv.org/abs/2309.07243
Official code: https://github.com/Aswarin/LInKs-3D-Human-Pose-Estimation

@inproceedings{hardy2024links,
  title={LInKs "Lifting Independent Keypoints" - Partial Pose Lifting for Occlusion Handling with
         Improved Accuracy in 2D-3D Human Pose Estimation},
  author={Hardy, Peter and Kim, Hansung},
  booktitle={WACV}, year={2024}
}
"""

import math
from collections.abc import Sequence
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lifting.batch import PoseBatch
from lifting.errors import InputError, Option, Phrase, wrong_value
from lifting.geometry import centre
from lifting.methods.bases.depth_margins import FRACTIONS, depth_margins
from lifting.methods.bases.keypoint_method import KeypointMethod
from lifting.methods.bases.method import check_choice
from lifting.methods.bases.pose_data import PoseData
from lifting.methods.bases.processes import drawn_together
from lifting.metrics import FrameEvaluation
from lifting.nets.flow import PoseFlow
from lifting.nets.head_scale import HeadScale
from lifting.nets.part_lifters import FULL, part_joints
from lifting.nets.pose_density import PoseDensity
from lifting.nets.pose_matching import PoseMatching
from lifting.on_device import indices
from lifting.skeletons import skeleton

COUPLING, MATCHING = DENSITIES = "coupling", "matching"


class PoseFlows(KeypointMethod):
    """Flows over the whole 2D pose or over parts of it, trained side by side.

    ElePose has one over the whole pose; LInKs trains that first, as a generator of poses, and then
    one for each of the parts. Negative log-likelihoods are those of the publications, without the
    constant, in head-normalised coordinates (:class:`lifting.nets.head_scale.HeadScale`); per
    dimension they are also given in bits.

    Deviations from the papers, each measured on Human3.6M to be better or as good and faster: the root's
    constant zeros are dropped (``drop_root: true``), without which the likelihood has no bound;
    coordinates are standardised (``standardise: true``); noise on the inputs (``input_noise: 0.1``),
    without which the density is near-singular, in place of poses that the flow itself generates
    (``generated: true``); hidden layers of 256 (``hidden: 1024``). ElePose: ``pca: 26``,
    ``standardise: false``.

    Args:
        parts: ``full``, or names of parts of the joint set, such as legs and torso.
        density: ``coupling`` (as published), or ``matching``: by flow matching, which tells depth better
            and generates no poses (:class:`lifting.nets.pose_matching.PoseMatching`).
        hidden: Width of the hidden layer of each coupling, or of every layer.
        blocks: Couplings, or residual blocks.
        drop_root: Leave the root's two zeros out.
        standardise: Divide coordinates by their standard deviations over the training poses.
        pca: Principal components, None for the coordinates themselves.
        input_noise: Standard deviation of Gaussian noise on the training poses, in those of the data; by
            flow matching the least that poses are seen with.
        generated: Train on as many poses again that a full-pose flow generates around the batch's.
        full_flow: Checkpoint of the full-pose flow that generates; the flow in training where not
            given.
        noise: How far generated poses are from the batch's, see :meth:`PoseFlow.resample`.
        noise_kind: ``multiplicative`` (as published), ``additive`` or ``tempered``.
        **kwargs: See :class:`lifting.methods.bases.keypoint_method.KeypointMethod`.
    """

    single_frame = True
    # Whether an evaluation turns true poses.
    measures_depth = False

    def __init__(
        self,
        parts: Sequence[str] = (FULL,),
        density: str = COUPLING,
        hidden: int = 256,
        blocks: int = 8,
        drop_root: bool = True,
        standardise: bool = True,
        pca: int | None = None,
        input_noise: float = 0.1,
        generated: bool = False,
        full_flow: str | None = None,
        noise: float = 0.2,
        noise_kind: str = "multiplicative",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)

    def configure_nets(self) -> None:
        """Build a flow for each part."""
        h = self.hparams
        check_choice("density", h["density"], DENSITIES)
        matching = h["density"] == MATCHING
        if matching and h["generated"]:
            raise wrong_value("model.generated", True, "density matching generates no poses.")
        if matching and not 0 < h["input_noise"] < 1:
            remedy = "density matching needs some, and less than 1."
            raise wrong_value("model.input_noise", h["input_noise"], remedy)
        joints = skeleton(h["keypoint_skeleton"])
        self.head_scale = HeadScale(joints)
        self.joints: dict[str, list[int]] = {}
        self.flows = nn.ModuleDict()
        for part in h["parts"]:
            indices = part_joints(joints, part)
            self.joints[part] = indices
            given = self.options("drop_root", "hidden", "blocks", "standardise", "pca")
            given["dims"] = 2 * len(indices)
            given["root"] = indices.index(joints.root) if joints.root in indices else None
            given["noise"] = h["input_noise"]
            self.flows[part] = PoseMatching(**given) if matching else PoseFlow(**given)
        if not self.flows:
            raise InputError(
                Phrase(
                    "{} is empty: name full, or parts such as legs and torso.",
                    Option("model.parts"),
                )
            )

    def load_frozen_stages(self) -> None:
        """Load the flow that generates poses, where another than this one is to."""
        if not self.hparams["generated"]:
            return
        if self.hparams["full_flow"] is not None:
            self.load_stage("full_flow", PoseFlows)
        if FULL not in self._generator.flows:
            raise InputError(
                Phrase(
                    "{} needs a flow over the full pose: name its checkpoint with {}, or train one with "
                    "{} [full].",
                    Option("model.generated"),
                    Option("model.full_flow"),
                    Option("model.parts"),
                )
            )

    @property
    def _generator(self) -> "PoseFlows":
        return cast(PoseFlows, self._stages[0]) if self._stages else self

    def fit_statistics(
        self, keypoints: Float[Tensor, "frames K 2"], pose: Float[Tensor, "frames J 3"] | None
    ) -> None:
        """Take the head scale, and the statistics of each flow."""
        self.head_scale.fit(keypoints)
        poses = self.head_scale(keypoints)
        for name in self.flows:
            self.density(name).fit(self.part(poses, name))

    def density(self, name: str) -> PoseDensity:
        """Return the density over a part."""
        return cast(PoseDensity, self.flows[name])

    def flow(self, name: str) -> PoseFlow:
        """Return the flow over a part, which has latent vectors.

        Raises:
            InputError: If it is a density without.
        """
        flow = self.flows[name]
        if not isinstance(flow, PoseFlow):
            what = "Flows trained by flow matching have no latent vectors"
            raise InputError(what, remedy=f"name some of density {COUPLING}.")
        return flow

    def part(self, poses: Float[Tensor, "N K 2"], name: str) -> Float[Tensor, "N dims"]:
        """Return a part of head-normalised poses as the vectors its flow takes."""
        return poses[:, indices(self.joints[name], poses.device)].flatten(1)

    def nll(self, poses: Float[Tensor, "N K 2"]) -> dict[str, Float[Tensor, " N"]]:
        """Return the negative log-likelihood, nats, of head-normalised poses under each flow."""
        return {name: self.density(name)(self.part(poses, name)) for name in self.flows}

    def dims(self, name: str) -> int:
        """Return the number of dimensions of a flow's density."""
        return self.density(name).latent_dims

    def resample(
        self, poses: Float[Tensor, "N K 2"], gaussian: Float[Tensor, "N latent"] | None = None
    ) -> Float[Tensor, "N K 2"]:
        """Draw a head-normalised pose around each one, by the full-pose flow and its latent noise."""
        h = self.hparams
        drawn = self.flow(FULL).resample(poses.flatten(1), h["noise"], h["noise_kind"], gaussian)
        return drawn.unflatten(1, (-1, 2))

    def draw(self, batch: PoseBatch) -> dict[str, Any]:
        """Return the latent noise of generated poses, and the noise on what each flow sees."""
        h, generator = self.hparams, self.step_generator(of_process=False)
        count, latent = len(batch["keypoints"]), None

        def gaussian(flow: PoseDensity) -> Tensor:
            return drawn_together(lambda number: flow.gaussian(number, generator), count)

        if h["generated"]:
            latent, count = gaussian(self._generator.flow(FULL)), 2 * count
        seen = self.flows if h["input_noise"] else ()
        return {"latent": latent, "noise": {name: gaussian(self.density(name)) for name in seen}}

    def objective(
        self, batch: PoseBatch, latent: Tensor | None, noise: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return the sum of the flows' losses, means over poses; generated ones count as real."""
        poses = self.head_scale(batch["keypoints"])[:, 0]
        sources = 1
        if latent is not None:
            # One pass for both; the sum of their means is twice the mean of all.
            poses, sources = torch.cat([poses, self._generator.resample(poses, latent)]), 2
        total = poses.new_zeros(())
        for name in self.flows:
            loss = self.density(name).training_loss(self.part(poses, name), noise.get(name))
            total = total + sources * loss
        return {"loss": total}

    def configure_evaluation(self, data: PoseData, full: bool) -> FrameEvaluation:
        """Return the likelihoods: their sum first, then each flow's, in total and per dimension.

        And in a test, where there are poses, how much depth is worth to them (:func:`depth_margins`).
        """
        names = [f"{what}_{part}" for part in self.flows for what in ("nll", "bits_per_dim")]
        self.measures_depth = full and data.has_poses
        margins = FRACTIONS if self.measures_depth else ()
        return FrameEvaluation(data.actions, ["nll", *names, *margins])

    def likelihoods(self, batch: PoseBatch) -> dict[str, Float[Tensor, " N"]]:
        """Return what an evaluation collects, for the valid frames of a batch."""
        batch, valid = self.into_view(batch), batch["valid"][:, 0]
        nlls = self.nll(self.head_scale(batch["keypoints"][valid])[:, 0])
        values = {"nll": torch.stack(list(nlls.values())).sum(0)}
        for part, nll in nlls.items():
            dims = self.dims(part)
            nats = nll + 0.5 * dims * math.log(2 * math.pi)
            values |= {f"nll_{part}": nll, f"bits_per_dim_{part}": nats / (dims * math.log(2))}
        return values

    def evaluate(self, batch: PoseBatch) -> None:
        """Add the likelihoods of the frames."""
        assert self.evaluation is not None
        values = self.likelihoods(batch)
        if self.measures_depth:
            values |= self.depth_margins(batch)
        self.evaluation.add(values, batch["action"][batch["valid"][:, 0]])

    def depth_margins(self, batch: PoseBatch) -> dict[str, Float[Tensor, " N"]]:
        """Return what depth is worth to the likelihood of all parts, for the valid frames of a batch."""
        batch = self.into_view(batch)
        # Places, once: each mask would be read back to know how many there are.
        (valid,) = batch["valid"][:, 0].nonzero(as_tuple=True)
        root = skeleton(self.hparams["keypoint_skeleton"]).root
        pose = centre(batch["pose"][valid][:, 0], root)
        keypoints = self.head_scale(batch["keypoints"][valid])[:, 0]

        def nll(views: Tensor) -> Tensor:
            return torch.stack(list(self.nll(views).values())).sum(0)

        return depth_margins(nll, keypoints, pose, batch["camera"][valid], root)

    def predict_step(self, batch: PoseBatch, batch_idx: int) -> dict[str, Tensor]:
        """Return the likelihoods of valid frames with the clip and frame each belongs to."""
        valid = batch["valid"][:, 0]
        where = {"clip": batch["clip"][valid], "frame": batch["frame"][valid][:, 0]}
        return self.likelihoods(batch) | where
