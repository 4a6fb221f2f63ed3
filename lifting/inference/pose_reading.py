"""Files of 3D poses, of this suite and of others, read as people to show."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lifting.containers.arrays import load_npy, load_npz
from lifting.containers.damage import DATA_ERRORS
from lifting.errors import InputError
from lifting.inference.keypoint_files import no_such_person
from lifting.skeletons import SKELETONS, Skeleton
from lifting.skeletons import skeleton as joint_set
from lifting.viz.people_page import ShownPerson

ENDINGS = (".npz", ".npy")
# A person is smaller than this in metres, and larger in millimetres.
_LARGEST_IN_METRES = 20.0
# A root that moves less, in millimetres, does not move.
_STILL = 1.0
# Entries of files of 2D keypoints, whose third column is a confidence.
_KEYPOINTS = {"keypoints", "landmarks", "positions_2d"}


def read_people(path: Path, skeleton: str | None = None) -> tuple[list[ShownPerson], float | None]:
    """Read the people of a file of 3D poses in the frame of a camera, and its frames per second.

    What ``lifting lift``, ``video``, ``photo`` and ``predict`` write is known by its entries. Of others
    every array of poses is a person, ``(T, J, 3)``, or several, ``(N, T, J, 3)``, in millimetres or
    metres, also in dictionaries of arrays as VideoPose3D's; poses that are not root-relative have a
    trajectory.

    Args:
        path: An ``.npz`` or ``.npy``.
        skeleton: Joint set of the poses, if the file does not say.

    Raises:
        InputError: If the file is missing, damaged, holds no poses, or does not go with the joint set.
    """
    content = load_npy(path) if path.suffix.lower() == ".npy" else load_npz(path)
    if isinstance(content, dict) and _is_own(content):
        return _own(content, path, skeleton)
    name = path.stem
    tree = content if isinstance(content, dict) else {name: content}
    if _KEYPOINTS & tree.keys():
        raise InputError("holds 2D keypoints", path, "lift them first: `lifting lift`.")
    arrays = dict(_arrays(tree, ""))
    if not arrays:
        what = f"holds {', '.join(map(str, tree)) or 'nothing'}, and no poses (frames, joints, 3)"
        raise InputError(what, path, "name a file of 3D poses.")
    counts = {array.shape[-2] for array in arrays.values()}
    joints = _checked_joints(_named_joints(tree, skeleton, path), counts, path)
    # A file of one array is called by its own name.
    names = {key: name if len(arrays) == 1 else key for key in arrays}
    people = [_person(names[key], array, joints) for key, array in arrays.items()]
    return people, None


def _is_own(content: dict[str, Any]) -> bool:
    pose = content.get("pose")
    groups = ("tracks" in content and "track" in content) or (
        "clips" in content and "clip" in content
    )
    return isinstance(pose, np.ndarray) and pose.ndim == 3 and (groups or "skeleton" in content)


def _own(
    content: dict[str, Any], path: Path, skeleton: str | None
) -> tuple[list[ShownPerson], float | None]:
    """Read a file of this suite: one row a frame, person after person or clip after clip."""
    try:
        pose = np.asarray(content["pose"], np.float64)
        count = len(pose)
        frames = np.asarray(content.get("frame", np.arange(count)), np.int64)
        group = np.asarray(content.get("track", content.get("clip", np.zeros(count))), np.int64)
        known = content.get("known")
        known = None if known is None else np.asarray(known, bool)
        root = content.get("trajectory")
        root = None if root is None else np.asarray(root, np.float64)
        fps = float(content.get("fps", np.nan))
        names = _names(content, path)
    except DATA_ERRORS as error:
        raise InputError("damaged or of another program", path, "lift again.") from error
    columns = frames.shape == group.shape == (count,)
    fits = pose.shape[2] == 3 and count > 0 and (known is None or known.shape == pose.shape[:2])
    whole = root is None or root.shape == (count, 3)
    if not columns or not fits or not whole or not 0 <= group.min() <= group.max() < len(names):
        raise InputError("damaged or of another program", path, "lift again.")
    joints = _checked_joints(_named_joints(content, skeleton, path), {pose.shape[1]}, path)
    people = []
    for number in np.unique(group).tolist():
        rows = (group == number).nonzero()[0]
        rows = rows[np.argsort(frames[rows], kind="stable")]
        people.append(
            ShownPerson(
                names[number],
                frames[rows],
                pose[rows],
                joints,
                None if known is None else known[rows],
                None if root is None else root[rows],
            )
        )
    return people, fps if 0 < fps < float("inf") else None


def _names(content: dict[str, Any], path: Path) -> list[str]:
    if "tracks" in content:
        return [str(name) for name in np.atleast_1d(content["tracks"]).tolist()]
    if "clips" in content:
        return ["/".join(map(str, names)) for names in np.asarray(content["clips"]).tolist()]
    return [path.stem]


def _arrays(tree: Any, name: str) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield arrays of poses of one person by name, from dictionaries however deep."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _arrays(value, f"{name}/{key}" if name else str(key))
        return
    if not isinstance(tree, np.ndarray) or not np.issubdtype(tree.dtype, np.number):
        return
    if tree.ndim == 4 and tree.shape[-1] == 3:
        for number, person in enumerate(tree):
            yield from _arrays(person, f"{name} {number}" if len(tree) > 1 else name)
    elif tree.ndim == 2 and tree.shape[-1] == 3 and len(tree) > 3:
        # A single pose; a smaller matrix is a rotation.
        yield name, tree[None].astype(np.float64)
    elif tree.ndim == 3 and tree.shape[-1] == 3 and len(tree) and tree.shape[1] > 3:
        yield name, tree.astype(np.float64)


def _named_joints(content: dict[str, Any], skeleton: str | None, path: Path) -> list[Skeleton]:
    """Return the joint set that a file names, or else the one that was asked for.

    Raises:
        InputError: If there is no such joint set, or the file names another one.
    """
    stored = content.get("skeleton")
    stored = str(stored) if isinstance(stored, (str, np.ndarray)) and np.size(stored) == 1 else None
    if stored is not None and skeleton not in (None, stored):
        what = f"says that its joints are those of '{stored}'"
        raise InputError(what, path, f"leave out --skeleton {skeleton}.")
    name = stored or skeleton
    return [] if name is None else [joint_set(name)]


def _checked_joints(named: list[Skeleton], counts: set[int], path: Path) -> Skeleton:
    """Return the joint set of poses of so many joints.

    Raises:
        InputError: If none is named, or it has another number of joints.
    """
    several = " and ".join(map(str, sorted(counts)))
    fitting = [name for name, joints in SKELETONS.items() if counts == {len(joints)}]
    if not named:
        what = f"does not name the joint set of its {several} joints"
        remedy = (
            f"give --skeleton {' or '.join(fitting)}." if fitting else "no known one has as many."
        )
        raise InputError(what, path, remedy)
    if counts != {len(named[0])}:
        what = f"has poses of {several} joints, and '{named[0].name}' has {len(named[0])}"
        raise InputError(what, path, "give another --skeleton.")
    return named[0]


def _person(name: str, poses: NDArray[np.float64], joints: Skeleton) -> ShownPerson:
    """Return the person of an array, root-relative millimetres, and where the root is if it moves."""
    extents = np.nanmax(np.ptp(poses, axis=1), axis=-1) if np.isfinite(poses).any() else np.ones(1)
    if np.nanmedian(extents) < _LARGEST_IN_METRES:
        poses = 1000 * poses
    root = poses[:, joints.root]
    moves = bool((np.abs(root[np.isfinite(root).all(-1)]) > _STILL).any())
    centred = poses - root[:, None]
    return ShownPerson(
        name, np.arange(len(poses)), centred, joints, trajectory=root if moves else None
    )


def select_people(people: list[ShownPerson], name: str | None, path: Path) -> list[ShownPerson]:
    """Return the people of a name, or whose name begins so; all, where none is given.

    Raises:
        InputError: If there is none.
    """
    exact = [person for person in people if name in (None, person.name)]
    chosen = exact or [person for person in people if person.name.startswith(name or "")]
    if not chosen:
        raise no_such_person(name, [person.name for person in people], path)
    return chosen
