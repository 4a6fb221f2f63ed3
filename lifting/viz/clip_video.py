"""Videos of clips: the input, and beside it the poses of each method, frame by frame."""

import io
from pathlib import Path

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy import ndarray
from PIL import Image

from lifting.skeletons import Skeleton
from lifting.viz.figures import SIDE_COLOURS
from lifting.viz.player import Clip, PoseTrack
from lifting.viz.stick_figure import stick_figure
from lifting.viz.video import DPI, KeypointPanel, Scene, encode


def write_clip_video(path: Path, clip: Clip, size: int = 480, yaw: float = 0.45) -> None:
    """Write an MP4 (H.264), or a GIF: the image or the keypoints at the left, then each method.

    Poses are drawn where they are: root-relative ones stay in the middle, and absolute ones walk
    about. Left and right have their colours and the truth is grey. Keypoints may also be a pose
    that was projected back onto the images. ``size`` is the height in pixels and the width of each
    panel, an odd one rounded up; ``yaw`` turns the poses away from the camera's view, radians.

    Raises:
        InputError: If nothing can be written at the path.
    """
    side, flat = size + size % 2, clip.images is not None or clip.keypoints is not None
    panels = len(clip.methods) + flat
    figure = Figure(figsize=(panels * side / DPI, side / DPI), dpi=DPI, facecolor="white")
    axes = [figure.add_axes((i / panels, 0, 1 / panels, 0.93)) for i in range(panels)]
    names = [*(["2D input"] if flat else []), *(track.name for track in clip.methods)]
    for column, name in enumerate(names):
        middle = (column + 0.5) / panels
        figure.text(middle, 0.96, name, ha="center", va="center", fontsize=9)
    scenes = [
        Scene(panel, track.poses, _true_poses(clip.truth, track.joints), track.joints)
        for panel, track in zip(axes[flat:], clip.methods, strict=True)
    ]
    input_panel = _input_panel(axes[0], clip) if flat else None

    def show(index: int) -> None:
        for scene in scenes:
            scene.show(index, yaw)
        if input_panel is not None:
            input_panel.show(index)

    encode(path, figure, len(clip.methods[0].poses), clip.fps, show)


def _true_poses(truth: PoseTrack | None, joints: Skeleton) -> Float[ndarray, "T J 3"] | None:
    """Return the true poses in the joint set of a method; NaN where it has a joint they lack."""
    if truth is None:
        return None
    poses = np.full((len(truth.poses), len(joints), 3), np.nan)
    shared = [name for name in joints.joints if name in truth.joints.joints]
    poses[:, joints.indices(shared)] = truth.poses[:, truth.joints.indices(shared)]
    return poses


def _input_panel(axes: Axes, clip: Clip) -> "KeypointPanel | _ImagePanel":
    if clip.images is None:
        assert clip.keypoints is not None  # there is an input
        return KeypointPanel(axes, clip.keypoints, clip.joints_2d)
    return _ImagePanel(axes, clip)


class _ImagePanel:
    """The panel of the images, with keypoints on them."""

    def __init__(self, axes: Axes, clip: Clip) -> None:
        assert clip.images is not None
        self.images = clip.images
        first = self._pixels(0)
        width, height = clip.image_size or (first.shape[1], first.shape[0])
        self.drawn = axes.imshow(first, extent=(0, width, height, 0))
        axes.set(xlim=(0, width), ylim=(height, 0))
        axes.set_axis_off()
        self.points, self.figure = clip.keypoints, stick_figure(clip.joints_2d)
        colours = [SIDE_COLOURS[side] for side in self.figure.sides]
        # A photograph may have any colour.
        self.edges = LineCollection([], colors="white", linewidths=3.5, capstyle="round")
        self.lines = LineCollection([], colors=colours, linewidths=2, capstyle="round")
        axes.add_collection(self.edges)
        axes.add_collection(self.lines)

    def _pixels(self, index: int) -> ndarray:
        with Image.open(io.BytesIO(self.images[index])) as image:
            return np.asarray(image.convert("RGB"))

    def show(self, index: int) -> None:
        self.drawn.set_data(self._pixels(index))
        if self.points is not None:
            segments = list(self.figure.segments(self.points[index]))
            self.edges.set_segments(segments)
            self.lines.set_segments(segments)
