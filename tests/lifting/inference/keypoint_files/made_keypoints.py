"""Keypoint files in the layouts of detectors, made up by hand: one function per format."""

import json

import numpy as np

from datamodules.store.clips import ClipKey, ClipWriter, StoreInfo
from lifting.cameras import nominal_camera

SIZE = (1280.0, 720.0)
SIDES = dict(zip(("width", "height"), SIZE, strict=True))


def person(joints, frames=6, seed=0, at=(600, 300)):
    """Pixels and confidences ``(T, K, 3)`` of someone who moves a little, to three decimals."""
    rng = np.random.default_rng(seed)
    body = np.array(at) + 60 * rng.normal(size=(joints, 2))
    xy = body + 3 * rng.normal(size=(frames, joints, 2)).cumsum(0)
    return np.concatenate([xy, rng.uniform(0.3, 0.99, (frames, joints, 1))], -1).round(3)


def flat(points):
    return [float(x) for x in np.ravel(points)]


def write(path, content):
    path.write_text(json.dumps(content))
    return path


def coco_annotations(path, people, images=None, ids=None, **more):
    """``people``: (index of the image, points with visibility, what else the annotation says)."""
    ids = ids or list(range(100, 100 + 1 + max(i for i, _, _ in people)))
    images = images or [
        {"id": number, "file_name": f"{number}.jpg", "width": SIZE[0], "height": SIZE[1]}
        for number in ids
    ]
    annotations = [
        {"id": n, "image_id": ids[i], "category_id": 1, "keypoints": flat(points), **said}
        for n, (i, points, said) in enumerate(people)
    ]
    return write(path, {"images": images, "annotations": annotations, **more})


def coco_results(path, people):
    """``people``: (frame, points)."""
    return write(
        path,
        [
            {"image_id": frame, "category_id": 1, "keypoints": flat(points), "score": 0.9}
            for frame, points in people
        ],
    )


def alphapose(path, people, name="{}.jpg"):
    """``people``: (frame, points, idx or None)."""
    return write(
        path,
        [
            {
                "image_id": name.format(frame),
                "category_id": 1,
                "keypoints": flat(points),
                "score": 2.7,
                "box": [1.0, 2.0, 3.0, 4.0],
            }
            | ({} if idx is None else {"idx": idx})
            for frame, points, idx in people
        ],
    )


def openpose(folder, frames, key="pose_keypoints_2d"):
    """``frames``: number of a frame to the people in it, each points and person_id."""
    folder.mkdir(exist_ok=True)
    for number, people in frames.items():
        write(
            folder / f"walk_{number:012d}_keypoints.json",
            {
                "version": 1.3,
                "people": [
                    {"person_id": [who], key: flat(points), "face_keypoints_2d": []}
                    for points, who in people
                ],
            },
        )
    return folder


def shares(points):
    """Landmarks (x, y, z, visibility) in shares of the image of pixels and confidences."""
    depth = np.full_like(points[..., :1], -0.2)
    return np.concatenate([points[..., :2] / SIZE, depth, points[..., 2:]], -1)


def landmarks(points):
    """A list of dictionaries, as MediaPipe's landmarks are saved."""
    return [
        dict(zip(("x", "y", "z", "visibility"), one, strict=True))
        for one in shares(points).tolist()
    ]


def store(path, points, sources=("mine",)):
    info = StoreInfo("h36m17", {name: "coco17" for name in sources}, "made up", "none")
    with ClipWriter(path, info) as writer:
        writer.add_camera("anna", "front", nominal_camera(*SIZE))
        key = ClipKey("anna", "walk 1", "walk", "front", 25.0, len(points))
        writer.add(key, {name: points.astype(np.float32) for name in sources})
    return path
