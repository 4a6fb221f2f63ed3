"""Clips of the procedural human: subjects, sequences, cameras, simulated detections, and their store.

Subjects, actions, sequence and camera names, joint set, frame rate, lens model and 2D sources are
Human3.6M's, so that whatever is configured for Human3.6M runs on it unchanged. Everything is a
function of (seed, subject, sequence) alone.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import Progress

from datamodules.examples.seeded_random import generator
from datamodules.store.checks import Array
from datamodules.store.clips import ClipKey, ClipWriter, StoreInfo
from datamodules.store.projection import with_confidence
from datamodules.store.virtual_cameras import look_at
from datamodules.synthetic.procedural.animation import FPS, animate
from datamodules.synthetic.procedural.body import SKELETON, Body
from datamodules.synthetic.procedural.curves import slow_noise
from datamodules.synthetic.procedural.motions import RECIPES
from lifting.cameras import Camera, calibrated_camera, project, world_to_camera
from lifting.errors import InputError
from lifting.skeletons import convert, convert_confidence

Float64 = NDArray[np.float64]

SUBJECTS = ("S1", "S5", "S6", "S7", "S8", "S9", "S11")
ACTIONS = tuple(RECIPES)
SEQUENCES = tuple(f"{action}{take}" for action in ACTIONS for take in ("", " 1"))
CAMERAS = ("54138969", "55011271", "58860488", "60457274")

INFO = StoreInfo(
    skeleton="h36m17",
    sources={"gt": "h36m17", "detector": "h36m17", "sh": "mpii16"},
    origin="procedural human, version 1",
    licence="Apache-2.0; no recorded person is in it",
)

# Corner of the room each camera stands in.
_CORNERS = {"54138969": (1, 1), "55011271": (1, -1), "58860488": (-1, 1), "60457274": (-1, -1)}


def _check(name: str, known: Sequence[str], kind: str) -> None:
    if name not in known:
        raise InputError(f"There is no {kind} '{name}': the synthetic ones are {', '.join(known)}.")


def draw_body(seed: int, subject: str) -> Body:
    """Return the body of a subject.

    Raises:
        InputError: If there is no such subject.
    """
    _check(subject, SUBJECTS, "subject")
    return Body.draw(generator(seed, subject, "body"))


def generate_sequence(seed: int, subject: str, sequence: str, frames: int) -> Array:
    """Return world poses ``(frames, 17, 3)``, z up, millimetres, 50 Hz, skeleton ``h36m17``.

    Raises:
        InputError: If subject or sequence is unknown or ``frames`` is not positive.
    """
    _check(sequence, SEQUENCES, "sequence")
    if frames < 1:
        raise InputError(f"A sequence has {frames} frames: ask for at least one.")
    body = draw_body(seed, subject)
    action = sequence.split(" ")[0]
    return animate(body, action, generator(seed, subject, sequence), frames).astype(np.float32)


def draw_cameras(seed: int, subject: str) -> dict[str, Camera]:
    """Return the four cameras around a subject, by name, in float64.

    They stand in the corners of the room and look slightly down at its middle. Lenses scatter about
    those of Human3.6M.

    Raises:
        InputError: If there is no such subject.
    """
    _check(subject, SUBJECTS, "subject")
    return {name: _camera(generator(seed, subject, name), *_CORNERS[name]) for name in CAMERAS}


def _camera(rng: np.random.Generator, x: int, y: int) -> Camera:
    distance = rng.uniform(5200, 5500)
    bearing = math.radians(rng.uniform(64, 72))
    position = np.array([x * math.cos(bearing), y * math.sin(bearing), 0.0]) * distance
    position[2] = rng.uniform(1500, 1700)
    tilt = rng.uniform(0.17, 0.22)
    across = rng.uniform(-80, 80, 2)
    aim = np.array([*across, position[2] - math.tan(tilt) * np.linalg.norm(position[:2] - across)])
    rotation = look_at(position, aim, rng.normal(0, 0.01))
    return calibrated_camera(
        focal=rng.uniform(1144, 1149, 2),
        principal=rng.normal([512, 507], 4),
        size=(1000.0, 1000.0),
        rotation=rotation,
        position=position,
        radial=rng.normal([-0.2, 0.24, -0.002], [0.006, 0.015, 0.006]),
        tangential=rng.normal(0, 0.0012, 2),
        lens="h36m",
    )


# Standard deviation of a detection about the joint, millimetres on the body.
_STD = {
    "pelvis": 24,
    "hip": 28,
    "knee": 26,
    "ankle": 34,
    "spine": 24,
    "thorax": 18,
    "face": 16,
    "head": 20,
    "shoulder": 24,
    "elbow": 30,
    "wrist": 38,
}
_STDS = np.array([_STD[joint.split("_")[-1]] for joint in SKELETON.joints], np.float64)

# Parts of the body that occlude others: their ends and their radii in millimetres.
_OCCLUDERS = (
    ("pelvis", "thorax", 130),
    ("thorax", "head", 90),
    ("left_hip", "left_knee", 75),
    ("right_hip", "right_knee", 75),
    ("left_shoulder", "left_elbow", 50),
    ("right_shoulder", "right_elbow", 50),
)


def occlusion(pose: Float64) -> Float64:
    """Return how much the body occludes each joint, from 0 (in plain sight) to 1, ``(T, 17)``."""
    rays = pose[..., :2] / pose[..., 2:]
    hidden = np.zeros(pose.shape[:2])
    for start, end, radius in _OCCLUDERS:
        a, b = SKELETON.index(start), SKELETON.index(end)
        along = rays[:, b] - rays[:, a]
        square = np.maximum(np.square(along).sum(-1), 1e-9)
        part = np.einsum("tjc,tc->tj", rays - rays[:, a, None], along) / square[:, None]
        part = np.clip(part, 0, 1)
        nearest = rays[:, a, None] + part[..., None] * along[:, None]
        depth = pose[:, a, None, 2] + part * (pose[:, b, 2] - pose[:, a, 2])[:, None]
        gap = np.linalg.norm(rays - nearest, axis=-1) * depth
        covered = np.clip((radius - gap) / (0.4 * radius), 0, 1)
        behind = np.clip((pose[..., 2] - depth - 0.5 * radius) / 80, 0, 1)
        hidden = np.maximum(hidden, covered * behind)
    return hidden


def simulate_detections(
    rng: np.random.Generator, keypoints: Float64, pose: Float64, focal: float
) -> Float64:
    """Return simulated detections ``(T, 17, 3)`` of keypoints in pixels: x, y and confidence.

    Errors are Gaussian and mostly slow, as a detector's are in video; they grow where the joint is
    hidden. Now and then a joint strays far, the two sides of a limb are exchanged, above all when
    they overlap, or a joint is lost: it then stays where it was last seen, with confidence 0.
    """
    frames, joints = keypoints.shape[:2]

    def drift(channels: int, hertz: float) -> Float64:
        return slow_noise(rng, frames, channels, hertz / FPS)

    hidden = occlusion(pose)
    std = _STDS * (1 + 1.2 * hidden) * focal / pose[:, SKELETON.root, 2, None]
    noise = 0.8 * drift(2 * joints, 1.5) + 0.6 * rng.standard_normal((frames, 2 * joints))
    straying = 8 * np.maximum(np.abs(drift(joints, 1.0)) - 2.2, 0)
    noise = noise.reshape(frames, joints, 2) * (1 + straying)[..., None]
    seen = _swap_sides(keypoints, drift(2, 1.0)) + std[..., None] * noise

    error = np.linalg.norm(noise, axis=-1)
    confidence = 0.93 - 0.45 * hidden - 0.07 * error + 0.04 * drift(joints, 2.0)
    confidence = np.clip(confidence, 0.05, 1)
    lost = drift(joints, 1.0) + hidden + _STDS / 60 > 3.0
    last = np.where(lost, 0, np.arange(frames)[:, None])
    last = np.maximum.accumulate(last, axis=0)
    seen = np.take_along_axis(seen, last[..., None], axis=0)
    return np.concatenate([seen, np.where(lost, 0, confidence)[..., None]], -1)


def _swap_sides(keypoints: Float64, signal: Float64) -> Float64:
    """Exchange left and right of legs or arms where a standard normal signal is large."""
    seen = keypoints.copy()
    for column, (limb, end) in enumerate((("leg", "ankle"), ("arm", "wrist"))):
        left, right = (SKELETON.part(f"{side}_{limb}") for side in ("left", "right"))
        apart = (
            keypoints[:, SKELETON.index(f"left_{end}")]
            - keypoints[:, SKELETON.index(f"right_{end}")]
        )
        overlap = np.exp(-np.linalg.norm(apart, axis=-1) / 40)
        swapped = signal[:, column] + 0.5 * overlap > 2.1
        seen[np.ix_(swapped, left)] = keypoints[np.ix_(swapped, right)]
        seen[np.ix_(swapped, right)] = keypoints[np.ix_(swapped, left)]
    return seen


def observe(
    world: Array, camera: Camera, rng: np.random.Generator
) -> tuple[Array, dict[str, Array]]:
    """Return the camera-frame poses of world poses ``(T, 17, 3)``, and keypoints by 2D source."""
    pose = world_to_camera(torch.from_numpy(world).double(), camera)
    image = project(pose, camera)
    seen = torch.from_numpy(
        simulate_detections(rng, image.numpy(), pose.numpy(), float(camera.focal.mean()))
    )
    target = INFO.sources["sh"]
    mpii = torch.cat(
        [
            convert(seen[..., :2], "h36m17", target),
            convert_confidence(seen[..., 2], "h36m17", target)[..., None],
        ],
        -1,
    )
    sources = {"detector": seen.float().numpy(), "sh": mpii.float().numpy()}
    return pose.float().numpy(), {"gt": with_confidence(image.numpy()), **sources}


def write_store(
    path: str | Path,
    seed: int = 0,
    frames_per_sequence: int = 480,
    subjects: Sequence[str] = SUBJECTS,
    progress: bool = False,
) -> None:
    """Write a clip store of every sequence of the subjects, seen by four cameras.

    At the default length that is 100,800 poses and four times as many views.

    Raises:
        InputError: If a subject is unknown or the length is not positive.
    """
    # As a context, so that the bar has gone when an error is printed.
    with ClipWriter(path, INFO) as store, Progress(disable=not progress) as bar:
        for subject in bar.track(subjects, description="Generating subjects"):
            cameras = draw_cameras(seed, subject)
            for name, camera in cameras.items():
                store.add_camera(subject, name, camera)
            for sequence in SEQUENCES:
                world = generate_sequence(seed, subject, sequence, frames_per_sequence)
                action = sequence.split(" ")[0]
                for name, camera in cameras.items():
                    key = ClipKey(subject, sequence, action, name, float(FPS), len(world))
                    pose, keypoints = observe(
                        world, camera, generator(seed, subject, sequence, name)
                    )
                    store.add(key, keypoints, pose)
