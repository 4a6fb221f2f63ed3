"""Conversion of free motion and the procedural human into one clip store, and the report on it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from datamodules.motion.raw import JOINTS, Array, Clip, read_motion
from datamodules.motion.terms import PROCEDURAL, Terms, terms_of
from datamodules.safe_load import sha256
from datamodules.store.clips import ClipKey, ClipStore, ClipWriter, StoreInfo
from datamodules.store.projection import with_confidence
from datamodules.store.virtual_cameras import draw_rig
from datamodules.synthetic.procedural.animation import FPS as PROCEDURAL_FPS
from datamodules.synthetic.procedural.clips import SEQUENCES, SUBJECTS, generate_sequence
from lifting.cameras import project, world_to_camera
from lifting.errors import InputError, Option, Phrase, wrong_value

FPS = 30.0


def convert(
    files: Sequence[Path],
    out: Path,
    fps: float = FPS,
    without: Sequence[str] = (),
    procedural_seeds: int = 0,
    procedural_frames: int = 480,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> str:
    """Convert files of motion into a clip store, and add the procedural human.

    Each clip is stored as one virtual camera sees it, from which its world is recovered.

    Args:
        files: Files as docs/data/motion.md describes them.
        out: The store to write.
        fps: Frames per second; clips with another rate are interpolated.
        without: Sources to leave out.
        procedural_seeds: Seeds of the procedural human, seven bodies and 210 clips each.
        procedural_frames: Frames of each of its clips, at 50 per second.
        seed: Seed of the cameras.
        progress: Called with the name of each clip that is done.

    Returns:
        The report.

    Raises:
        InputError: If a file or an option is not as it should be; nothing is left at ``out`` then.
    """
    if not 0 < fps < np.inf:
        raise wrong_value("fps", fps, "give a positive number.")
    counts = {"procedural_seeds": procedural_seeds, "seed": seed}
    for option, value in counts.items():
        if value < 0:
            raise wrong_value(option, value, "give 0 or more.")
    given = [read_motion(path) for path in files]
    terms = {source: t for file in given for source, t in file.terms.items()}
    if procedural_seeds:
        terms[PROCEDURAL] = terms_of(PROCEDURAL)
    for source in without:
        if source not in terms:
            there = ", ".join(sorted(terms))
            raise InputError(
                Phrase("{}: there is no source '{}', only {}.", Option("without"), source, there)
            )
        del terms[source]
    clips = [clip for file in given for clip in file.clips if clip.source in terms]
    info = StoreInfo(
        skeleton=JOINTS,
        sources={"gt": JOINTS},
        origin=_listed({source: t.origin for source, t in terms.items()}),
        licence=_listed({source: t.licence for source, t in terms.items()}),
        inputs={path.name: sha256(path) for path in files},
    )
    frames: Counter[str] = Counter()
    number: Counter[str] = Counter()
    with ClipWriter(out, info) as store:
        for clip in (*clips, *_procedural(procedural_seeds, procedural_frames, terms)):
            world = resampled(clip.world, clip.fps, fps)
            _write(store, clip, world, fps, seed)
            frames[clip.source] += len(world)
            number[clip.source] += 1
            progress(f"{clip.subject} {clip.name}")
    lines = [f"  {'source':26} {'clips':>6} {'frames':>9} {'minutes':>8}"]
    lines += [
        f"  {source:26} {number[source]:6,} {count:9,} {count / fps / 60:8.1f}"
        for source, count in frames.items()
    ]
    with ClipStore(out) as finished:
        return "\n".join([finished.describe(), "", *lines])


def _listed(texts: dict[str, str]) -> str:
    """Return texts by source, those of several sources once."""
    sources: dict[str, list[str]] = {}
    for source, text in texts.items():
        sources.setdefault(text, []).append(source)
    return " | ".join(f"{', '.join(names)}: {text}" for text, names in sources.items())


def _procedural(seeds: int, frames: int, terms: dict[str, Terms]) -> Iterator[Clip]:
    if PROCEDURAL not in terms:
        return
    # Seed 0 is that of the synthetic dataset, whose people are left to be tested on.
    for seed in range(1, seeds + 1):
        for subject in SUBJECTS:
            for name in SEQUENCES:
                world = generate_sequence(seed, subject, name, frames).astype(np.float64)
                person, action = f"{PROCEDURAL}{seed}_{subject}", name.split(" ")[0]
                yield Clip(PROCEDURAL, person, name, action, float(PROCEDURAL_FPS), world)


def resampled(world: Array, recorded: float, wanted: float) -> Array:
    """Return poses ``(T, J, 3)`` at another frame rate, interpolated between neighbouring frames."""
    if recorded == wanted or len(world) == 1:
        return world
    last = len(world) - 1
    # What falls on the last frame but for rounding is kept.
    place = np.arange(int(last * wanted / recorded + 1e-6) + 1) * recorded / wanted
    low = np.minimum(place.astype(int), last - 1)
    part = (place - low)[:, None, None]
    result: Array = (1 - part) * world[low] + part * world[low + 1]
    return result


def _write(store: ClipWriter, clip: Clip, world: Array, fps: float, seed: int) -> None:
    name = f"{clip.subject}/{clip.name}"
    # Cameras are kept by subject, and each clip has its own.
    key = ClipKey(clip.subject, clip.name, clip.activity, f"{clip.name}_view0", fps, len(world))
    try:
        (camera,) = draw_rig(seed, name, world, 1)
    except ValueError as error:
        what = f"{name} of {clip.source} ranges too far, {error}"
        raise InputError(what, remedy="check its unit, or cut the clip.") from error
    pose = world_to_camera(torch.from_numpy(world), camera)
    store.add_camera(key.subject, key.camera, camera)
    store.add(key, {"gt": with_confidence(project(pose, camera).numpy())}, pose.float().numpy())
