"""The command ``lifting render``: a video of the procedural human, whose 3D is known."""

import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lifting.errors import InputError, wrong_value

if TYPE_CHECKING:
    from datamodules.synthetic.rendered.video import RenderedVideo

# How much larger than the joints the boxes are, on each side; as in the rendered images.
_MARGIN = 0.075


def render(
    out: str,
    *,
    subject: str = "S9",
    sequence: str = "Walking",
    camera: str = "54138969",
    frames: int = 250,
    every: int = 2,
    size: int = 1000,
    seed: int = 0,
) -> None:
    """Write a video, and beside it what is true of it, which depends on the options alone.

    NAME_truth.npz holds poses, keypoints and camera (docs/video.md), and is a file of keypoints as well;
    NAME_boxes.json the boxes round the person.

    Args:
        out: The video, an .mp4.
        subject: Who: S1, S5, S6, S7, S8, S9 or S11.
        sequence: An action of Human3.6M, alone or followed by 1.
        camera: Before which of the four cameras.
        frames: Length.
        every: Show every n-th pose of 50 per second.
        size: Width and height, pixels.
        seed: Seed of bodies, motions, cameras, clothes and backgrounds.
    """
    from datamodules.synthetic.rendered.video import render_video
    from lifting.inference.progress import progress_bar
    from lifting.viz.timed_video import timed_video

    path = Path(out)
    if path.suffix.lower() != ".mp4":
        raise InputError("choose a name that ends in .mp4.", out)
    if size < 32 or size % 2:
        raise wrong_value("size", size, "give an even number from 32 on.")
    images = render_video(seed, subject, sequence, camera, frames, size, every)
    # A thousandth of the time between two frames is told exactly.
    rate = round(1000 * images.fps)
    with (
        timed_video(path, images.size, Fraction(1, rate), images.fps) as video,
        progress_bar() as bar,
    ):
        for number, image in enumerate(bar.track(images, total=frames, description="rendering")):
            video.add(image, 1000 * number)
    _write_truth(path, images)
    print(f"{frames:,} frames of {subject} {sequence} in {out}")


def _write_truth(path: Path, video: "RenderedVideo") -> None:
    import numpy as np
    import torch

    from datamodules.synthetic.procedural.body import SKELETON
    from lifting.files import beside, write_together
    from lifting.imaging.boxes import box_around

    points = video.keypoints
    every = torch.ones(points.shape[:2], dtype=torch.bool)
    boxes = box_around(torch.from_numpy(points), every, _MARGIN).numpy()
    detections = [
        {
            "image_id": number,
            "category_id": 1,
            "bbox": [round(float(x), 2) for x in (*box[:2], *(box[2:] - box[:2]))],
            "score": 1.0,
        }
        for number, box in enumerate(boxes)
    ]
    write_together({path.with_name(f"{path.stem}_boxes.json"): json.dumps(detections).encode()})
    content: dict[str, Any] = {
        "pose": video.pose.astype(np.float32),
        "keypoints": points.astype(np.float32),
        "skeleton": np.array(SKELETON.name),
        "size": np.array(video.size, np.float64),
        "fps": np.array(video.fps),
        "frame": np.arange(len(points)),
    }
    intrinsics = ("focal", "principal", "radial", "tangential", "tangential_gain")
    content |= {name: getattr(video.camera, name).numpy() for name in intrinsics}
    target = path.with_name(f"{path.stem}_truth.npz")
    with beside(target) as partial, partial.open("wb") as stream:
        np.savez_compressed(stream, **content)
