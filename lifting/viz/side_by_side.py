"""Frames of a video with the keypoints found on them, beside the poses they were lifted to.

Drawn with Pillow: a frame takes milliseconds, where a figure takes a tenth of a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8
from numpy import ndarray
from PIL import Image, ImageColor, ImageDraw, ImageFont

from lifting.skeletons import Skeleton
from lifting.viz.figures import SIDE_COLOURS, upright
from lifting.viz.turntable import Turntable

# Seen from a little aside, depth can be told.
_ANGLE = np.radians(-30)
_BACKGROUND, _FLOOR, _TEXT, _OUTLINE = "#ffffff", "#e4e4e4", "#666666", "#222222"
# Lines are drawn so many times as large, and shrunk: they have no steps then.
_FINER = 2
# Share of a panel that a pose and its floor fill.
_FILLS = 0.8
# A share of poses may be gone astray, without making the others small.
_INSIDE = 99.5
# What was not seen is this much paler.
_PALER = 0.6

_RGB = {side: np.array(ImageColor.getrgb(colour)) for side, colour in SIDE_COLOURS.items()}


@dataclass(frozen=True)
class Shown:
    """Somebody to show on consecutive frames.

    Attributes:
        name: Who.
        first: Number of the first frame.
        keypoints: Pixels of the video ``(T, K, 2)``; NaN is not drawn.
        seen: Which of them were seen, and not filled in ``(T, K)``.
        keypoint_joints: Joint set of the keypoints.
        pose: Root-relative millimetres, camera frame ``(T, J, 3)``; NaN is not drawn.
        known: Which joints rest on keypoints that were seen ``(T, J)``.
        joints: Joint set of the poses.
    """

    name: str
    first: int
    keypoints: Float[ndarray, "T K 2"]
    seen: Bool[ndarray, "T K"]
    keypoint_joints: Skeleton
    pose: Float[ndarray, "T J 3"]
    known: Bool[ndarray, "T J"]
    joints: Skeleton

    @property
    def end(self) -> int:
        """Number of the frame behind the last."""
        return self.first + len(self.pose)


class SideBySide:
    """Draws the frames of a video, one by one.

    On the left the frame with keypoints, on the right the poses, each person's in a panel of its own.
    Left limbs are blue, right ones orange; what was filled in, and not seen, is thin and pale.

    Args:
        size: Width and height of the video.
        people: Who is on it.
        height: Frames that are higher are shrunk to this height.

    Attributes:
        size: Width and height of what is drawn, both even.
    """

    def __init__(self, size: tuple[int, int], people: Sequence[Shown], height: int = 720) -> None:
        width, full = size
        self._scale = min(1.0, height / full)
        self._frame = (max(1, round(width * self._scale)), max(1, round(full * self._scale)))
        panels = min(self._frame)
        self._panels = panels + (self._frame[0] + panels) % 2
        self.size = (self._frame[0] + self._panels, self._frame[1] + self._frame[1] % 2)
        self._people = sorted(people, key=lambda one: one.first)
        self._places = places(self._people)
        self._grid = _grid(max(self._places, default=0) + 1, self._panels, self.size[1])
        self._figures = [
            _Figure(one, self._grid[place], len(people) > 1)
            for one, place in zip(self._people, self._places, strict=True)
        ]
        self._font = ImageFont.load_default(max(10, self._frame[1] // 36))

    def draw(self, image: UInt8[ndarray, "H W 3"], number: int) -> UInt8[ndarray, "h w 3"]:
        """Return a frame and the poses of the people on it.

        Args:
            image: The frame, RGB.
            number: Its number.
        """
        canvas = Image.new("RGB", self.size, _BACKGROUND)
        frame = Image.fromarray(image)
        if frame.size != self._frame:
            frame = frame.resize(self._frame, Image.Resampling.BILINEAR, reducing_gap=2.0)
        canvas.paste(frame, (0, 0))
        draw = ImageDraw.Draw(canvas)
        there = [
            (one, figure)
            for one, figure in zip(self._people, self._figures, strict=True)
            if one.first <= number < one.end
        ]
        for one, figure in there:
            self._draw_keypoints(draw, one, number - one.first, figure.named)
            left, top, *_ = figure.panel
            canvas.paste(figure.draw(number - one.first), (self._frame[0] + left, top))
            if figure.named:
                corner = (self._frame[0] + left + 8, top + 6)
                draw.text(corner, one.name, fill=_TEXT, font=self._font)
        if not there:
            middle = (self._frame[0] + self._panels / 2, self.size[1] / 2)
            draw.text(middle, "nobody", fill=_TEXT, font=self._font, anchor="mm")
        return np.asarray(canvas)

    def _draw_keypoints(
        self, draw: ImageDraw.ImageDraw, one: Shown, index: int, named: bool
    ) -> None:
        points, seen = self._scale * one.keypoints[index], one.seen[index]
        wide = max(2, self._frame[1] // 180)
        there = np.isfinite(points).all(-1)
        for parent, child in one.keypoint_joints.bones:
            if there[parent] and there[child]:
                sure = bool(seen[parent] and seen[child])
                colour = _colour(one.keypoint_joints, child, sure)
                ends = [*points[parent].tolist(), *points[child].tolist()]
                draw.line(ends, fill=colour, width=wide if sure else max(1, wide // 2))
        for joint in np.flatnonzero(there & seen).tolist():
            x, y = points[joint].tolist()
            ball = (x - wide, y - wide, x + wide, y + wide)
            draw.ellipse(ball, fill=_colour(one.keypoint_joints, joint, True), outline="#ffffff")
        if named and there.any():
            top = points[there][points[there][:, 1].argmin()]
            place = (float(top[0]), float(top[1]) - 2 * wide)
            draw.text(
                *(place, one.name, "#ffffff", self._font, "mb"),
                stroke_width=2,
                stroke_fill=_OUTLINE,
            )


class _Figure:
    """The panel of a person."""

    def __init__(self, one: Shown, panel: tuple[int, int, int, int], named: bool) -> None:
        self.panel, self.named = panel, named
        self._one = one
        self._poses = upright(one.pose)
        self._table = Turntable(_without_strays(self._poses))
        self._background = self._with_floor()

    def _on_panel(self, points: Float[ndarray, "*n 3"]) -> Float[ndarray, "*n 2"]:
        width, height = self.panel[2:]
        middle = _FINER * np.array([width, height]) / 2
        return middle + points[..., :2] * [1, -1] * _FINER * _FILLS * min(width, height) / 2

    def _with_floor(self) -> Image.Image:
        width, height = self.panel[2:]
        picture = Image.new("RGB", (_FINER * width, _FINER * height), _BACKGROUND)
        draw = ImageDraw.Draw(picture)
        for line in self._on_panel(self._table.project(self._table.grid(), _ANGLE)):
            draw.line(line.ravel().tolist(), fill=_FLOOR, width=_FINER)
        return picture

    def draw(self, index: int) -> Image.Image:
        """Return the panel with a pose."""
        picture = self._background.copy()
        draw = ImageDraw.Draw(picture)
        projected = self._table.project(self._poses[index], _ANGLE)
        points, depth = self._on_panel(projected), projected[..., 2]
        known, joints = self._one.known[index], self._one.joints
        wide = _FINER * max(2, min(self.panel[2:]) // 90)
        bones = [b for b in joints.bones if np.isfinite(depth[list(b)]).all()]
        # What is near is drawn over what is far.
        for bone in sorted(bones, key=lambda b: -float(depth[list(b)].sum())):
            sure = bool(known[list(bone)].all())
            colour = _colour(joints, bone[1], sure)
            thick = wide if sure else wide // 2
            draw.line(points[list(bone)].ravel().tolist(), fill=colour, width=thick)
            for joint in bone:
                x, y = points[joint].tolist()
                ball = (x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2)
                draw.ellipse(ball, fill=colour)
        return picture.reduce(_FINER)


def places(people: Sequence[Shown]) -> list[int]:
    """Return the number of the panel of each person: the first that is free as long as it is there.

    Args:
        people: In the order of their first frames.
    """
    free_from: list[int] = []
    taken = []
    for one in people:
        place = next((n for n, end in enumerate(free_from) if end <= one.first), len(free_from))
        if place == len(free_from):
            free_from.append(0)
        free_from[place] = one.end
        taken.append(place)
    return taken


def _grid(count: int, width: int, height: int) -> list[tuple[int, int, int, int]]:
    """Return left, top, width and height of panels that are as square as can be."""
    columns = max(range(1, count + 1), key=lambda n: min(width / n, height / -(-count // n)))
    rows = -(-count // columns)
    wide, high = width // columns, height // rows
    return [(wide * (n % columns), high * (n // columns), wide, high) for n in range(count)]


def _without_strays(poses: Float[ndarray, "T J 3"]) -> Float[ndarray, "T J 3"]:
    """Return poses without the joints that are farthest out."""
    out = np.linalg.norm(poses, axis=-1)
    known = np.isfinite(out)
    if not known.any():
        return poses
    limit = np.percentile(out[known], _INSIDE)
    return np.where((out <= limit)[..., None], poses, np.nan)


def _colour(joints: Skeleton, joint: int, sure: bool) -> tuple[int, int, int]:
    colour = _RGB[joints.side(joint)]
    mixed = colour if sure else (1 - _PALER) * colour + _PALER * 255
    red, green, blue = mixed.astype(int).tolist()
    return red, green, blue
