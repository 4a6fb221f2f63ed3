"""Trained lifters inside another method, and the poses they lift from its keypoints."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from lifting.cameras import Camera
from lifting.errors import Option, Phrase, located
from lifting.geometry import centre
from lifting.methods.bases.lifter import Lifter
from lifting.on_device import indices
from lifting.skeletons import convert, skeleton


class LifterGroup:
    """Lifters by name, each in the joint sets and the normalisation of its own.

    They run in float32 whatever the precision of training, because millimetres are at stake; gradients
    pass through them to the keypoints. Each is given as many of the frames round the middle as it sees,
    and lifts the middle one.

    Args:
        lifters: Trained lifters by name, in evaluation mode.
        keypoint_skeleton: Joint set of the keypoints that are lifted.
        pose_skeleton: Joint set of the true poses.

    Raises:
        InputError: If the joints of one cannot be derived.
    """

    def __init__(
        self, lifters: Mapping[str, Lifter], keypoint_skeleton: str, pose_skeleton: str
    ) -> None:
        self.keypoint_skeleton = keypoint_skeleton
        self.pose_skeleton = pose_skeleton
        self.lifters = dict(lifters)
        for name, lifter in self.lifters.items():
            self._check(name, lifter)

    def _check(self, name: str, lifter: Lifter) -> None:
        for own, needed in (
            (self.keypoint_skeleton, lifter.hparams["keypoint_skeleton"]),
            (self.pose_skeleton, lifter.hparams["skeleton"]),
        ):
            with located(Phrase("{}, {}", Option("model.lifters"), name)):
                convert(torch.zeros(len(skeleton(own)), 3), own, needed)

    def __len__(self) -> int:
        return len(self.lifters)

    def __iter__(self) -> Iterator[str]:
        return iter(self.lifters)

    @property
    def frames(self) -> int:
        """Frames of the largest window."""
        return max((lifter.frames for lifter in self.lifters.values()), default=1)

    @property
    def same_joints(self) -> bool:
        """Whether all lift to the same joints."""
        return len({lifter.hparams["skeleton"] for lifter in self.lifters.values()}) == 1

    def lift(
        self, keypoints: Float[Tensor, "B T K 2"], camera: Camera, names: Iterable[str]
    ) -> dict[str, Float[Tensor, "B J 3"]]:
        """Return the poses that some lift of the middle frame: root-relative millimetres, own joints.

        Args:
            keypoints: Pixels of the image; an odd number of frames, at least :attr:`frames`.
            camera: The cameras.
            names: Which lifters.
        """
        poses = {}
        with torch.autocast(keypoints.device.type, enabled=False):
            for name in names:
                lifter = self.lifters[name]
                h = lifter.hparams
                around = (keypoints.shape[1] - lifter.frames) // 2
                window = keypoints[:, around : around + lifter.frames].float()
                window = convert(window, self.keypoint_skeleton, h["keypoint_skeleton"])
                pose = lifter.lift_once(*lifter.at_training_size(window, camera))
                # Of a window, some lift every frame, others the middle one only.
                pose = pose[:, pose.shape[1] // 2]
                poses[name] = centre(pose, skeleton(h["skeleton"]).root)
        return poses

    def truth(self, name: str, pose: Float[Tensor, "B J 3"]) -> Float[Tensor, "B I 3"]:
        """Return true poses in the joints of a lifter, root-relative millimetres."""
        target = self.lifters[name].hparams["skeleton"]
        return centre(convert(pose, self.pose_skeleton, target), skeleton(target).root)

    def per_joint(self, name: str, values: Float[Tensor, "B K"]) -> Float[Tensor, "B J"]:
        """Return values of keypoints for the joints of a lifter; 1 for joints without a keypoint."""
        return _taken(values, self._keypoints, self._joints(name), 1.0)

    def per_keypoint(self, name: str, errors: Float[Tensor, "B J"]) -> Float[Tensor, "B K"]:
        """Return values of a lifter's joints for the keypoints; -1, below any error, without one."""
        return _taken(errors, self._joints(name), self._keypoints, -1.0)

    def shared(
        self, poses: Mapping[str, Float[Tensor, "B J 3"]], weights: Float[Tensor, "B K"]
    ) -> tuple[list[Float[Tensor, "B S 3"]], Float[Tensor, "B S"]]:
        """Return poses in the joints that all of them lift, and the weights of these."""
        sets = [self._joints(name) for name in poses]
        joints = [j for j in sets[0] if all(j in others for others in sets)]
        reduced = [
            pose[:, indices([own.index(j) for j in joints], pose.device)]
            for own, pose in zip(sets, poses.values(), strict=True)
        ]
        return reduced, _taken(weights, self._keypoints, joints, 1.0)

    @property
    def _keypoints(self) -> tuple[str, ...]:
        return skeleton(self.keypoint_skeleton).joints

    def _joints(self, name: str) -> tuple[str, ...]:
        return skeleton(self.lifters[name].hparams["skeleton"]).joints


def _taken(
    values: Float[Tensor, "B N"], source: Sequence[str], target: Sequence[str], filler: float
) -> Float[Tensor, "B M"]:
    """Return the values of joints by name, and the filler for those that have none."""
    places = [source.index(j) if j in source else len(source) for j in target]
    return functional.pad(values, (0, 1), value=filler)[:, indices(places, values.device)]
