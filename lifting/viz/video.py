"""Videos of poses: a view that turns once around the vertical."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy import ndarray

from lifting.skeletons import Skeleton
from lifting.viz.figures import SIDE_COLOURS, TRUTH_COLOUR, upright
from lifting.viz.gif import shown_frames, write_gif
from lifting.viz.stick_figure import stick_figure
from lifting.viz.timed_video import timed_video
from lifting.viz.turntable import Turntable

DPI = 100
FLOOR_COLOUR = "#e4e4e4"


def write_rotation(
    path: Path,
    predicted: Float[ndarray, "J 3"] | Float[ndarray, "T J 3"],
    truth: Float[ndarray, "J 3"] | Float[ndarray, "T J 3"] | None,
    joints: Skeleton,
    keypoints: Float[ndarray, "K 2"] | Float[ndarray, "T K 2"] | None = None,
    keypoint_joints: Skeleton | None = None,
    frames: int = 120,
    fps: float = 25.0,
    size: int = 480,
    title: str = "",
) -> None:
    """Write an MP4 (H.264) or a GIF of predicted poses in colour over the truth in grey, all around.

    The view turns once, beginning in front. Of a sequence each frame shows the next pose; a single
    pose is shown for so many frames. Poses are root-relative camera-frame millimetres; joints that
    are NaN are left out. Keypoints, pixels of the joint set of the poses if of no other, are shown
    at the left. ``size`` is the height in pixels and the width of each panel, an odd one rounded
    up.

    Raises:
        InputError: If nothing can be written at the path.
    """
    count = len(predicted) if predicted.ndim == 3 else frames
    poses = np.broadcast_to(predicted, (count, *predicted.shape[-2:]))
    truths = None if truth is None else np.broadcast_to(truth, poses.shape)
    side = size + size % 2
    panels = 1 if keypoints is None else 2
    figure = Figure(figsize=(panels * side / DPI, side / DPI), dpi=DPI, facecolor="white")
    if title:
        figure.suptitle(title, fontsize=9, y=0.98)
    scene = Scene(figure.add_axes((1 - 1 / panels, 0, 1 / panels, 1)), poses, truths, joints)
    panel = None
    if keypoints is not None:
        points = np.broadcast_to(keypoints, (count, *keypoints.shape[-2:]))
        panel = KeypointPanel(figure.add_axes((0, 0, 0.5, 1)), points, keypoint_joints or joints)

    def show(index: int) -> None:
        scene.show(index, 2 * np.pi * index / count)
        if panel is not None:
            panel.show(index)

    encode(path, figure, count, fps, show)


def encode(
    path: Path, figure: Figure, frames: int, fps: float, show: Callable[[int], None]
) -> None:
    """Write an MP4 (H.264) of a figure, which ``show`` changes to each frame by its number.

    Width and height of the figure are even numbers of pixels. A path that ends in .gif gets a GIF.

    Raises:
        InputError: If nothing can be written at the path.
    """
    canvas = FigureCanvasAgg(figure)
    width, height = (round(side) for side in figure.bbox.size)

    def drawn(index: int) -> UInt8[ndarray, "H W 3"]:
        show(index)
        canvas.draw()
        return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3])

    if path.suffix.lower() == ".gif":
        chosen, times = shown_frames(frames, fps)
        write_gif(path, map(drawn, chosen), times)
        return
    rate = Fraction(fps).limit_denominator(1000)
    with timed_video(path, (width, height), 1 / rate, fps) as video:
        for index in range(frames):
            video.add(drawn(index), index)


class KeypointPanel:
    """The panel of the 2D input."""

    def __init__(self, axes: Axes, points: Float[ndarray, "T K 2"], joints: Skeleton) -> None:
        # People walk through the image: each frame is centred, also one that shows nobody.
        seen = np.isfinite(points).all(-1, keepdims=True)
        middle = points.sum(1, keepdims=True, where=seen) / seen.sum(1, keepdims=True).clip(1)
        self.points = points - middle
        self.figure = stick_figure(joints)
        colours = [SIDE_COLOURS[side] for side in self.figure.sides]
        self.lines = LineCollection([], colors=colours, linewidths=2.5, capstyle="round")
        axes.add_collection(self.lines)
        reach = 1.2 * float(np.nanmax(np.abs(self.points)))
        axes.set(xlim=(-reach, reach), ylim=(reach, -reach))
        axes.set_axis_off()

    def show(self, index: int) -> None:
        """Draw the keypoints of a frame."""
        self.lines.set_segments(list(self.figure.segments(self.points[index])))


class Scene:
    """Both poses on a floor, projected by hand: only the ends of lines change between frames."""

    def __init__(
        self,
        axes: Axes,
        predicted: Float[ndarray, "T J 3"],
        truth: Float[ndarray, "T J 3"] | None,
        joints: Skeleton,
    ) -> None:
        figure = stick_figure(joints)
        kinds = [] if truth is None else [figure.segments(upright(truth))]
        self.segments = np.concatenate([*kinds, figure.segments(upright(predicted))], axis=1)
        colours = [SIDE_COLOURS[side] for side in figure.sides]
        grey = [TRUTH_COLOUR] * (len(colours) * len(kinds))
        self.colours = np.array(grey + colours)
        self.widths = np.array([2.5] * len(grey) + [3.5] * len(colours))
        # Poses turn about the vertical through the centre, and must stay inside.
        self.table = Turntable(self.segments)
        self.floor = self.table.grid()
        self.floor_lines = LineCollection([], colors=FLOOR_COLOUR, linewidths=1, zorder=0)
        self.lines = LineCollection([], capstyle="round", zorder=1)
        axes.add_collection(self.floor_lines)
        axes.add_collection(self.lines)
        axes.set(xlim=(-1.12, 1.12), ylim=(-1.12, 1.12))
        axes.set_axis_off()

    def show(self, index: int, angle: float) -> None:
        """Draw the poses of a frame, turned about the vertical by an angle."""
        self.floor_lines.set_segments(list(self.table.project(self.floor, angle)[..., :2]))
        projected = self.table.project(self.segments[index], angle)
        # Near bones are drawn over far ones.
        order = np.argsort(-projected[..., 2].mean(1))
        self.lines.set_segments(list(projected[order, :, :2]))
        self.lines.set_color(list(self.colours[order]))
        self.lines.set_linewidth(list(self.widths[order]))
