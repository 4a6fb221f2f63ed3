"""Files that are known and hold no keypoints to lift: what each of them is, and what to give instead."""

from collections.abc import Callable
from typing import Any, NoReturn

from lifting.errors import InputError, Option, Phrase
from lifting.inference.keypoint_files.content import ARRAYS, FOLDER, HDF5, JSON, TEXT, Content
from lifting.inference.keypoint_files.openpose import is_frame

_AS_NPZ = "save its keypoints as an .npz, (frames, joints, 3) (docs/predict.md)."
_TWO_D = "give the 2D keypoints that they were lifted from."


def _keys(content: Content) -> set[str]:
    """Return the names that json or the first entry of its list has."""
    data: Any = content.data
    first = data[0] if isinstance(data, list) and data else data
    return set(map(str, first)) if isinstance(first, dict) else set()


# By container: what tells it, what it is, and the remedy.
_KNOWN: tuple[tuple[str, Callable[[Content], bool], str, str], ...] = (
    (JSON, lambda c: is_frame(c.data), "is one frame of OpenPose's", "give the folder it is in."),
    (
        JSON,
        lambda c: bool({"bodies", "univTime"} <= _keys(c)),
        "is a frame of CMU Panoptic's 3D poses",
        "lifting prepare panoptic reads a recording of them.",
    ),
    (JSON, lambda c: {"shapes", "imagePath"} <= _keys(c), "is LabelMe's", _AS_NPZ),
    (JSON, lambda c: "_via_img_metadata" in _keys(c), "is VGG Image Annotator's", _AS_NPZ),
    (
        JSON,
        lambda c: "bbox" in _keys(c) or "box" in _keys(c),
        "holds boxes without keypoints",
        Phrase("run a detector of keypoints, or lifting video with {}.", Option("boxes")),
    ),
    (ARRAYS, lambda c: "positions_3d" in c.data, "holds VideoPose3D's 3D poses", _TWO_D),
    (
        ARRAYS,
        lambda c: {"poses", "betas"} <= set(c.data),
        "holds parameters of SMPL (AMASS), a body in 3D",
        "lifting needs keypoints in pixels.",
    ),
    (
        HDF5,
        lambda c: {"tracks", "node_names"} <= c.data,
        "is SLEAP's analysis",
        _AS_NPZ,
    ),
    (TEXT, lambda c: c.data.lstrip().startswith("<"), "is XML, as CVAT writes it", "export COCO."),
    (FOLDER, lambda c: not c.data, "holds no json files", "give the folder that OpenPose wrote."),
)


def refuse(content: Content) -> NoReturn:
    """Refuse a file that is known to hold no keypoints, or whose layout is not known.

    Raises:
        InputError: Always; it says what the file is, where that is known.
    """
    path = content.path
    for container, tells, what, remedy in _KNOWN:
        if container == content.container and tells(content):
            raise InputError(what, path, remedy)
    remedy = f"docs/predict.md lists the formats that are; else {_AS_NPZ}"
    raise InputError("its layout is not known", path, remedy)
