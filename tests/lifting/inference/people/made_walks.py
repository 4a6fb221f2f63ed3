"""Generated clips of walking people as a detector sees them, with who is who; COCO's keypoints."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from lifting.inference.people.similarity import sigmas_of

FACE = slice(0, 5)
_METRES = 1.75


@dataclass
class Clip:
    """Detections by frame.

    Attributes:
        poses: The poses of each frame, ``(K, 3)``, in any order.
        truth: Whose they are, in the same order; -1 is a second detection of somebody, or of nobody.
    """

    poses: list[list[np.ndarray]] = field(default_factory=list)
    truth: list[list[int]] = field(default_factory=list)


def figure(phase, facing, frontal=0.5):
    """Seventeen points of a walking person, one high, from the middle of the hips."""
    swing, bend = np.sin(phase), 0.25 * (1 + np.cos(phase))
    arms, legs = 0.45 * swing * facing, -0.5 * swing * facing
    points = np.zeros((17, 2))
    points[FACE] = [(0.05, -0.44), (0.04, -0.46), (0.03, -0.465), (0.0, -0.45), (-0.02, -0.455)]
    points[FACE, 0] *= facing
    for side, sign in ((0, 1), (1, -1)):
        across = 0.5 * frontal * sign
        points[5 + side] = (0.22 * across, -0.33)
        points[7 + side] = points[5 + side] + 0.17 * _down(sign * arms)
        points[9 + side] = points[7 + side] + 0.15 * _down(sign * arms + 0.3 * facing)
        points[11 + side] = (0.12 * across, 0.0)
        points[13 + side] = points[11 + side] + 0.24 * _down(sign * legs)
        points[15 + side] = points[13 + side] + 0.24 * _down(sign * legs - bend * facing)
    return points


def _down(angle):
    return np.array([np.sin(angle), np.cos(angle)])


def walk(rng, places, height, fps, facing, pace=1.4):
    """Points ``(T, 17, 2)`` of somebody who is at places ``(T, 2)``, metres and pixels of the hips."""
    phases = rng.uniform(0, 2 * np.pi) + 2 * np.pi * pace * np.arange(len(places)) / fps
    frontal = rng.uniform(0.3, 1.0)
    bodies = np.stack([figure(phase, facing, frontal) for phase in phases])
    return height * bodies + places[:, None]


def crossing(
    seed: int,
    occlusion: str = "part",
    noise: float | None = None,
    dropped: float | None = None,
    ghosts: float = 0.0,
    way: str = "opposite",
) -> Clip:
    """A clip of two people who cross in the middle of it.

    Args:
        seed: Of speeds, sizes, the gap between the lines on which they walk, phases, and what follows.
        occlusion: ``none``; ``part``: keypoints behind the other one are missing, or on that one;
            ``whole``: who is behind is not detected while half of it is hidden.
        noise: Standard deviation of keypoints over the height of a person.
        dropped: Share of the detections that are missing.
        ghosts: Share of the detections that come with a second one: the face, or the upper body.
        way: ``opposite``, ``same`` (one overtakes the other), or ``back`` (they meet and turn back).
    """
    rng = np.random.default_rng(seed)
    noise = rng.uniform(0.003, 0.02) if noise is None else noise
    dropped = rng.uniform(0.0, 0.15) if dropped is None else dropped
    fps, height = rng.choice([15.0, 25.0, 30.0]), rng.uniform(150, 400)
    # The one behind is smaller, and its feet are higher on the image.
    heights = height * np.array([1.0, 1 - rng.uniform(0.0, 0.25)])
    speeds = rng.uniform(0.6, 1.8, 2)
    if way == "same":
        speeds = np.array([0.0, rng.uniform(0.7, 1.2)]) + rng.uniform(0.6, 1.0)
    facing = np.array([1, 1 if way == "same" else -1]) * rng.choice([-1, 1])
    pixels = speeds * heights / _METRES / fps * facing
    # A third of a second more than they need to come from one and a half heights on either side.
    apart = 1.5 * height
    half = int(np.clip(apart / max(abs(pixels[0] - pixels[1]), 1), 10, 90) + fps / 3)
    times = np.arange(2 * half + 1) - half
    walks = []
    for one in range(2):
        # Who turns back slows down before, and is fast again in a third of a second.
        steps = -np.hypot(times, fps / 3) if way == "back" else times
        x = 900 + pixels[one] * steps + rng.normal(0, 0.02 * height)
        y = np.full(len(times), 600 - 0.5 * heights[one] - 0.3 * (height - heights[one]))
        walks.append(walk(rng, np.stack([x, y], 1), heights[one], fps, facing[one]))
    if rng.random() < 0.5:
        walks, heights = walks[::-1], heights[::-1]
    behind = int(heights.argmin())
    clip = Clip()
    for t in range(len(times)):
        people = [walks[0][t].copy(), walks[1][t].copy()]
        hidden = _hidden(people[behind], people[1 - behind])
        seen = np.ones((2, 17), bool)
        if occlusion == "part":
            seen[behind] = ~hidden | (rng.random(17) < 0.1)
            moved = hidden & (rng.random(17) < 0.15)
            people[behind][moved] = people[1 - behind][moved]
            seen[behind] |= moved
        elif occlusion == "whole" and hidden.mean() > 0.5:
            seen[behind] = False
        found = []
        for who in range(2):
            if seen[who].sum() < 4 or rng.random() < dropped:
                continue
            pose = _detected(rng, people[who], seen[who], noise * heights[who])
            found.append((who, pose))
            if rng.random() < ghosts:
                part = pose.copy()
                part[:, :2] += rng.normal(0, 0.01 * heights[who], 2)
                part[(5 if rng.random() < 0.5 else 11) :] = 0
                part[:, 2] *= 0.7
                if part.any():
                    found.append((-1, part))
        add(clip, rng, found)
    return clip


def alone(seed: int, second: str = "none", away: int = 0) -> Clip:
    """A clip of one person who walks, of 90 frames.

    Args:
        seed: Of size, speed, phase, noise and missing detections.
        second: What is detected beside the person on two frames of three: ``whole``, the person again;
            ``face``, the face again, also while the person is missing; ``ghost``, a face that is a third
            of a height away and goes along.
        away: Frames for which the person is out of the image, to come back where it left.
    """
    rng = np.random.default_rng(seed)
    height, speed = rng.uniform(150, 400), rng.uniform(0.6, 1.8)
    # Of a face less than of hips, as of people who label them.
    sigmas = sigmas_of("coco17")[:, None]
    noise = rng.uniform(0.003, 0.02) * sigmas / sigmas.mean()
    step = speed * height / _METRES / 25
    times = np.arange(90) - 45.0
    x = 1280 - step * (np.abs(times) - away / 2) if away else 640 + step * times
    facing = np.where(times > 0, -1, 1) if away else np.ones(90)
    phases = rng.uniform(0, 6) + 2 * np.pi * 1.4 * np.arange(90) / 25
    clip = Clip()
    for t in range(90):
        places = height * figure(phases[t], facing[t]) + (x[t], 600 - 0.5 * height)
        seen = places[:, 0] < 1280 if away else np.ones(17, bool)
        found = []
        if seen.sum() >= 4 and rng.random() >= 0.1:
            found.append((0, _detected(rng, places, seen, noise * height)))
        if second != "none" and rng.random() < 2 / 3 and (found or second != "whole"):
            far = rng.normal(0, 0.01 * height, 2) + ((height / 3, 0) if second == "ghost" else 0)
            part = np.arange(17) < (17 if second == "whole" else 5)
            found.append((-1, _detected(rng, places + far, part, noise * height)))
        add(clip, rng, found)
    return clip


def add(clip: Clip, rng, found) -> None:
    """Add a frame, in any order."""
    order = rng.permutation(len(found))
    clip.truth.append([found[n][0] for n in order])
    clip.poses.append([found[n][1] for n in order])


def _hidden(person, other):
    """Whether the points are behind the body of somebody, a box a little narrower than the points."""
    low, high = other[5:].min(0), other[5:].max(0)
    low[1] = other[:, 1].min()
    inner = 0.1 * (high - low) * [1, 0]
    return ((person > low + inner) & (person < high - inner)).all(1)


def _detected(rng, points, seen, sigma):
    scores = rng.uniform(0.4, 0.95, 17)
    noisy = points + rng.normal(0, sigma, points.shape)
    return np.where(seen[:, None], np.concatenate([noisy, scores[:, None]], 1), 0.0)


def named(clip: Clip, update: Callable[[int, Sequence[np.ndarray]], Sequence[int | None]]) -> list:
    """The names that a tracker gives, by frame, in the order of the poses."""
    return [list(update(t, poses)) for t, poses in enumerate(clip.poses)]


@dataclass
class Outcome:
    """How well names were kept.

    Attributes:
        kept: Everyone has one name in the first ten and in the last ten detections, each its own.
        right: Share of the detections of people that have the name of the first ten. Those that are left
            out, as of two detections of somebody one is, do not count.
        names: How many names were given.
    """

    kept: bool
    right: float
    names: int


def outcome(clip: Clip, names: list) -> Outcome:
    by_person: dict[int, list] = {}
    for truth, given in zip(clip.truth, names, strict=True):
        for who, name in zip(truth, given, strict=True):
            if who >= 0 and name is not None:
                by_person.setdefault(who, []).append(name)
    first, last = (
        [_usual(given[part]) for given in by_person.values()]
        for part in (slice(None, 10), slice(-10, None))
    )
    right = [
        name == usual
        for given, usual in zip(by_person.values(), first, strict=True)
        for name in given
    ]
    every = {name for given in names for name in given if name is not None}
    kept = first == last and len(set(first)) == len(first)
    return Outcome(kept, float(np.mean(right)), len(every))


def _usual(names):
    return Counter(names).most_common(1)[0][0]
