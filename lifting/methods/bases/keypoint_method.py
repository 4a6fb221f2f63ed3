"""Base class of methods of keypoints, and the view they see them in."""

from typing import Any

from jaxtyping import Float
from torch import Tensor

from lifting.batch import PoseBatch
from lifting.cameras import Camera
from lifting.errors import InputError
from lifting.geometry import centre
from lifting.keypoints.person_view import PersonView, person_view
from lifting.methods.bases.method import Method, check_choice
from lifting.methods.bases.pose_data import PoseData
from lifting.skeletons import skeleton

VIEWS = ("image", "person")

# Examples all over the training split that statistics are taken of in the view of the person.
_EXAMPLES = 8192


class KeypointMethod(Method):
    """A method that sees keypoints, in the image or in the view of the person.

    Args:
        view: ``image``: keypoints as the image has them; or ``person``: the camera is turned onto the
            root and the person brought to one size (:mod:`lifting.keypoints.person_view`), and the pose
            is turned back, so that it does not matter where and how large a person is seen.
        **kwargs: See :class:`lifting.methods.bases.method.Method`.

    Raises:
        InputError: If there is no such view, or the method cannot do without the image.
    """

    # Whether the method may see the view of the person.
    takes_view = True

    def __init__(self, view: str = "image", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_choice("view", self.hparams["view"], VIEWS)
        if self.in_person_view and not self.takes_view:
            what = f"{type(self).__name__} learns from where in the image a person is"
            raise InputError(f"{what}: leave --model.view at image.")

    @property
    def in_person_view(self) -> bool:
        """Whether keypoints are seen in the view of the person."""
        return bool(self.hparams["view"] == "person")

    @property
    def first_output(self) -> int:
        """The frame of a window that its first output frame is of."""
        return 0

    def seen(self, batch: PoseBatch) -> Float[Tensor, "B T K inputs"]:
        """Return the keypoints of a batch as the method takes them, with what it takes besides."""
        return batch["keypoints"]

    def person_view(self, keypoints: Float[Tensor, "B T K 2"], camera: Camera) -> PersonView:
        """Return keypoints in the view of the person."""
        return person_view(keypoints, camera, skeleton(self.hparams["keypoint_skeleton"]).root)

    def into_view(self, batch: PoseBatch) -> PoseBatch:
        """Return a batch as the method sees it: keypoints, cameras and poses in its view."""
        keypoints = self.seen(batch)
        if not self.in_person_view:
            return batch if keypoints is batch["keypoints"] else {**batch, "keypoints": keypoints}
        view, first = self.person_view(keypoints, batch["camera"]), self.first_output
        camera = view.camera(batch["camera"], first)
        turned: PoseBatch = {**batch, "keypoints": view.keypoints, "camera": camera}
        if "pose" in batch:
            turned["pose"] = view.turned(batch["pose"], first)
        return turned

    def seen_objective(self, batch: Any, drawn: dict[str, Any]) -> dict[str, Tensor]:
        """Return the objective of a batch in the view of the method."""
        return super().seen_objective(self.into_view(batch), drawn)

    def take_statistics(self, data: PoseData) -> None:
        """Take statistics of the training data as the method sees them."""
        if not self.in_person_view:
            super().take_statistics(data)
            return
        batch = self.into_view(data.spread("train", _EXAMPLES, self.device))
        root = skeleton(self.hparams["skeleton"]).root
        pose = centre(batch["pose"], root).flatten(0, 1) if "pose" in batch else None
        self.fit_statistics(batch["keypoints"].flatten(0, 1), pose)
