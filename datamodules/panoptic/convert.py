"""Conversion of CMU Panoptic into a clip store, and the report on what was converted."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from datamodules.crops.image_source import Array
from datamodules.panoptic.cameras import HD_CAMERAS, MILLIMETRES, read_cameras, visible
from datamodules.panoptic.raw import (
    FPS,
    JOINTS,
    LICENCE,
    LIFTER_TRAIN_SEQUENCES,
    LIFTER_VAL_SEQUENCES,
    ORIGIN,
    POSES,
    CapturedPerson,
    action_of,
    calibration_of,
    digest_of,
    read_bodies,
    scenes_of,
    sequences_of,
    with_unique_numbers,
)
from datamodules.safe_load import sha256
from datamodules.store.clips import ClipKey, ClipStore, ClipWriter, StoreInfo
from datamodules.store.frame_runs import reasons, runs_of
from datamodules.store.projection import with_confidence
from lifting.cameras import Camera, project, world_to_camera
from lifting.errors import InputError, Option, Phrase, wrong_value
from lifting.skeletons import skeleton

# What L2D-Pose (Lee et al., ACCV 2024) trains its lifters on.
EVERY = 3
MARGIN = 200.0

SKELETONS = (JOINTS, "panoptic15")

# The longest bones there may be, centimetres, by the joint at their end; those of L2D-Pose.
_LONGEST = {
    "thorax": 80.0,
    "nose": 50.0,
    "shoulder": 40.0,
    "elbow": 50.0,
    "wrist": 45.0,
    "hip": 30.0,
    "knee": 65.0,
    "ankle": 60.0,
    "eye": 20.0,
    "ear": 25.0,
}


@dataclass(frozen=True)
class _Rules:
    """Selection of people, and counts of those left out.

    Attributes:
        every: Take every n-th frame.
        margin: How far joints may lie outside the image, pixels.
        shortest: Least number of frames of a clip.
        joints: Joint set to store.
        people: Number of people left out of frames, by reason.
        views: Number of people in frames left out of views, by reason.
    """

    every: int
    margin: float
    shortest: int
    joints: str
    people: Counter[str] = field(default_factory=Counter)
    views: Counter[str] = field(default_factory=Counter)


def convert(
    raw: Path,
    out: Path,
    every: int = EVERY,
    margin: float = MARGIN,
    shortest: int = 1,
    joints: str = JOINTS,
    progress: Callable[[str], None] = lambda _: None,
) -> str:
    """Convert CMU Panoptic into a clip store of five HD views.

    Subjects are sequences. A clip is a run of frames, none left out between them, in which a camera sees
    one person; its sequence is the person's number and the number of the first image. Frames are counted
    at the frame rate that is kept. The one 2D source, ``gt``, is the projection.

    Args:
        raw: The folder of the sequences.
        out: The store to write.
        every: Take every n-th frame.
        margin: How far joints may lie outside the image, pixels.
        shortest: Least number of frames of a clip.
        joints: Joint set to store, one of ``SKELETONS``.
        progress: Called with the name of each sequence that is done.

    Returns:
        The report.

    Raises:
        InputError: If an input is not as it should be; nothing is left at ``out`` then.
    """
    for option, count in (("every", every), ("shortest", shortest)):
        if count < 1:
            raise wrong_value(option, count, "give at least 1.")
    if not 0 <= margin < np.inf:
        raise wrong_value("margin", margin, "give a number of pixels, 0 or more.")
    if joints not in SKELETONS:
        raise InputError(
            Phrase("{} is {}: use {}.", Option("skeleton"), joints, " or ".join(SKELETONS))
        )
    scenes = {name: _thinned(scenes_of(raw, name), every) for name in sequences_of(raw)}
    empty = [name for name, files in scenes.items() if not files]
    inputs = {}
    for name in scenes.keys() - empty:
        inputs[f"{name}/{POSES}"] = digest_of(file for _, file in scenes[name])
        calibration = calibration_of(raw, name)
        inputs[calibration.name] = sha256(calibration)
    origin = f"{ORIGIN}, up to {margin:g} px out of the image"
    info = StoreInfo(joints, {"gt": joints}, origin, LICENCE, dict(sorted(inputs.items())))
    rules = _Rules(every, margin, shortest, joints)
    clips = 0
    with ClipWriter(out, info) as store:
        for name in sorted(scenes.keys() - empty):
            cameras = read_cameras(calibration_of(raw, name), HD_CAMERAS)
            people = _people(scenes[name], rules)
            for view, camera in cameras.items():
                store.add_camera(name, view, camera)
                for number, appearances in people.items():
                    clips += _write_clips(store, (name, number, view), appearances, camera, rules)
            progress(name)
        if not clips:
            what = f"holds nobody to convert, {reasons(rules.people + rules.views)}"
            raise InputError(what, raw, f"unpack {POSES} with the toolbox's extractAll.sh.")
    with ClipStore(out) as finished:
        return "\n".join([finished.describe(), "", *_report(finished, empty, rules)])


def _thinned(scenes: list[tuple[int, Path]], every: int) -> list[tuple[int, Path]]:
    """Return the first frame and every n-th after it, by number: some may be missing."""
    return [(number, file) for number, file in scenes if (number - scenes[0][0]) % every == 0]


def _people(
    scenes: list[tuple[int, Path]], rules: _Rules
) -> dict[int, tuple[NDArray[np.int64], Array]]:
    """Return frame numbers ``(T,)`` and world poses ``(T, J, 3)`` of each person of a sequence."""
    appearances: dict[int, list[tuple[int, CapturedPerson]]] = {}
    for frame, file in scenes:
        bodies = read_bodies(file)
        known = with_unique_numbers(bodies)
        rules.people["two people of one number"] += len(bodies) - len(known)
        for body in known:
            appearances.setdefault(body.number, []).append((frame, body))
    wanted = skeleton(JOINTS).indices(skeleton(rules.joints).joints)
    people = {}
    for number, of_person in appearances.items():
        frames = np.array([frame for frame, _ in of_person])
        world = np.stack([body.world[wanted] for _, body in of_person])
        whole = np.stack([body.confidence[wanted] for _, body in of_person]).min(1) >= 0
        short = _bones_are_plausible(world, rules.joints)
        rules.people["a joint is missing"] += int((~whole).sum())
        rules.people["a bone is too long"] += int((whole & ~short).sum())
        people[number] = frames[whole & short], world[whole & short]
    return people


def _bones_are_plausible(world: Array, joints: str) -> NDArray[np.bool_]:
    """Return in which frames no bone is longer than a person's."""
    body = skeleton(joints)
    parents, children = (list(ends) for ends in zip(*body.bones, strict=True))
    lengths = np.linalg.norm(world[:, children] - world[:, parents], axis=-1)
    longest = [_LONGEST[body.joints[child].rpartition("_")[2]] for child in children]
    short: NDArray[np.bool_] = (lengths <= MILLIMETRES * np.array(longest)).all(-1)
    return short


def _write_clips(
    store: ClipWriter,
    names: tuple[str, int, str],
    appearances: tuple[NDArray[np.int64], Array],
    camera: Camera,
    rules: _Rules,
) -> int:
    """Write the clips of a person in a view; return how many."""
    sequence, person, view = names
    numbers, world = appearances
    pose = world_to_camera(torch.from_numpy(world), camera)
    pixels = project(pose, camera)
    near = (pixels >= -rules.margin) & (pixels <= camera.size + rules.margin)
    seen = (visible(pose, camera) & near.all(-1)).all(-1).numpy()
    rules.views["too far out of the image"] += int((~seen).sum())
    gt = with_confidence(pixels.numpy())
    clips = 0
    for run in runs_of(seen, numbers // rules.every):
        if len(run) < rules.shortest:
            rules.views["in a run that is too short"] += len(run)
            continue
        key = ClipKey(
            sequence,
            f"{person} {numbers[run[0]]:08}",
            action_of(sequence),
            view,
            FPS / rules.every,
            len(run),
        )
        store.add(key, {"gt": gt[run]}, pose[run].float().numpy(), numbers[run] // rules.every)
        clips += 1
    return clips


def _report(store: ClipStore, empty: list[str], rules: _Rules) -> list[str]:
    there = {key.subject for key in store.keys}
    lines = [
        f"people in frames, {reasons(rules.people)}",
        f"people in frames and views, {reasons(rules.views)}",
    ]
    published = (*LIFTER_TRAIN_SEQUENCES, *LIFTER_VAL_SEQUENCES)
    if missing := [name for name in published if name not in there]:
        lines.append(f"missing of the published split: {', '.join(missing)}")
    if empty:
        lines.append(f"without {POSES}, which extractAll.sh unpacks: {', '.join(empty)}")
    return lines
