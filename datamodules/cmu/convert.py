"""Conversion of CMU motion capture into a clip store, seen by virtual cameras, and the report on it."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from datamodules.cmu.actions import action_of
from datamodules.cmu.raw import (
    AMC_FPS,
    JOINTS,
    Array,
    Trial,
    names_of,
    read_amc,
    read_bvh,
    read_npz,
)
from datamodules.safe_load import sha256
from datamodules.store.clips import ClipKey, ClipStore, ClipWriter, StoreInfo
from datamodules.store.joint_versions import CMU_JOINTS, CMU_SITE
from datamodules.store.projection import with_confidence
from datamodules.store.virtual_cameras import draw_rig
from lifting.cameras import project, world_to_camera
from lifting.errors import InputError, wrong_value

FPS = 30.0
VIEWS = 4

ORIGIN = (
    f"The data used in this project was obtained from {CMU_SITE}. The database was created with "
    f"funding from NSF EIA-0196217. {CMU_JOINTS}"
)
LICENCE = (
    "This data is free for use in research projects. You may include this data in commercially-sold "
    "products, but you may not resell this data directly, even in converted form."
)

_MENDED = (
    "had the joints of earlier conversions: pelvis and wrists were restored exactly, the spine to 8 mm "
    "(median)"
)

_TRIAL = re.compile(r"S?(\d+)(?:[ _](\d+))?")

# From the best of the files of one trial to the worst: in BVH a bone is missing.
_KINDS = (".amc", ".bvh", ".npz")


@dataclass(frozen=True)
class _Source:
    """The file of a trial, and its reader."""

    path: Path
    read: Callable[[], Trial]


def convert(
    inputs: Sequence[Path],
    out: Path,
    fps: float = FPS,
    views: int = VIEWS,
    seed: int = 0,
    amc_fps: float = AMC_FPS,
    trial_fps: Mapping[str, float] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> str:
    """Convert CMU motion capture into a clip store.

    Each trial is seen by virtual cameras of its own; the one 2D source, ``gt``, is the projection.

    Args:
        inputs: Folders of ``.asf`` with ``.amc``, ``.bvh`` and ``.npz`` files, or such files.
        out: The store to write.
        fps: Frames per second to keep.
        views: Cameras around each trial.
        seed: Seed of the cameras.
        amc_fps: Frames per second of AMC files, which do not tell.
        trial_fps: Frames per second that trials were recorded at, by subject (``S60``) or trial
            (``S60_01``), whatever their files tell.
        progress: Called with the name of each trial that is done.

    Returns:
        The report.

    Raises:
        InputError: If an input is not as it should be; nothing is left at ``out`` then.
    """
    rates = {_trial_of(name): value for name, value in (trial_fps or {}).items()}
    given = [("fps", fps), ("views", views), ("amc_fps", amc_fps)]
    for option, value in (*given, *(("trial_fps", rate) for rate in rates.values())):
        if not 0 < value < np.inf:
            raise wrong_value(option, value, "give a positive number.")
    if seed < 0:
        raise wrong_value("seed", seed, "give 0 or more.")
    sources, left_out = _find(inputs, amc_fps)
    for subject, number in rates:
        if not any(subject == s and number in ("", n) for s, n in sources):
            what = f"--trial_fps names {subject} {number}".rstrip()
            raise InputError(f"{what}, which is in no file: leave it out.")
    used = sorted({path for source in sources.values() for path in _files(source.path)})
    info = StoreInfo(
        skeleton=JOINTS,
        sources={"gt": JOINTS},
        origin=ORIGIN,
        licence=LICENCE,
        inputs={path.name: sha256(path) for path in used},
    )
    distances: list[float] = []
    recorded: Counter[float] = Counter()
    mended: list[str] = []
    with ClipWriter(out, info) as store:
        for (subject, number), source in sorted(sources.items()):
            trial = source.read()
            told = rates.get((subject, number), rates.get((subject, "")))
            trial = trial if told is None else replace(trial, fps=told)
            recorded[round(trial.fps, 2)] += 1
            step = _step(trial.fps, fps, f"{source.path}: {subject} {number}")
            distances += _write_views(store, trial, source.path, step, fps, views, seed)
            mended += [source.path.name] if trial.mended else []
            progress(f"{subject} {number}")
    with ClipStore(out) as finished:
        lines = [finished.describe(), *_report(finished, distances, left_out)]
    at = ", ".join(f"{rate:g} ({count:,} trials)" for rate, count in sorted(recorded.items()))
    lines.append(f"recorded at frames per second: {at}")
    lines += [f"{name}: {count} trials {_MENDED}" for name, count in Counter(mended).items()]
    return "\n".join(lines)


def _find(
    inputs: Sequence[Path], amc_fps: float
) -> tuple[dict[tuple[str, str], _Source], list[str]]:
    """Return the best source of each trial, and the files that no trial is read from."""
    files = [file for path in inputs for file in _listed(path)]
    sources: dict[tuple[str, str], _Source] = {}
    left_out = []
    for kind in _KINDS:
        for file in sorted({file for file in files if file.suffix.lower() == kind}):
            for names, source in _sources(file, kind, amc_fps):
                if names not in sources:
                    sources[names] = source
                    continue
                first = sources[names].path
                if first.suffix.lower() == kind:
                    raise InputError(f"{' '.join(names)} is in {first} too", file, "leave one out.")
                left_out.append(f"{' '.join(names)} of {file.name}")
    if not sources:
        what = "no .amc, .bvh or .npz in it"
        raise InputError(what, ", ".join(map(str, inputs)) or "No input", "check the folder.")
    return sources, left_out


def _trial_of(name: str) -> tuple[str, str]:
    """Return subject and trial of ``S60_01``, ``60_01`` or, with no trial, ``S60``.

    Raises:
        InputError: If it is none of these.
    """
    match = _TRIAL.fullmatch(str(name))
    if match is None:
        raise InputError(f"--trial_fps names '{name}': give a subject as S60 or a trial as S60_01.")
    return f"S{match[1]}", match[2] or ""


def _listed(path: Path) -> list[Path]:
    if path.is_dir():
        return [file for file in path.rglob("*") if file.is_file()]
    if not path.is_file():
        raise InputError("there is no such file or folder", path, "check the path.")
    if path.suffix.lower() not in _KINDS:
        raise InputError("neither .amc nor .bvh nor .npz", path, "name one, or a folder.")
    return [path]


def _sources(file: Path, kind: str, amc_fps: float) -> Iterator[tuple[tuple[str, str], _Source]]:
    if kind == ".npz":
        for trial in read_npz(file):
            yield (trial.subject, trial.number), _Source(file, partial(replace, trial))
    elif kind == ".amc":
        yield names_of(file), _Source(file, partial(read_amc, file, amc_fps))
    else:
        yield names_of(file), _Source(file, partial(read_bvh, file))


def _files(path: Path) -> list[Path]:
    """Return a file and what is read together with it, if it is there."""
    beside = path.with_name(f"{path.stem.split('_')[0]}.asf")
    return [path, beside] if path.suffix.lower() == ".amc" and beside.is_file() else [path]


def _step(recorded: float, kept: float, where: str) -> int:
    """Return the step between the frames that are kept."""
    step = max(1, round(recorded / kept))
    if abs(recorded / kept - step) > 0.01 * step:
        what = f"recorded at {recorded:g} frames per second, from which {kept:g} cannot be taken"
        raise InputError(what, where, f"give --fps {recorded:g} or an integer part of it.")
    return step


def _write_views(
    store: ClipWriter, trial: Trial, path: Path, step: int, fps: float, views: int, seed: int
) -> list[float]:
    """Write what each camera sees of a trial; return how far the cameras stand from its middle."""
    name = f"{trial.subject}/{trial.number}"
    world: Array = trial.world[::step]
    try:
        cameras = draw_rig(seed, name, world, views)
    except ValueError as error:
        raise InputError(
            f"{trial.subject} {trial.number} ranges too far, {error}", path, "check its unit."
        ) from error
    middle = (world.min((0, 1)) + world.max((0, 1)))[:2] / 2
    for index, camera in enumerate(cameras):
        key = ClipKey(
            trial.subject,
            trial.number,
            action_of(trial.subject, trial.number),
            # Cameras are kept by subject, and each trial has its own.
            f"{trial.number}_view{index}",
            fps,
            len(world),
        )
        pose = world_to_camera(torch.from_numpy(world), camera)
        gt = with_confidence(project(pose, camera).numpy())
        store.add_camera(key.subject, key.camera, camera)
        store.add(key, {"gt": gt}, pose.float().numpy())
    return [float(np.linalg.norm(camera.position[:2].numpy() - middle)) for camera in cameras]


def _report(store: ClipStore, distances: list[float], left_out: list[str]) -> list[str]:
    frames: Counter[str] = Counter()
    for key in store.keys:
        frames[key.action] += key.frames
    lines = ["", "frames by action, all views"]
    lines += [f"  {action:16} {count:10,}" for action, count in frames.most_common()]
    near, middle, far = np.quantile(distances, (0, 0.5, 1)) / 1000
    lines += ["", f"cameras stand {near:.1f} to {far:.1f} m from the middle, median {middle:.1f} m"]
    if left_out:
        lines.append(f"given twice, not read here: {', '.join(left_out)}")
    return lines
