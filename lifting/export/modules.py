"""Modules for export: plain tensors in, plain tensors out, all normalisation inside."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor, nn

from lifting.cameras import Camera
from lifting.geometry import with_mean_bone
from lifting.imaging.colour_normalisation import normalise
from lifting.methods.bases.detector import Detector
from lifting.methods.bases.lifter import Lifter
from lifting.methods.bases.trajectory_lifter import TrajectoryLifter
from lifting.methods.occlusion_completion import OcclusionCompletion
from lifting.skeletons.occlusion import CASES, choose_case, joint_status, root_from_hips


def _camera(keypoints: Tensor, names: Sequence[str], values: Sequence[Tensor]) -> Camera:
    """Return cameras of which some fields are given; the others are zero."""
    shapes = {"tangential_gain": (), "radial": (3,), "rotation": (3, 3), "position": (3,)}
    known = dict(zip(names, values, strict=True))

    def field(name: str) -> Tensor:
        if name in known:
            return known[name]
        return keypoints.new_zeros(keypoints.shape[0], *shapes.get(name, (2,)))

    return Camera(**{name: field(name) for name in Camera.__dataclass_fields__})


class LiftingModule(nn.Module):
    """Keypoints in pixels to root-relative millimetres, and to the root's position where it is known.

    Mirrored twins are averaged in where the lifter's options say so. Of the camera some fields are
    inputs; the others are zero.
    """

    def __init__(self, method: Lifter, camera_fields: Sequence[str]) -> None:
        super().__init__()
        self.method = method
        self.camera_fields = tuple(camera_fields)

    def forward(
        self, keypoints: Float[Tensor, "B T K 2"], *camera_values: Tensor
    ) -> tuple[Tensor, ...]:
        """Lift keypoints."""
        camera = _camera(keypoints, self.camera_fields, camera_values)
        pose = self.method.lift_keypoints(keypoints, camera)
        if isinstance(self.method, TrajectoryLifter):
            return pose, self.method.follow(keypoints, camera)
        return (pose,)


class CompletingModule(nn.Module):
    """Keypoints in pixels and their confidence to root-relative millimetres and joint status.

    All cases are made for every pose and one is chosen, as a graph has no branches. Of the camera some
    fields are inputs, as in :class:`LiftingModule`.
    """

    def __init__(self, method: OcclusionCompletion, camera_fields: Sequence[str]) -> None:
        super().__init__()
        self.method = method
        self.camera_fields = tuple(camera_fields)

    def forward(
        self,
        keypoints: Float[Tensor, "B 1 K 2"],
        confidence: Float[Tensor, "B 1 K"],
        *camera_values: Tensor,
    ) -> tuple[Float[Tensor, "B 1 J 3"], Int[Tensor, "B 1 J"]]:
        """Lift what is seen and complete the rest; a refused pose is NaN."""
        method = self.method
        visible = confidence[:, 0] >= method.hparams["visible"]
        if not method.in_person_view:
            pose, status = self._complete(keypoints, visible)
            return pose[:, None], status[:, None]
        camera = _camera(keypoints, self.camera_fields, camera_values)
        view = method.person_view(
            torch.where(visible[:, None, :, None], keypoints, torch.nan), camera
        )
        pose, status = self._complete(view.keypoints, visible)
        return view.turned_back(pose[:, None], 0), status[:, None]

    def _complete(
        self, keypoints: Float[Tensor, "B 1 K 2"], visible: Bool[Tensor, "B K"]
    ) -> tuple[Float[Tensor, "B J 3"], Int[Tensor, "B J"]]:
        method = self.method
        joints = method.joints
        seen = torch.where(visible[..., None], keypoints[:, 0], 0.0)
        between_hips = seen[:, joints.indices(["left_hip", "right_hip"])].mean(1, keepdim=True)
        is_root = torch.arange(len(joints)) == joints.root
        guessed = root_from_hips(joints, visible)[:, None] & is_root
        seen = method.head_scale(torch.where(guessed[..., None], between_hips, seen))
        depths = method.part_depths(seen, CASES[0].parts)
        case = choose_case(joints, visible)
        pose = torch.full_like(seen[..., :1], torch.nan).expand(-1, -1, 3)
        for index in range(len(CASES)):
            made = method.complete_case(seen, visible, depths, index)
            pose = torch.where((case == index)[:, None, None], made, pose)
        pose = with_mean_bone(pose, joints.bones, method.mean_bone)
        return pose, joint_status(joints, visible, case)


class DetectingModule(nn.Module):
    """Crops to keypoints in pixels of the crop and their confidence.

    Heat-maps are decoded, and mirrored twins averaged in, as the detector's options say.
    """

    def __init__(self, method: Detector) -> None:
        super().__init__()
        self.method = method

    def forward(
        self, image: UInt8[Tensor, "B 3 H W"]
    ) -> tuple[Float[Tensor, "B K 2"], Float[Tensor, "B K"]]:
        """Detect on RGB crops of 0 to 255."""
        heatmaps = self.method.heatmaps(normalise(image))
        return self.method.decode_in_crop(heatmaps)
