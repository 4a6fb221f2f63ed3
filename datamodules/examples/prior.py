"""Prior of 3D poses from other recordings, from which a critic learns."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from datamodules.examples.bank import select_frames
from datamodules.store.checks import check_pose
from datamodules.store.clips import ClipKey, ClipStore
from lifting.errors import InputError, Option, Phrase
from lifting.geometry import mirror
from lifting.skeletons import convert, skeleton
from lifting.windows import Windows


class PosePrior:
    """Poses without keypoints in a joint set, in chunks and with the dilation of the examples.

    Raises:
        InputError: If the store lacks a subject, its poses, or joints, or nothing is left.
    """

    def __init__(
        self,
        store: ClipStore,
        subjects: Sequence[str],
        actions: Sequence[str] | None,
        rule: str,
        joints: str,
        windows: Windows,
    ) -> None:
        self.windows = Windows(1, windows.chunk, dilation=windows.dilation)
        self.mirror = skeleton(joints).mirror
        known = {key.subject for key in store.keys}
        for subject in subjects:
            if subject not in known:
                there, option = ", ".join(sorted(known)), Option("data.prior_subjects")
                remedy = Phrase("it has {}: name those with {}.", there, option)
                raise InputError(f"no subject '{subject}'", store.path, remedy)
        poses, selected, rows, total = [], [], [], 0
        chosen: dict[tuple[str, str, bytes], Tensor] = {}
        for key in store.keys:
            if key.subject not in subjects or (actions is not None and key.action not in actions):
                continue
            pose = self._pose(store, key, joints)
            numbers = store.frames(key)
            if windows.chunk > 1 and (np.diff(numbers) != 1).any():
                message = f"{key.path}: frames are left out, so it has no motion to learn"
                raise InputError(message, store.path, "set --data.chunk 1, or prepare all frames.")
            # The same frames in every view, as a joint moves as far in each of them.
            take = (key.subject, key.sequence, numbers.tobytes())
            if take not in chosen:
                chosen[take] = select_frames(rule, pose, torch.from_numpy(numbers))
            poses.append(self.windows.pad(pose))
            selected.append(torch.zeros(len(poses[-1]), dtype=torch.bool))
            selected[-1][: len(pose)] = chosen[take]
            rows.append(self._starts(chosen[take]) + total)
            total += len(poses[-1])
        if not sum(len(r) for r in rows):
            what = f"no pose of {', '.join(subjects)} is left for --data.prior_subjects"
            raise InputError(what, store.path, "choose other subjects, actions or prior_frames.")
        self.pose = torch.cat(poses)
        self.selected = torch.cat(selected)
        self.rows = torch.cat(rows)

    def _starts(self, selected: Tensor) -> Tensor:
        # Any selected frame may begin a chunk, as chunks may overlap; but none reaches into the padding,
        # where nothing moves, unless the clip is too short.
        starts = selected.nonzero().squeeze(-1)
        inside = starts + self.windows.right < len(selected)
        return starts[inside] if inside.any() else starts[:1]

    @staticmethod
    def _pose(store: ClipStore, key: ClipKey, joints: str) -> Tensor:
        pose, where = store.pose(key), f"{store.path}: {key.path}"
        if pose is None:
            raise InputError(
                "has no 3D poses to learn from", where, "choose other --data.prior_subjects."
            )
        check_pose(pose, skeleton(store.info.skeleton), where)
        return convert(torch.from_numpy(pose), store.info.skeleton, joints).float()

    def __len__(self) -> int:
        """Number of chunks."""
        return len(self.rows)

    def to(self, device: torch.device) -> None:
        """Move the poses to a device."""
        self.pose = self.pose.to(device)

    def batch(
        self, rows: Int[Tensor, " B"], flip: Bool[Tensor, " B"] | None = None
    ) -> Float[Tensor, "B C J 3"]:
        """Gather chunks of poses, camera frame, millimetres, some of them mirrored left to right."""
        pose = self.windows.outputs(self.pose, rows)
        if flip is None:
            return pose
        return torch.where(flip[:, None, None, None], mirror(pose, self.mirror), pose)

    def poses(self) -> Float[Tensor, "frames J 3"]:
        """Return the selected poses."""
        return self.pose[self.selected]
