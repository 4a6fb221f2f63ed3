"""Smooth motion curves over time: transitions between values, a closed path, steps, and noise."""

from typing import NamedTuple

import numpy as np

from datamodules.synthetic.procedural.body import Array
from datamodules.synthetic.procedural.motions import Gait


def ease(u: Array) -> Array:
    """Minimum-jerk transition from 0 to 1 (Flash and Hogan, 1985), constant outside."""
    u = np.clip(u, 0, 1)
    return u**3 * (10 + u * (6 * u - 15))


def bump(u: Array) -> Array:
    """Smooth rise to 1 at 0.4 and fall back to 0 at 1: the height of a lifted foot."""
    u = np.clip(u, 0, 1)
    return u**2 * (1 - u) ** 3 / (0.4**2 * 0.6**3)


def cruise(u: Array, ramp: Array | float) -> Array:
    """Progress from 0 to 1 at constant pace but for a linear speeding up and slowing down."""
    u = np.clip(u, 0, 1)
    v = np.minimum(u, 1 - u)
    half = np.where(v < ramp, v**2 / (2 * ramp), v - ramp / 2) / (1 - ramp)
    return np.where(u < 0.5, half, 1 - half)


def slow_noise(rng: np.random.Generator, frames: int, channels: int, cutoff: float) -> Array:
    """Return Gaussian noise of unit variance ``(frames, channels)``, up to ``cutoff`` cycles a frame."""
    white = np.fft.rfft(rng.standard_normal((frames, channels)), axis=0)
    gain = np.exp(-0.5 * (np.fft.rfftfreq(frames) / cutoff) ** 2)
    power = (2 * (gain**2).sum() - gain[0] ** 2) / frames
    smooth: Array = np.fft.irfft(white * gain[:, None] / np.sqrt(power), frames, axis=0)
    return smooth


class MotionCurve:
    """An initial value and smooth transitions to other values."""

    def __init__(self, initial: Array) -> None:
        self.values = [initial]
        self.starts: list[float] = []
        self.durations: list[float] = []

    def add(self, start: float, duration: float, value: Array) -> None:
        """Add a transition to a value, starting at a time."""
        self.starts.append(start)
        self.durations.append(duration)
        self.values.append(value)

    def progress(self, time: Array) -> Array:
        """Return the progress of each transition, linear and unclipped: ``(T, transitions)``."""
        return (time[:, None] - np.array(self.starts)) / np.array(self.durations)

    def sample(self, time: Array) -> Array:
        """Return the value at each time: ``(T, channels)``."""
        value: Array = self.values[0] + ease(self.progress(time)) @ self.steps
        return value

    @property
    def steps(self) -> Array:
        """Change of value of each transition: ``(transitions, channels)``."""
        return np.diff(np.array(self.values), axis=0)


class Walkway:
    """A random closed path, parametrised by the distance walked."""

    def __init__(self, rng: np.random.Generator) -> None:
        angle = np.linspace(0, 2 * np.pi, 2049) * rng.choice([-1, 1]) + rng.uniform(0, 2 * np.pi)
        radius = rng.uniform(700, 1080) * np.ones_like(angle)
        for wave, size in ((1, 0.12), (2, 0.14), (3, 0.05)):
            radius *= 1 + rng.uniform(0, size) * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
        points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], -1)
        self.points = points + rng.uniform(-80, 80, 2)
        step = np.diff(self.points, axis=0)
        self.distance = np.concatenate([[0], np.cumsum(np.linalg.norm(step, axis=-1))])
        heading = np.unwrap(np.arctan2(step[:, 1], step[:, 0]))
        lap = np.copysign(2 * np.pi, heading[-1] - heading[0])
        middle = (heading[0] + heading[-1] - lap) / 2
        self.heading = np.concatenate([[middle], (heading[1:] + heading[:-1]) / 2, [middle + lap]])
        self.lap = lap

    def at(self, distance: Array) -> tuple[Array, Array]:
        """Return position ``(T, 2)`` and heading ``(T,)``."""
        laps, rest = np.divmod(distance, self.distance[-1])
        x, y, heading = (np.interp(rest, self.distance, v) for v in (*self.points.T, self.heading))
        return np.stack([x, y], -1), heading + laps * self.lap


class StepSequence(NamedTuple):
    """Consecutive steps that carry the body along its path or turn it."""

    gait: Gait
    start: float
    duration: float
    steps: int
    first: int  # steps made before
    walked: float  # mm walked before
    distance: float
    turned: float  # radians turned away from the path before
    turn: float

    def pace(self, time: Array) -> Array:
        """Return the steps made, with fractions."""
        return self.steps * cruise((time - self.start) / self.duration, 0.25 / self.duration)

    def progress(self, pace: Array) -> Array:
        """Return the fraction of distance and turn done; the first and the last step are half steps."""
        return cruise(pace / self.steps, 1 / self.steps)
