"""Images of nobody in particular, and records of them."""

import numpy as np
import torch
from PIL import Image

from datamodules.crops.index import write_index
from datamodules.crops.records import ImageRecord, IndexInfo, gather_records
from datamodules.synthetic.procedural.clips import draw_cameras, generate_sequence
from lifting.cameras import project, world_to_camera

INFO = IndexInfo("h36m17", "made up", "none", {"annotation": "0" * 64})
SIZE = (120, 90)


def picture(seed, size=SIZE):
    """A smooth picture, so that JPEG and warps change it little."""
    x, y = np.meshgrid(np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5)
    red = 127 + 100 * np.sin(x / 23 + seed)
    green = 127 + 100 * np.cos(y / 17 + seed)
    blue = 127 + 60 * np.sin((x + y) / 31)
    return np.stack([red, green, blue], -1).astype(np.uint8)


def write_picture(path, seed, size=SIZE):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture(seed, size)).save(path, quality=95)


def record(number, subject="S1", **changes):
    """A record whose pose is the procedural human's and is seen by one of its cameras."""
    world = torch.from_numpy(generate_sequence(0, "S1", "Walking", 8)).double()[number % 8]
    view = ("54138969", "55011271")[number % 2]
    camera = draw_cameras(0, "S1")[view]
    # A tenth of the size, so that the picture is small.
    camera.size = torch.tensor(SIZE, dtype=torch.float64)
    camera.focal, camera.principal = camera.focal / 10, camera.principal / 10
    pose = world_to_camera(world, camera)
    keypoints = project(pose, camera).numpy()
    values = {
        "path": f"{subject}/{number:03}.png",
        "size": SIZE,
        "keypoints": keypoints,
        "visibility": np.array([2, 1, 0] + 14 * [2]),
        "box": np.concatenate([keypoints.min(0), keypoints.max(0)]),
        "subject": subject,
        "action": "Walking",
        "sequence": "Walking 1",
        "view": view,
        "frame": number,
        "camera": camera,
        "pose": pose.numpy(),
    }
    return ImageRecord(**{**values, **changes})


def write_images(folder, records):
    for number, each in enumerate(records):
        write_picture(folder / each.path, number, each.size)


def prepare(folder, records, info=INFO):
    """Write pictures and index; return the index."""
    records = list(records)
    write_images(folder, records)
    write_index(folder / "index.h5", gather_records(info, folder, records))
    return folder / "index.h5"
