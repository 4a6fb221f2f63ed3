"""Table of the formats of keypoint files.

A format is a module that tells content of its own by ``recognises`` and returns the people in it by
``read``; a new one is a module and a line here. The general ones come first: of the formats of one
container the last that recognises a file reads it.
"""

from collections.abc import Callable
from typing import NamedTuple

from lifting.inference.keypoint_files import (
    alphapose,
    arrays,
    coco,
    deeplabcut,
    detectron2,
    mediapipe,
    mmpose,
    openpose,
    rtmlib,
    store,
    trc,
    ultralytics,
)
from lifting.inference.keypoint_files.content import ARRAYS, FOLDER, HDF5, JSON, TEXT, Content
from lifting.inference.keypoint_files.track import KeypointTrack
from lifting.inference.options import ReadOptions


class Format(NamedTuple):
    """A format.

    Attributes:
        containers: What may hold it, see :mod:`lifting.inference.keypoint_files.content`.
        recognises: Tells whether content of one of them is in it.
        read: Returns the people, by what else is known of the file.
    """

    containers: tuple[str, ...]
    recognises: Callable[[Content], bool]
    read: Callable[[Content, ReadOptions], list[KeypointTrack]]


FORMATS = {
    "npz": Format((ARRAYS,), arrays.recognises, arrays.read),
    "store": Format((HDF5,), store.recognises, store.read),
    "openpose": Format((FOLDER,), openpose.recognises, openpose.read),
    "coco": Format((JSON,), coco.recognises, coco.read),
    "alphapose": Format((JSON,), alphapose.recognises, alphapose.read),
    "mediapipe": Format((JSON,), mediapipe.recognises, mediapipe.read),
    "mmpose": Format((JSON, FOLDER), mmpose.recognises, mmpose.read),
    "ultralytics": Format((JSON, FOLDER), ultralytics.recognises, ultralytics.read),
    "detectron2": Format((ARRAYS,), detectron2.recognises, detectron2.read),
    "rtmlib": Format((ARRAYS,), rtmlib.recognises, rtmlib.read),
    "trc": Format((TEXT,), trc.recognises, trc.read),
    "deeplabcut": Format((TEXT, HDF5), deeplabcut.recognises, deeplabcut.read),
}
