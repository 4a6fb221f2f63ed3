"""Reader of the ``.npz`` that VideoPose3D's ``infer_video_d2.py`` writes with Detectron2, or Detectron.

By frame ``boxes`` and ``keypoints``, each a list of the classes of objects, the last of which is that of
people: boxes ``(N, 5)`` and keypoints ``(N, 4, 17)`` of x, y, logit and probability; ``metadata`` has
``w`` and ``h``.
"""

from typing import Any

import numpy as np

from lifting.errors import InputError
from lifting.inference.keypoint_files.believed import link_people
from lifting.inference.keypoint_files.content import Content
from lifting.inference.keypoint_files.linking import FramePerson, parse_points
from lifting.inference.keypoint_files.track import KeypointTrack
from lifting.inference.options import ReadOptions

# Detectron2 draws keypoints from a probability of 0.05 on, since that of a heat-map is shared by its
# cells; so scaled, they are believed from 0.1 on, as those of others are.
_SCALE = 2.0


def recognises(content: Content) -> bool:
    """Tell whether arrays are Detectron's."""
    return {"boxes", "keypoints", "segments"} <= set(content.data)


def read(content: Content, options: ReadOptions) -> list[KeypointTrack]:
    """Read everyone in a file.

    Raises:
        InputError: If it is not in that format.
    """
    path, joints = content.path, options.skeleton
    if "keypoints" not in content.data:
        raise InputError("has no 'keypoints'", path, "is it Detectron's?")
    size = options.size or _size(content.data.get("metadata"))
    people = []
    for frame, classes in enumerate(np.asarray(content.data["keypoints"], object)):
        where = f"{path}: frame {frame}"
        try:
            detected = np.array(classes[-1], np.float64)
        except (TypeError, ValueError, LookupError) as error:
            raise InputError("has no keypoints by class", where, "write it again.") from error
        if not detected.size:
            continue
        if detected.ndim != 3 or detected.shape[1] != 4:
            what = f"keypoints are {detected.shape}, where (people, 4, joints) are expected"
            raise InputError(what, where, "write it again.")
        for person in detected:
            points = np.stack([person[0], person[1], (_SCALE * person[3]).clip(0, 1)], -1)
            points, joints = parse_points(points.ravel(), joints, where)
            people.append(FramePerson(frame, points, size=size))
    return link_people(people, joints or "coco17", options, path)


def _size(metadata: Any) -> tuple[float, float] | None:
    try:
        width, height = float(metadata["w"]), float(metadata["h"])
    except (TypeError, KeyError, ValueError, IndexError):
        return None
    return (width, height) if 0 < width < np.inf and 0 < height < np.inf else None
