"""Player of clips of poses on a page: side by side, with the error of every joint.

The page is made of arrays and joint sets. The drawing is done by the page itself (``player.js``,
``player_draw.js``), which fetches nothing.
"""

import base64
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any
from urllib.parse import quote

import numpy as np
from jaxtyping import Bool, Float, UInt8
from numpy import ndarray
from PIL import Image

from lifting.skeletons import Skeleton
from lifting.viz.stick_figure import stick_figure

# Percentiles of coordinates: an outlier does not make the other poses small.
_INSIDE = (0.5, 99.5)
# Frames per second of recordings that do not tell.
NOMINAL_FPS = 25.0
# Millimetres.
_MIN_REACH = 100.0
_JPEG_QUALITY = 75
# The mean error over the joints of a pose, and what it is.
_PLAIN = ("MPJPE", "mean distance of the joints from their true places, millimetres")
_ALIGNED = (
    "PA-MPJPE",
    "mean distance of the joints from their true places, millimetres, after the similarity (scale, "
    "rotation, translation) that fits the pose best to the true one",
)
_RESOURCES = files("lifting.viz")


@dataclass(frozen=True)
class PoseTrack:
    """The poses of a clip, from one method or true.

    Attributes:
        name: Name of the method, or of the truth.
        poses: Camera-frame millimetres, frame by frame; NaN is not drawn. What is compared must have
            the same origin: root-relative, as methods predict.
        joints: Their joint set.
        known: Whether each joint rests on a keypoint that was seen; the others are marked. All where not
            given.
        trajectory: Where the origin of the poses is in the frame of the camera, millimetres. With it the
            page can show everyone in one room.
    """

    name: str
    poses: Float[ndarray, "T J 3"]
    joints: Skeleton
    known: Bool[ndarray, "T J"] | None = None
    trajectory: Float[ndarray, "T 3"] | None = None


@dataclass(frozen=True)
class PlayedVideo:
    """A video beside a page, in the same folder, which the page plays: it is not part of it.

    Attributes:
        name: Name of the file. Browsers play MP4 (H.264).
        times: Seconds at which each frame of the clip is shown.
        share: Part of its width and height, from the upper left corner, that is the image; the rest is
            not shown.
        drawn: Whether the keypoints are drawn on it.
    """

    name: str
    times: Float[ndarray, " T"]
    share: tuple[float, float] = (1.0, 1.0)
    drawn: bool = False


@dataclass(frozen=True)
class Clip:
    """Some frames of a recording, and the poses of each method on them.

    Attributes:
        name: Name of the clip, shown where there are several.
        methods: Poses by method, shown side by side.
        fps: Frames per second.
        truth: True poses; errors are distances to them, joint by joint of the same name.
        keypoints: Pixels ``(T, K, 2)``, NaN where a keypoint was not seen.
        keypoint_joints: Joint set of the keypoints; that of the first method where not given.
        images: JPEG or PNG files, to lie under the keypoints (:func:`small_jpeg`).
        image_frames: Numbers of the frames that the images are of, rising; every frame has one where not
            given.
        image_size: Width and height that the keypoints count in; those of the images where not given.
        frames: Numbers of the frames; from zero on where not given.
        notes: A line per frame.
        video: A video beside the page, which is shown where it is there, in place of the images.
        level: Rotation from the frame of the camera to a level one, in which poses are drawn
            (:func:`lifting.viz.level.level_turn`); numbers stay in that of the camera.
        aligned: Whether the poses were fitted to the true ones: their mean error is PA-MPJPE, not MPJPE.

    Raises:
        ValueError: If there is no method, or lengths or joint sets do not go together.
    """

    name: str
    methods: Sequence[PoseTrack]
    fps: float = NOMINAL_FPS
    truth: PoseTrack | None = None
    keypoints: Float[ndarray, "T K 2"] | None = None
    keypoint_joints: Skeleton | None = None
    images: Sequence[bytes] | None = None
    image_size: tuple[int, int] | None = None
    frames: Sequence[int] | None = None
    notes: Sequence[str] | None = None
    image_frames: Sequence[int] | None = None
    video: PlayedVideo | None = None
    aligned: bool = False
    level: Float[ndarray, "3 3"] | None = None

    def __post_init__(self) -> None:
        if not self.methods:
            raise ValueError(f"clip '{self.name}' has no poses")
        if not self.fps > 0:
            raise ValueError(f"clip '{self.name}' has {self.fps} frames per second")
        tracks = [*self.methods, *([] if self.truth is None else [self.truth])]
        lengths = {f"poses of {t.name}": len(t.poses) for t in tracks}
        for name in ("keypoints", "images", "frames", "notes"):
            value = getattr(self, name)
            if value is not None and not (name == "images" and self.image_frames is not None):
                lengths[name] = len(value)
        if self.video is not None:
            lengths["times of the video"] = len(self.video.times)
        if len(set(lengths.values())) > 1 or 0 in lengths.values():
            raise ValueError(f"clip '{self.name}' needs as many frames of everything: {lengths}")
        joints = [(t.poses.shape[1], t.joints) for t in tracks]
        if self.keypoints is not None:
            joints.append((self.keypoints.shape[1], self.joints_2d))
        for count, joint_set in joints:
            if count != len(joint_set):
                own = f"where '{joint_set.name}' has {len(joint_set)}"
                raise ValueError(f"clip '{self.name}' has {count} joints {own}")

    @property
    def joints_2d(self) -> Skeleton:
        """Joint set of the keypoints."""
        return self.keypoint_joints or self.methods[0].joints


def small_jpeg(image: UInt8[ndarray, "H W 3"], height: int = 240) -> bytes:
    """Return an RGB image as a JPEG file, made smaller where it is higher than ``height``."""
    picture = Image.fromarray(image)
    if picture.height > height:
        picture = picture.resize((round(picture.width * height / picture.height), height))
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=_JPEG_QUALITY)
    return content.getvalue()


def player(clips: Sequence[Clip]) -> str:
    """Return the part of a page that plays clips; a page can have one.

    It takes its colours from ``page.css``.
    """
    # Nothing in it may end the script element.
    content = json.dumps(_content(clips), separators=(",", ":")).replace("<", "\\u003c")
    code = resource("player_draw.js") + resource("player.js")
    return (
        f'{resource("player.html")}<script type="application/json" id="clips">{content}</script>'
        f'<script>"use strict";{{{code}}}</script>'
    )


def resource(name: str) -> str:
    """Return the text of a file beside this one."""
    return _RESOURCES.joinpath(name).read_text(encoding="utf-8")


def describe(joints: Skeleton) -> dict[str, Any]:
    """Return what the code of a page needs of a joint set."""
    figure = stick_figure(joints)
    return {
        "joints": joints.joints,
        "sides": [joints.side(j) for j in range(len(joints))],
        "bones": joints.bones,
        "lines": figure.lines,
        "lineSides": figure.sides,
        "middles": figure.middles,
    }


def _content(clips: Sequence[Clip]) -> dict[str, Any]:
    tracks = [t for c in clips for t in (*c.methods, *([c.truth] if c.truth else []))]
    used = [t.joints for t in tracks] + [c.joints_2d for c in clips if c.keypoints is not None]
    return {
        "skeletons": {s.name: describe(s) for s in used},
        "clips": [_clip(clip) for clip in clips],
    }


def _clip(clip: Clip) -> dict[str, Any]:
    length = len(clip.methods[0].poses)
    content: dict[str, Any] = {
        "name": clip.name,
        "fps": clip.fps,
        "frames": [int(f) for f in (range(length) if clip.frames is None else clip.frames)],
        "notes": None if clip.notes is None else list(clip.notes),
        "methods": [_track(track) for track in clip.methods],
        "truth": None if clip.truth is None else _track(clip.truth),
        "level": None if clip.level is None else clip.level.round(5).tolist(),
        "scene": _scene(clip),
        "size": clip.image_size,
        "keypoints": None,
        "images": None,
        "imageFrames": None,
        "video": None,
        "metric": _ALIGNED if clip.aligned else _PLAIN,
        "room": _scene(clip, in_room=True) if _room(clip) else None,
    }
    if clip.keypoints is not None:
        values = _base64_floats(clip.keypoints)
        content["keypoints"] = {"joints": clip.joints_2d.name, "values": values}
    if clip.images is not None:
        content["images"] = [_data_url(image) for image in clip.images]
        of_frames = content["frames"] if clip.image_frames is None else clip.image_frames
        content["imageFrames"] = [int(frame) for frame in of_frames]
    if clip.video is not None:
        video = clip.video
        times = [round(float(time), 4) for time in video.times]
        source = quote(video.name)
        content["video"] = {
            **{"source": source, "times": times},
            **{"share": video.share, "drawn": video.drawn},
        }
    return content


def _track(track: PoseTrack) -> dict[str, Any]:
    return {
        "name": track.name,
        "joints": track.joints.name,
        "values": _base64_floats(track.poses),
        "hidden": None if track.known is None else np.flatnonzero(~track.known).tolist(),
        "trajectory": None if track.trajectory is None else _base64_floats(track.trajectory),
    }


def _base64_floats(values: ndarray) -> str:
    """Return numbers as little-endian float32 in base64, which holds NaN too."""
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()


def _data_url(image: bytes) -> str:
    kind = "png" if image.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(image).decode()}"


def _room(clip: Clip) -> bool:
    """Return whether it is known of every method where its poses are."""
    return all(track.trajectory is not None for track in clip.methods)


def _scene(clip: Clip, in_room: bool = False) -> dict[str, Any]:
    """Return the centre that the view turns about, its reach, and the height of the floor (y)."""
    tracks = [*clip.methods, *([] if clip.truth is None or in_room else [clip.truth])]
    poses = [
        track.poses + track.trajectory[:, None]
        if in_room and track.trajectory is not None
        else track.poses
        for track in tracks
    ]
    points = np.concatenate([some.reshape(-1, 3) for some in poses]).astype(np.float64)
    points = points[np.isfinite(points).all(-1)]
    if clip.level is not None:
        points = points @ clip.level.T
    if not len(points):
        points = np.zeros((1, 3))
    low, high = np.percentile(points, _INSIDE, axis=0)
    centre = (low + high) / 2
    reach = np.percentile(np.linalg.norm(points - centre, axis=-1), _INSIDE[1])
    return {
        "centre": centre.round(1).tolist(),
        "reach": max(round(float(reach), 1), _MIN_REACH),
        "floor": round(float(high[1]), 1),
    }
