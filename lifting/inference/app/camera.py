"""Camera sessions of the app: a frame in, the keypoints and poses of the people on it out.

Frames are in memory while they are looked at, and nowhere afterwards.
"""

import io
import math
import secrets
import time
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np
import PIL.Image

from lifting.errors import InputError
from lifting.inference.app.lifters import Lifters
from lifting.inference.app.started import tracker_of
from lifting.inference.defaults import LIVE_LIFTER
from lifting.inference.detectors.interfaces import Detection, Image, PersonTracker
from lifting.inference.detectors.options import DetectorOptions
from lifting.inference.live import LiveLifter, frames_ahead
from lifting.inference.video.reader import VideoFrame
from lifting.keypoints.confidence import believed
from lifting.methods.bases.lifter import Lifter
from lifting.models import is_named
from lifting.skeletons import skeleton
from lifting.viz.player import describe

# Bytes and sides, pixels, of the largest frame.
LARGEST, _LONGEST_SIDE = 1 << 23, 4096
# Sessions that run beside each other: of a page that was closed nobody tells.
_KEPT = 2
# People that are lifted at most.
_MAX_PEOPLE = 6
# Seconds after which a person who has gone is forgotten.
_PATIENCE = 2.0


@dataclass
class _Session:
    tracker: PersonTracker
    lifter: Lifter
    min_confidence: float
    most: int
    smooth: str | None
    lock: Lock = field(default_factory=Lock)
    frames: int = 0
    size: tuple[int, int] = (0, 0)
    people: dict[int, tuple[LiveLifter, float]] = field(default_factory=dict)

    def lift(self, person: Detection, now: float) -> dict[str, Any]:
        """Return the keypoints of a person, and the pose."""
        live, _ = self.people.get(person.person, (None, now))
        if live is None:
            live = LiveLifter(
                self.lifter,
                skeleton=self.tracker.skeleton,
                size=self.size,
                smooth=self.smooth,
                # What is not believed is missing already.
                least_confidence=0.0,
            )
        self.people[person.person] = live, now
        points = person.keypoints.astype(np.float64)
        # Heights of heat-maps may lie a little above one.
        points[:, 2] = points[:, 2].clip(0, 1)
        points[~believed(points[:, :2], points[:, 2], self.size, self.min_confidence), 2] = 0
        pose = live.push(points, now)
        return {
            "person": person.person,
            "keypoints": _or_null(np.where(points[:, 2:] > 0, points[:, :2], np.nan)),
            "pose": _or_null(pose),
            "hidden": np.flatnonzero(~live.known).tolist(),
        }


class CameraSessions:
    """Finds and lifts the people on the frames of cameras, each in a session of its own.

    Args:
        lifters: The lifters to choose from.
        detector: How people are detected, or None.
    """

    def __init__(self, lifters: Lifters, detector: DetectorOptions | None) -> None:
        self.lifters = lifters
        self.detector = detector
        self._sessions: dict[str, _Session] = {}
        self._lock = Lock()

    def start(self, content: object) -> dict[str, Any]:
        """Begin a session with the lifter that ``content`` names, or another if that one looks ahead.

        One person is followed, or with ``several`` everyone, which takes the detector more time; with
        ``smooth`` poses are smoothed.

        Raises:
            InputError: If there is no such lifter, no detector, or every lifter looks ahead.
        """
        if not isinstance(content, dict) or not isinstance(content.get("lifter"), str):
            raise InputError("No lifter is named: load the page again.")
        if self.detector is None:
            raise InputError("Nobody is detected on pictures: start the app with a detector.")
        name, lifter = self._live(content["lifter"])
        most = _MAX_PEOPLE if content.get("several") is True else 1
        tracker = tracker_of(self.detector, most)
        smooth = "one_euro" if content.get("smooth") is True else None
        session = _Session(tracker, lifter, self.detector.least_confidence, most, smooth)
        # What does not go together is said before the camera is on.
        LiveLifter(lifter, skeleton=tracker.skeleton, size=(640, 480))
        key = secrets.token_hex(8)
        with self._lock:
            while len(self._sessions) >= _KEPT:
                self._sessions.pop(next(iter(self._sessions)))
            self._sessions[key] = session
        return {
            "session": key,
            "lifter": name,
            "keypoints": describe(skeleton(tracker.skeleton)),
            "joints": describe(skeleton(lifter.hparams["skeleton"])),
        }

    def _live(self, wanted: str) -> tuple[str, Lifter]:
        """Return a lifter that sees no future: the one wanted, or else one that there is."""
        lifter = self.lifters[wanted]
        if (ahead := frames_ahead(lifter)) == 0:
            return wanted, lifter
        for name in sorted(self.lifters.paths, key=lambda name: "live" not in name):
            if frames_ahead(other := self.lifters[name]) == 0:
                return name, other
        if is_named(LIVE_LIFTER):
            return LIVE_LIFTER, self.lifters.load(LIVE_LIFTER, LIVE_LIFTER)
        what = f"looks {ahead} frames ahead, which a camera has not taken yet"
        raise InputError(what, wanted, "start the app with a causal lifter as well.")

    def frame(self, key: str, when: str, picture: bytes) -> dict[str, Any]:
        """Return the people on a frame, and how long each step took, milliseconds.

        Args:
            key: The session.
            when: The time of the frame, seconds, as text.
            picture: The frame as a JPEG file.

        Raises:
            InputError: If the session has ended, or time or picture are not what they should be.
        """
        session = self._sessions.get(key)
        if session is None:
            raise InputError("The camera was stopped, or started elsewhere: start it again.")
        now = _seconds(when)
        with session.lock:
            begin = time.perf_counter()
            image = _decode(picture)
            decoded = time.perf_counter()
            size = image.shape[1], image.shape[0]
            if size != session.size:
                session.size, session.people = size, {}
            [people] = session.tracker.track([VideoFrame(session.frames, 0, image)])
            session.frames += 1
            detected = time.perf_counter()
            people = sorted(people, key=lambda person: person.person)[: session.most]
            found = [session.lift(person, now) for person in people]
            session.people = {
                person: (live, last)
                for person, (live, last) in session.people.items()
                if now - last < _PATIENCE
            }
            lifted = time.perf_counter()
        steps = {"decode": decoded - begin, "detect": detected - decoded, "lift": lifted - detected}
        return {"people": found, "ms": {step: round(1e3 * s, 1) for step, s in steps.items()}}

    def stop(self, content: object) -> dict[str, Any]:
        """End a session, if it has not ended yet."""
        key = content.get("session") if isinstance(content, dict) else None
        with self._lock:
            self._sessions.pop(key if isinstance(key, str) else "", None)
        return {}


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise InputError("A frame has no time: load the page again.")
    return seconds


def _decode(picture: bytes) -> Image:
    """Return a JPEG file as an RGB image."""
    try:
        with PIL.Image.open(io.BytesIO(picture), formats=["JPEG"]) as opened:
            # Looked at before it is decoded, which takes as much memory as it says.
            if max(opened.size) > _LONGEST_SIDE:
                raise InputError(f"A frame has more than {_LONGEST_SIDE} pixels a side.")
            return np.asarray(opened.convert("RGB"))
    except (OSError, ValueError, PIL.Image.DecompressionBombError) as error:
        raise InputError("A frame is no JPEG file: load the page again.") from error


def _or_null(points: np.ndarray) -> list[list[float] | None]:
    """Return points as JSON has them: null where one is NaN."""
    known = np.isfinite(points).all(-1)
    rounded = points.astype(np.float64).round(1).tolist()
    return [point if k else None for point, k in zip(rounded, known, strict=True)]
