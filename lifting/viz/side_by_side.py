"""Frames of a video with detected keypoints, beside the poses they were lifted to.

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
from lifting.viz.level import level_turn
from lifting.viz.stick_figure import stick_figure
from lifting.viz.turntable import Turntable

# From a little aside, depth is visible.
_ANGLE = np.radians(-30)
_BACKGROUND, _FLOOR, _TEXT, _OUTLINE = "#ffffff", "#e4e4e4", "#666666", "#222222"
# Lines are drawn so many times as large, and shrunk, against aliasing.
_SUPERSAMPLING = 2
# Fraction of a panel that a pose and its floor fill.
_FILL = 0.8
# Of most people.
_HEIGHT_OVER_WIDTH = 1.8
# Percentile: joints farther out do not make the pose small.
_INSIDE = 99.5
# Fraction of white in the colour of what was not seen.
_WHITENING = 0.6

_RGB = {side: np.array(ImageColor.getrgb(colour)) for side, colour in SIDE_COLOURS.items()}


@dataclass(frozen=True)
class DrawnPerson:
    """A person to draw on consecutive frames.

    Attributes:
        name: Name of the person.
        first: Number of the first frame.
        keypoints: Pixels of the video ``(T, K, 2)``; NaN is not drawn.
        seen: Whether each of them was seen, and not filled in ``(T, K)``.
        keypoint_joints: Joint set of the keypoints.
        pose: Root-relative millimetres, camera frame ``(T, J, 3)``; NaN is not drawn.
        known: Whether each joint rests on keypoints that were seen ``(T, J)``.
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
    Left limbs are blue, right ones orange; what was filled in, and not seen, is thin and pale. People
    whom a tilted camera saw are drawn as they stand.

    Args:
        size: Width and height of the video.
        people: The people on it.
        height: Frames that are higher are shrunk to this height.

    Attributes:
        size: Width and height of what is drawn, both even.
        share: Part of its width and height, from the upper left corner, that the frame fills.
    """

    def __init__(
        self, size: tuple[int, int], people: Sequence[DrawnPerson], height: int = 720
    ) -> None:
        width, full = size
        self._scale = min(1.0, height / full)
        self._frame = (max(1, round(width * self._scale)), max(1, round(full * self._scale)))
        panels = min(self._frame)
        self._panels = panels + (self._frame[0] + panels) % 2
        self.size = (self._frame[0] + self._panels, self._frame[1] + self._frame[1] % 2)
        self.share = (self._frame[0] / self.size[0], self._frame[1] / self.size[1])
        self._people = sorted(people, key=lambda person: person.first)
        numbers = panel_numbers(self._people)
        grid = _grid(max(numbers, default=0) + 1, self._panels, self.size[1])
        turn = level_turn([(person.pose, person.joints) for person in self._people])
        self._pose_panels = [
            _PosePanel(person, grid[number], len(people) > 1, turn)
            for person, number in zip(self._people, numbers, strict=True)
        ]
        # One for everyone: somebody with spread arms is not smaller than others.
        scale = min((panel.widest_scale for panel in self._pose_panels), default=1.0)
        for panel in self._pose_panels:
            panel.set_scale(scale)
        self._font = ImageFont.load_default(max(10, self._frame[1] // 36))

    def draw(self, image: UInt8[ndarray, "H W 3"], number: int) -> UInt8[ndarray, "h w 3"]:
        """Return an RGB frame, by its number, and the poses of the people on it."""
        canvas = Image.new("RGB", self.size, _BACKGROUND)
        frame = Image.fromarray(image)
        if frame.size != self._frame:
            frame = frame.resize(self._frame, Image.Resampling.BILINEAR, reducing_gap=2.0)
        canvas.paste(frame, (0, 0))
        draw = ImageDraw.Draw(canvas)
        present = [
            (person, panel)
            for person, panel in zip(self._people, self._pose_panels, strict=True)
            if person.first <= number < person.end
        ]
        for person, panel in present:
            self._draw_keypoints(draw, person, number - person.first, panel.named)
            left, top, *_ = panel.box
            canvas.paste(panel.draw(number - person.first), (self._frame[0] + left, top))
            if panel.named:
                corner = (self._frame[0] + left + 8, top + 6)
                draw.text(corner, person.name, fill=_TEXT, font=self._font)
        if not present:
            middle = (self._frame[0] + self._panels / 2, self.size[1] / 2)
            draw.text(middle, "nobody", fill=_TEXT, font=self._font, anchor="mm")
        return np.asarray(canvas)

    def _draw_keypoints(
        self, draw: ImageDraw.ImageDraw, person: DrawnPerson, index: int, named: bool
    ) -> None:
        points, seen = self._scale * person.keypoints[index], person.seen[index]
        wide = max(2, self._frame[1] // 180)
        known = np.isfinite(points).all(-1)
        joints = person.keypoint_joints
        figure = stick_figure(joints)
        for segment, both, side in zip(
            figure.segments(points), figure.whole(seen).tolist(), figure.sides, strict=True
        ):
            if np.isfinite(segment).all():
                width = wide if both else max(1, wide // 2)
                draw.line(segment.ravel().tolist(), fill=_colour(side, both), width=width)
        for joint in np.flatnonzero(known & seen).tolist():
            x, y = points[joint].tolist()
            ball = (x - wide, y - wide, x + wide, y + wide)
            draw.ellipse(ball, fill=_colour(joints.side(joint), True), outline="#ffffff")
        if named and known.any():
            top = points[known][points[known][:, 1].argmin()]
            above = (float(top[0]), float(top[1]) - 2 * wide)
            draw.text(
                *(above, person.name, "#ffffff", self._font, "mb"),
                stroke_width=2,
                stroke_fill=_OUTLINE,
            )


class _PosePanel:
    """The panel of the poses of a person."""

    def __init__(
        self,
        person: DrawnPerson,
        box: tuple[int, int, int, int],
        named: bool,
        turn: Float[ndarray, "3 3"],
    ) -> None:
        self.box, self.named = box, named
        self._person = person
        self._poses = upright(person.pose @ turn.T)
        inside = _without_outliers(self._poses)
        self._table = Turntable(inside)
        self.widest_scale = self._reach_of(inside) / self._table.reach

    def set_scale(self, scale: float) -> None:
        """Draw from now on at so many pixels per millimetre, :attr:`widest_scale` at most."""
        self._reach = scale * self._table.reach
        self._background = self._with_floor()

    def _reach_of(self, poses: Float[ndarray, "T J 3"]) -> float:
        """Return the most pixels per reach of the turntable: people are higher than wide."""
        shown = np.abs(self._table.project(poses, _ANGLE)[..., :2]).reshape(-1, 2)
        shown = shown[np.isfinite(shown).all(-1)]
        widest = shown.max(0) if len(shown) else np.ones(2)
        return float((_FILL * np.array(self.box[2:]) / 2 / widest.clip(min=1e-6)).min())

    def _on_panel(self, points: Float[ndarray, "*n 3"]) -> Float[ndarray, "*n 2"]:
        middle = _SUPERSAMPLING * np.array(self.box[2:]) / 2
        return middle + points[..., :2] * [1, -1] * _SUPERSAMPLING * self._reach

    def _with_floor(self) -> Image.Image:
        width, height = self.box[2:]
        picture = Image.new("RGB", (_SUPERSAMPLING * width, _SUPERSAMPLING * height), _BACKGROUND)
        draw = ImageDraw.Draw(picture)
        for line in self._on_panel(self._table.project(self._table.grid(), _ANGLE)):
            draw.line(line.ravel().tolist(), fill=_FLOOR, width=_SUPERSAMPLING)
        return picture

    def draw(self, index: int) -> Image.Image:
        """Return the panel with a pose."""
        picture = self._background.copy()
        draw = ImageDraw.Draw(picture)
        figure = stick_figure(self._person.joints)
        projected = self._table.project(figure.segments(self._poses[index]), _ANGLE)
        segments, depth = self._on_panel(projected), projected[..., 2].sum(-1)
        known = figure.whole(self._person.known[index])
        wide = _SUPERSAMPLING * max(2, min(self.box[2:]) // 90)
        drawn = np.flatnonzero(np.isfinite(depth))
        # Near bones are drawn over far ones.
        for line in drawn[np.argsort(-depth[drawn], kind="stable")].tolist():
            colour = _colour(figure.sides[line], bool(known[line]))
            thick = wide if known[line] else wide // 2
            draw.line(segments[line].ravel().tolist(), fill=colour, width=thick)
            for x, y in segments[line].tolist():
                ball = (x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2)
                draw.ellipse(ball, fill=colour)
        return picture.reduce(_SUPERSAMPLING)


def panel_numbers(people: Sequence[DrawnPerson]) -> list[int]:
    """Return the number of each person's panel: the first that is free as long as the person is there.

    The people come in the order of their first frames.
    """
    free_from: list[int] = []
    numbers = []
    for person in people:
        number = next((n for n, end in enumerate(free_from) if end <= person.first), len(free_from))
        if number == len(free_from):
            free_from.append(0)
        free_from[number] = person.end
        numbers.append(number)
    return numbers


def _grid(count: int, width: int, height: int) -> list[tuple[int, int, int, int]]:
    """Return left, top, width and height of panels in which people are as large as can be."""

    def wide(columns: int) -> float:
        return min(width / columns, height / -(-count // columns) / _HEIGHT_OVER_WIDTH)

    columns = max(range(1, count + 1), key=wide)
    rows = -(-count // columns)
    width, height = width // columns, height // rows
    return [(width * (n % columns), height * (n // columns), width, height) for n in range(count)]


def _without_outliers(poses: Float[ndarray, "T J 3"]) -> Float[ndarray, "T J 3"]:
    """Return poses without the joints that are farthest out."""
    out = np.linalg.norm(poses, axis=-1)
    known = np.isfinite(out)
    if not known.any():
        return poses
    limit = np.percentile(out[known], _INSIDE)
    return np.where((out <= limit)[..., None], poses, np.nan)


def _colour(side: str, seen: bool) -> tuple[int, int, int]:
    colour = _RGB[side]
    mixed = colour if seen else (1 - _WHITENING) * colour + _WHITENING * 255
    red, green, blue = mixed.astype(int).tolist()
    return red, green, blue
