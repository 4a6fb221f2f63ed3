"""Reader of the clips of a split: chosen subjects, actions, joint sets and frames."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor

from datamodules.examples.bank import LoadedClip
from datamodules.store.checks import check_keypoints, check_pose
from datamodules.store.clips import ClipKey, ClipStore
from lifting.errors import InputError, Option, Phrase, located
from lifting.skeletons import convert, convert_confidence, places_in, skeleton

# From the poses of a clip, if it has any, and its frame numbers: which frames are selected.
Choice = Callable[[Tensor | None, Tensor], Bool[Tensor, " frames"]]


class SplitReader:
    """Reader of clips with one 2D source and some or all actions, handed over in given joint sets."""

    def __init__(
        self,
        store: ClipStore,
        source: str,
        keypoint_skeleton: str,
        pose_skeleton: str,
        actions: Sequence[str] | None,
    ) -> None:
        self.store = store
        self.source = source
        self.keypoint_skeleton = keypoint_skeleton
        self.pose_skeleton = pose_skeleton
        self.actions = actions

    def check(self, subjects: Mapping[str, Sequence[str]]) -> None:
        """Refuse names that the store does not have.

        Args:
            subjects: Those of each split.

        Raises:
            InputError: Naming the first, those there are, and the option to name them with.
        """
        people = sorted({key.subject for key in self.store.keys})
        known: list[tuple[str, Iterable[str], Sequence[str], str]]
        known = [
            ("subject", people, names, f"{split}_subjects") for split, names in subjects.items()
        ]
        actions = sorted({key.action for key in self.store.keys})
        known.append(("action", actions, self.actions or [], "actions"))
        known.append(("2D source", self.store.info.sources, [self.source], "source"))
        for kind, there, wanted, option in known:
            for name in wanted:
                if name not in there:
                    remedy = Phrase(
                        "it has {}: name those with {}.", ", ".join(there), Option(f"data.{option}")
                    )
                    raise InputError(f"no {kind} '{name}'", self.store.path, remedy)

    def check_joints(self, test_skeleton: str | None) -> None:
        """Refuse to compare joints that the poses of the store do not have, but would be derived.

        Raises:
            InputError: Naming them.
        """
        if test_skeleton is not None:
            with located(self.store.path):
                places_in(self.store.info.skeleton, test_skeleton)

    def wanted(self, subjects: Sequence[str] | None = None) -> list[ClipKey]:
        """Return the clips of subjects, or of all, with the wanted actions."""
        return [
            key
            for key in self.store.keys
            if (subjects is None or key.subject in subjects)
            and (self.actions is None or key.action in self.actions)
        ]

    def seen(self, subjects: Sequence[str]) -> list[ClipKey]:
        """Return the wanted clips that have the 2D source."""
        return [key for key in self.wanted(subjects) if self.store.has(key, self.source)]

    def clips(
        self, subjects: Sequence[str], choose: Choice, gapless: bool, labelled: bool
    ) -> Iterator[LoadedClip]:
        """Yield the clips of subjects, with poses if labelled, and without gaps if windows are cut.

        Raises:
            InputError: If a clip is damaged, or has gaps where it may have none.
        """
        store = self.store
        joints = skeleton(store.info.sources[self.source])
        chosen: dict[tuple[str, str, bytes], Tensor] = {}
        for key in self.seen(subjects):
            where = f"{store.path}: {key.path}"
            keypoints, pose, numbers = (
                store.keypoints(key, self.source),
                store.pose(key),
                store.frames(key),
            )
            check_keypoints(keypoints, joints, key.frames, where)
            if pose is not None:
                check_pose(pose, skeleton(store.info.skeleton), where)
            if gapless and (np.diff(numbers) != 1).any():
                what = "frames are left out of this clip, so no windows can be cut"
                raise InputError(what, where, "lift single frames, or prepare all frames.")
            points, frames = torch.from_numpy(keypoints), torch.from_numpy(numbers)
            poses = None if pose is None else torch.from_numpy(pose)
            # The same frames in every view, as a joint moves as far in each of them.
            take = (key.subject, key.sequence, numbers.tobytes())
            if take not in chosen:
                chosen[take] = choose(poses, frames)
            names = joints.name, self.keypoint_skeleton
            confidence = convert_confidence(points[..., 2], *names)
            pose_sets = store.info.skeleton, self.pose_skeleton
            yield LoadedClip(
                key=key,
                camera=store.camera(key),
                keypoints=torch.cat([convert(points[..., :2], *names), confidence[..., None]], -1),
                pose=convert(poses, *pose_sets) if poses is not None and labelled else None,
                selected=chosen[take],
                frames=frames,
            )
