"""The poses of a split, resident in memory, and the batches gathered from them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from datamodules.store.clips import ClipKey
from lifting.batch import PoseBatch
from lifting.cameras import Camera
from lifting.errors import InputError
from lifting.geometry import mirror
from lifting.on_device import indices
from lifting.skeletons import Skeleton
from lifting.windows import Windows

# Movement of a joint that makes a frame interesting, and frames compared at once.
_MOVED_MM, _LOOK_AHEAD = 40.0, 64


class IndexBatch(NamedTuple):
    """Rows of a split to gather, as a loader yields them, those to mirror, and the epoch."""

    rows: Int[Tensor, " B"]
    flip: Bool[Tensor, " B"] | None
    split: str
    epoch: int = 0


class PairedIndexBatch(NamedTuple):
    """Examples, and those of other splits that are trained on together with them."""

    labelled: IndexBatch
    beside: tuple[IndexBatch, ...]


@dataclass
class LoadedClip:
    """A clip on its way into a bank.

    Attributes:
        key: Names of the clip.
        camera: Its camera.
        keypoints: Pixels and confidence, ``(T, K, 3)``.
        pose: Camera-frame millimetres ``(T, J, 3)``, or None.
        selected: The frames the protocol asks for, ``(T,)``.
        frames: Frame numbers, ``(T,)``.
    """

    key: ClipKey
    camera: Camera
    keypoints: Tensor
    pose: Tensor | None
    selected: Tensor
    frames: Tensor


class PoseBank:
    """All clips of a split behind one another, padded for the windows to be cut from them.

    Args:
        clips: The clips, consumed one by one.
        windows: The shape of an example.
        keypoint_skeleton: Joint set of the keypoints.
        pose_skeleton: Joint set of the poses.
        actions: Action names; a clip's action id is an index into them.
        subjects: Subject names, likewise.
        stride: Frames between examples, see :meth:`Windows.starts`.

    Raises:
        InputError: If only some of the clips have poses.
    """

    def __init__(
        self,
        clips: Iterable[LoadedClip],
        windows: Windows,
        keypoint_skeleton: Skeleton,
        pose_skeleton: Skeleton,
        actions: list[str],
        subjects: list[str],
        stride: int | None = None,
    ) -> None:
        self.windows = windows
        # Chunks that overlap on purpose repeat frames on purpose.
        self.once = stride in (None, windows.chunk)
        self.keypoint_mirror = keypoint_skeleton.mirror
        self.pose_mirror = pose_skeleton.mirror
        self.keys: list[ClipKey] = []
        keypoints, confidence, pose, selected, clip_of, frame_of, rows = ([] for _ in range(7))
        cameras, total, begin, end = [], 0, [], []
        for number, clip in enumerate(clips):
            keypoints.append(windows.pad(clip.keypoints[..., :2]))
            confidence.append(windows.pad(clip.keypoints[..., 2]))
            if clip.pose is not None:
                pose.append(windows.pad(clip.pose))
            frame_of.append(windows.pad(clip.frames))
            clip_of.append(torch.full_like(frame_of[-1], number))
            chosen = torch.zeros(len(frame_of[-1]), dtype=torch.bool)
            chosen[windows.left : windows.left + len(clip.frames)] = clip.selected
            selected.append(chosen)
            begin.append(total + windows.left)
            end.append(begin[-1] + len(clip.frames))
            rows.append(windows.starts(clip.selected, stride) + begin[-1])
            total += len(chosen)
            cameras.append(clip.camera.to(torch.float32))
            self.keys.append(clip.key)
        self.keypoints = torch.cat(keypoints)
        self.confidence = torch.cat(confidence)
        if pose and len(pose) != len(self.keys):
            raise InputError(
                "Some clips of a split have 3D poses and some have none: split them up."
            )
        self.pose = torch.cat(pose) if pose else None
        self.selected = torch.cat(selected)
        self.clip = torch.cat(clip_of)
        self.frame = torch.cat(frame_of)
        self.rows = torch.cat(rows)
        # Rows of the first frame of each clip, and of the one after its last.
        self.begin, self.end = torch.tensor(begin), torch.tensor(end)
        self.camera = Camera.stack(cameras)
        self.action = torch.tensor([actions.index(k.action) for k in self.keys])
        self.subject = torch.tensor([subjects.index(k.subject) for k in self.keys])
        # Names the clip whatever the other clips are.
        self.digest = torch.tensor([clip_number(key) for key in self.keys])

    def __len__(self) -> int:
        """Number of examples."""
        return len(self.rows)

    def rows_by_clip(self) -> list[Tensor]:
        """Return the rows of the examples, clip by clip, in order."""
        _, counts = torch.unique_consecutive(self.clip[self.rows], return_counts=True)
        return list(self.rows.split(counts.tolist()))

    def to(self, device: torch.device) -> None:
        """Move everything a batch is gathered from to a device."""
        if self.keypoints.device == device:
            return
        for name, value in vars(self).items():
            if isinstance(value, Tensor | Camera) and name != "rows":
                setattr(self, name, value.to(device))

    def batch(self, rows: Int[Tensor, " B"], flip: Bool[Tensor, " B"] | None = None) -> PoseBatch:
        """Gather the examples whose chunks start at rows, some mirrored with their cameras."""
        windows = self.windows
        clip = self.clip[rows]
        batch = PoseBatch(
            keypoints=windows.inputs(self.keypoints, rows),
            confidence=windows.inputs(self.confidence, rows),
            valid=windows.outputs(self.selected, rows),
            camera=self.camera[clip],
            subject=self.subject[clip],
            action=self.action[clip],
            clip=clip,
            frame=windows.outputs(self.frame, rows),
        )
        if self.once and windows.chunk > 1:
            repeated = windows.repeated(rows - self.begin[clip])
            position = torch.arange(windows.chunk, device=rows.device)
            batch["valid"] &= position >= repeated[:, None]
        if self.pose is not None:
            batch["pose"] = windows.outputs(self.pose, rows)
        if flip is not None:
            self._flip(batch, flip)
        return batch

    def _flip(self, batch: PoseBatch, flip: Tensor) -> None:
        # Both of all, of which one is taken: to take some alone, the host would have to know which.
        camera, confidence = batch["camera"], batch["confidence"]
        # Mirroring negates x; pixels count from the left edge.
        mirrored = mirror(batch["keypoints"], self.keypoint_mirror)
        mirrored[..., 0] += camera.size[:, None, None, 0]
        batch["keypoints"] = torch.where(flip[:, None, None, None], mirrored, batch["keypoints"])
        order = indices(self.keypoint_mirror, confidence.device)
        batch["confidence"] = torch.where(flip[:, None, None], confidence[..., order], confidence)
        if "pose" in batch:
            pose = batch["pose"]
            other = mirror(pose, self.pose_mirror)
            batch["pose"] = torch.where(flip[:, None, None, None], other, pose)
        flipped = camera.mirrored()
        camera.principal = torch.where(flip[:, None], flipped.principal, camera.principal)
        camera.tangential = torch.where(flip[:, None], flipped.tangential, camera.tangential)


def clip_number(key: ClipKey) -> int:
    """Return a number that names the clip, whatever other clips there are."""
    digest = hashlib.sha256(key.path.encode()).digest()
    return int.from_bytes(digest[:8], "little", signed=True)


def select_frames(
    rule: str, pose: Tensor | None, frames: Int[Tensor, " frames"]
) -> Bool[Tensor, " frames"]:
    """Return which frames of a clip a protocol asks for.

    Args:
        rule: ``all``, ``every<N>`` (frames 0, N, 2N, ...), or ``interesting`` (the first frame, then
            each in which a joint has moved 40 mm since the last one kept; h36m-fetch's training
            frames).
        pose: Poses ``(T, J, 3)`` in millimetres, needed by ``interesting``.
        frames: Frame numbers of the clip.

    Raises:
        InputError: If there is no such rule, or no pose where one is needed.
    """
    if rule == "all":
        return torch.ones(len(frames), dtype=torch.bool)
    if rule.startswith("every") and rule[5:].isdecimal() and int(rule[5:]) > 0:
        return frames % int(rule[5:]) == 0
    if rule == "interesting" and pose is not None:
        return torch.from_numpy(_moved(pose.numpy()))
    if rule == "interesting":
        raise InputError("Frames 'interesting' needs 3D poses, and there are none: use 'all'.")
    raise InputError(f"There are no frames '{rule}': use all, every<N> (every64) or interesting.")


def contiguous_part(fraction: float, frames: int) -> Bool[Tensor, " frames"]:
    """Return one contiguous part of a clip, as long as a fraction of it, at least a frame.

    Where it begins depends on nothing but the clip's length, by VideoPose3D's rule, so that its
    published subsets are these.

    Args:
        fraction: Above 0, up to 1.
        frames: Length of the clip.
    """
    kept = max(1, round(fraction * frames))
    digest = hashlib.sha256(str(frames).encode()).digest()
    position = int.from_bytes(digest[:4], "little") / (2**32 - 1)
    begin = min(int(position * (frames - kept + 1)), frames - kept)
    part = torch.zeros(frames, dtype=torch.bool)
    part[begin : begin + kept] = True
    return part


def _moved(pose: np.ndarray) -> np.ndarray:
    keep = np.zeros(len(pose), bool)
    last = 0
    keep[0] = True
    start = 1
    while start < len(pose):
        ahead = pose[start : start + _LOOK_AHEAD]
        moved = (np.linalg.norm(ahead - pose[last], axis=-1) >= _MOVED_MM).any(-1)
        if moved.any():
            last = start + int(moved.argmax())
            keep[last] = True
            start = last + 1
        else:
            start += len(ahead)
    return keep
