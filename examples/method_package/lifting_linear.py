"""LinearLifter: one frame in, one pose out, through a single linear map.

No paper: the least that a learned lifter can be, and a floor under the others.
"""

from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from lifting.batch import PoseBatch
from lifting.cameras import Camera
from lifting.methods.bases.lifter import Lifter
from lifting.nets.standardise import Standardise
from lifting.skeletons import skeleton


class LinearLifter(Lifter):
    """Standardised pixels to standardised root-relative millimetres, linearly."""

    sees_pixels = True

    def configure_nets(self) -> None:
        """Build the map, which begins at zero: the mean pose for every input."""
        keypoints = skeleton(self.hparams["keypoint_skeleton"])
        pose = skeleton(self.hparams["skeleton"])
        self.standardise_keypoints = Standardise(len(keypoints), 2)
        self.standardise_pose = Standardise(len(pose), 3)
        self.net = nn.Linear(2 * len(keypoints), 3 * len(pose))
        for parameter in self.net.parameters():
            nn.init.zeros_(parameter)

    def fit_statistics(
        self, keypoints: Float[Tensor, "frames K 2"], pose: Float[Tensor, "frames J 3"] | None
    ) -> None:
        """Take mean and deviation of every coordinate.

        Raises:
            InputError: If there are no poses.
        """
        self.standardise_keypoints.fit(keypoints)
        self.standardise_pose.fit(self.required_poses(pose))

    def _standard_pose(self, keypoints: Float[Tensor, "B 1 K 2"]) -> Float[Tensor, "B 1 J 3"]:
        flat = rearrange(self.standardise_keypoints(keypoints), "b 1 k c -> b (k c)")
        return rearrange(self.net(flat).float(), "b (j c) -> b 1 j c", c=3)

    def forward(
        self, keypoints: Float[Tensor, "B 1 K 2"], camera: Camera
    ) -> Float[Tensor, "B 1 J 3"]:
        """Lift single frames."""
        return self.standardise_pose.inverse(self._standard_pose(keypoints))

    def objective(self, batch: PoseBatch) -> dict[str, Tensor]:
        """Return the mean squared error of standardised coordinates."""
        target = self.standardise_pose(self.target(batch))
        return {"loss": functional.mse_loss(self._standard_pose(batch["keypoints"]), target)}
