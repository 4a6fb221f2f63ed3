"""The command ``lifting pose``: one 2D pose lifted, printed and drawn."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from lifting.errors import InputError
from lifting.inference.defaults import LIFTER
from lifting.inference.options import LiftOptions, ReadOptions

if TYPE_CHECKING:
    import numpy as np

    from lifting.inference.single_frame import LiftedFrame

# Height of a picture on the page.
_PIXELS = 720


def pose(
    checkpoint: str = LIFTER,
    *,
    keypoints: str | None = None,
    pose: str | None = None,
    frame: int | None = None,
    track: str | None = None,
    out: str = "pose.png",
    page: str | None = None,
    picture: str | None = None,
    reproject: bool = False,
    flip_test: bool = False,
    device: str | None = None,
    **options: Annotated[Any, ReadOptions],
) -> None:
    """Lift one 2D pose, print its joints in millimetres and draw it; see docs/predict.md.

    Args:
        checkpoint: A checkpoint of any lifter, or its name (docs/models.md).
        keypoints: A keypoint file of any format, or a clip store.
        pose: Instead of a file the pose itself, JSON, or - for what comes in on the standard input:
            [[x, y], ...] in the order of the joint set, or {joint: [x, y], ...}.
        frame: Number of the frame; the first that shows the person where not given.
        track: Which person, or which clip of a store (subject/sequence/camera, or the beginning of it).
        out: The picture to write, a .png.
        page: A page to turn the pose on, .html, if you like.
        picture: The photograph that the keypoints are on, which also tells how large it is.
        reproject: Draw the pose where it fits the keypoints best, projected back.
        flip_test: Average with the prediction of the mirrored keypoints.
        device: cpu or cuda; a GPU is taken where there is one.
        **options: See ReadOptions.
    """
    from datamodules.crops.pixels import read_photograph
    from lifting.inference.keypoint_files import parse_pose, read_track_frame
    from lifting.inference.prediction import load_lifter
    from lifting.inference.single_frame import lift_frame

    if (keypoints is None) == (pose is None):
        raise InputError("Give either --keypoints, a file, or --pose, the pose itself.")
    for option, value, ending in (("--out", out, ".png"), ("--page", page, ".html")):
        if value is not None and Path(value).suffix.lower() != ending:
            raise InputError(f"{option} {value}: choose a name that ends in {ending}.")
    pixels = None if picture is None else read_photograph(Path(picture))
    read_options = ReadOptions(**options)
    if read_options.size is None and pixels is not None:
        height, width = map(float, pixels.shape[:2])
        read_options = replace(read_options, width=width, height=height)
    if keypoints is not None:
        path = Path(keypoints)
        example, where = read_track_frame(path, read_options, track, frame), str(path)
        name = f"{path.name}, {example.track.name}, frame {example.frame}"
    else:
        text = sys.stdin.read() if pose == "-" else pose or ""
        example, where, name = parse_pose(text, read_options), "--pose", "pose"
    lifter = load_lifter(checkpoint, flip_test)
    one = lift_frame(example, lifter, LiftOptions(device=device), where, reproject)
    title = f"{name}: {one.method}"
    print(title)
    print("millimetres from the root, in the frame of the camera")
    print(one.table())
    _write_picture(Path(out), one, pixels, title)
    print(f"drawn in {out}")
    if page is not None:
        _write_page(Path(page), one, pixels, title)
        print(f"to turn in {page}")


def _write_picture(path: Path, one: "LiftedFrame", pixels: "np.ndarray | None", title: str) -> None:
    from lifting.viz.figures import save_figure
    from lifting.viz.pose_figure import pose_figure

    figure = pose_figure(
        one.keypoints,
        one.pose,
        one.keypoint_joints,
        one.joints,
        one.truth,
        one.known,
        pixels,
        one.reprojected,
        title,
    )
    save_figure(figure, path)


def _write_page(path: Path, one: "LiftedFrame", pixels: "np.ndarray | None", title: str) -> None:
    from lifting.viz.page import write_page
    from lifting.viz.player import Clip, PoseTrack, small_jpeg

    clip = Clip(
        title,
        [PoseTrack(one.method, one.pose[None], one.joints, one.known[None])],
        truth=None if one.truth is None else PoseTrack("truth", one.truth[None], one.joints),
        keypoints=one.keypoints[None],
        keypoint_joints=one.keypoint_joints,
        images=None if pixels is None else [small_jpeg(pixels, _PIXELS)],
        image_size=None if pixels is None else (pixels.shape[1], pixels.shape[0]),
    )
    write_page(path, title, [clip])
