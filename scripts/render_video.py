"""A video of the procedural human whose 3D is known, to try detectors and lifters on.

python scripts/render_video.py walk.mp4 --subject S9 --sequence Walking
python scripts/lift_video.py walk.mp4 --checkpoint lifter.ckpt --detector detector.ckpt \
    --truth walk_truth.npz
"""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jsonargparse import auto_cli
from rich.progress import Progress

from datamodules.synthetic.procedural.body import SKELETON
from datamodules.synthetic.procedural.clips import CAMERAS
from datamodules.synthetic.rendered.video import RenderedVideo
from datamodules.synthetic.rendered.video import render_video as render_sequence
from lifting.errors import InputError, guarded
from lifting.files import beside, write_together
from lifting.imaging.boxes import box_around
from lifting.viz.timed_video import timed_video

# How much larger than the joints the boxes are, on each side; as in the rendered images.
_MARGIN = 0.075


def render_video(
    out: str,
    subject: str = "S9",
    sequence: str = "Walking",
    camera: str = CAMERAS[0],
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
    path = Path(out)
    if path.suffix.lower() != ".mp4":
        raise InputError("choose a name that ends in .mp4.", out)
    if size < 32 or size % 2:
        raise InputError(f"--size is {size}: give an even number from 32 on.")
    made = render_sequence(seed, subject, sequence, camera, frames, size, every)
    # A thousandth of the time between two frames is told exactly.
    rate = round(1000 * made.fps)
    with (
        timed_video(path, made.size, Fraction(1, rate), made.fps) as video,
        Progress(transient=True) as bar,
    ):
        for number, image in enumerate(bar.track(made, total=frames, description="rendering")):
            video.add(image, 1000 * number)
    _write_truth(path, made)
    print(f"{frames:,} frames of {subject} {sequence} in {out}")


def _write_truth(path: Path, made: RenderedVideo) -> None:
    points = made.keypoints
    every = torch.ones(points.shape[:2], dtype=torch.bool)
    boxes = box_around(torch.from_numpy(points), every, _MARGIN).numpy()
    found = [
        {
            "image_id": number,
            "category_id": 1,
            "bbox": [round(float(x), 2) for x in (*box[:2], *(box[2:] - box[:2]))],
            "score": 1.0,
        }
        for number, box in enumerate(boxes)
    ]
    write_together({path.with_name(f"{path.stem}_boxes.json"): json.dumps(found).encode()})
    content: dict[str, Any] = {
        "pose": made.pose.astype(np.float32),
        "keypoints": points.astype(np.float32),
        "skeleton": np.array(SKELETON.name),
        "size": np.array(made.size, np.float64),
        "fps": np.array(made.fps),
        "frame": np.arange(len(points)),
    }
    lens = ("focal", "principal", "radial", "tangential", "tangential_gain")
    content |= {name: getattr(made.camera, name).numpy() for name in lens}
    target = path.with_name(f"{path.stem}_truth.npz")
    with beside(target) as partial, partial.open("wb") as stream:
        np.savez_compressed(stream, **content)


if __name__ == "__main__":
    guarded(lambda: auto_cli(render_video))
