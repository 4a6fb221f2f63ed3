"""Pairs of prediction and truth, with the intermediate results that several metrics share."""

from dataclasses import dataclass
from functools import cached_property

from jaxtyping import Bool, Float
from torch import Tensor

from lifting.geometry import Similarity, optimal_scale, similarity_alignments
from lifting.metrics.functional import Error, JointError, Pose, joint_error, mpjpe
from lifting.metrics.oks import oks, oks_sigmas
from lifting.skeletons import Skeleton


@dataclass(frozen=True, eq=False)
class PosePair:
    """Predicted and true poses; what several metrics need of them is computed once.

    Attributes:
        pred: Predicted poses, root-relative, millimetres.
        target: True poses, root-relative, millimetres.
    """

    pred: Pose
    target: Pose

    @cached_property
    def errors(self) -> JointError:
        """Distance of every joint from its target."""
        return joint_error(self.pred, self.target)

    @cached_property
    def _alignments(self) -> tuple[Similarity, Similarity]:
        return similarity_alignments(self.pred, self.target)

    @cached_property
    def aligned_errors(self) -> JointError:
        """Distances after the similarity that fits each pose best, proper rotations only."""
        return joint_error(self._alignments[0](self.pred), self.target)

    @cached_property
    def pa_mpjpe(self) -> Error:
        """Their mean over the joints."""
        return self.aligned_errors.mean(-1)

    @cached_property
    def pa_mpjpe_reflection(self) -> Error:
        """The same where the similarity may mirror."""
        return mpjpe(self._alignments[1](self.pred), self.target)

    @cached_property
    def scaled_errors(self) -> JointError:
        """Distances after the scale that fits each pose best by least squares."""
        scale = optimal_scale(self.pred, self.target)
        return joint_error(scale[..., None, None] * self.pred, self.target)


@dataclass(frozen=True, eq=False)
class HypothesesPair:
    """Several predicted poses of each frame, and the true one.

    Attributes:
        pred: Predicted poses, root-relative, millimetres.
        target: True poses, root-relative, millimetres.
    """

    pred: Float[Tensor, "frames hypotheses joints 3"]
    target: Float[Tensor, "frames joints 3"]

    @cached_property
    def _pairs(self) -> PosePair:
        return PosePair(self.pred, self.target[:, None].expand_as(self.pred))

    @cached_property
    def mpjpe(self) -> Float[Tensor, "frames hypotheses"]:
        """Mean distance of a joint from its target, of each hypothesis."""
        return self._pairs.errors.mean(-1)

    @cached_property
    def pa_mpjpe(self) -> Float[Tensor, "frames hypotheses"]:
        """The same after the similarity that fits each hypothesis best, proper rotations only."""
        return self._pairs.pa_mpjpe


@dataclass(frozen=True, eq=False)
class KeypointPair:
    """Predicted and true 2D keypoints of people, pixels of the whole image.

    Attributes:
        pred: Predicted keypoints; NaN where a joint was not detected.
        target: True keypoints; any number where not labelled.
        labelled: Which joints have a true position.
        box: Left, top, right, bottom of each person.
        joints: The joint set.
    """

    pred: Float[Tensor, "people joints 2"]
    target: Float[Tensor, "people joints 2"]
    labelled: Bool[Tensor, "people joints"]
    box: Float[Tensor, "people 4"]
    joints: Skeleton

    @cached_property
    def similarity(self) -> Float[Tensor, " people"]:
        """Object keypoint similarity, of a joint set whose constants are known."""
        sigmas = oks_sigmas(self.joints)
        assert sigmas is not None, self.joints.name
        return oks(self.pred, self.target, self.labelled, self.box, sigmas)
