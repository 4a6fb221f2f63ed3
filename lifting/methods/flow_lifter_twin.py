"""FlowLifterTwin: the supervised twin of ElePose and LInKs.

No paper: the same network in the same camera, taught by 3D poses, tells how much of an error is that
of the network and how much that of learning from 2D alone. See :mod:`lifting.methods.elepose` and
:mod:`lifting.methods.links`.
"""

from jaxtyping import Float
from torch import Tensor

from lifting.batch import PoseBatch
from lifting.geometry import with_mean_bone
from lifting.methods.bases.split_lifter import SplitLifter


class FlowLifterTwin(SplitLifter):
    """The lifters of ElePose (``split: full``) or LInKs, trained on 3D poses.

    What cannot be seen is not asked for: true poses are brought to the mean bone length, as lifted ones.
    """

    def fit_statistics(
        self, keypoints: Float[Tensor, "frames K 2"], pose: Float[Tensor, "frames J 3"] | None
    ) -> None:
        """Take the head scale and the mean bone length.

        Raises:
            InputError: If there are no poses.
        """
        super().fit_statistics(keypoints, self.required_poses(pose))

    def objective(self, batch: PoseBatch) -> dict[str, Tensor]:
        """Return the mean distance of joints, both poses with the mean bone length, in millimetres."""
        pose = self(batch["keypoints"], batch["camera"])
        target = with_mean_bone(self.target(batch), self.bones, self.mean_bone)
        distance = (pose - target).norm(dim=-1).mean()
        # Elevations are not learnt, but every parameter gets a gradient, as DDP demands.
        return {"loss": distance + 0 * self.lifters.elevation_weights()}
