"""Known files that hold no keypoints to lift."""

import h5py
import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.keypoint_files import read_tracks
from lifting.inference.options import ReadOptions
from tests.lifting.inference.keypoint_files import made_keypoints as made

WANTED = ReadOptions(**made.SIDES)
WORLD = [{"x": 0.1, "y": 0.1, "z": 0.1}] * 33
JSON = {
    "boxes": (
        [{"bbox": [1, 2, 3, 4], "score": 1}],
        "holds boxes without keypoints; run a detector",
    ),
    "results of boxes": (
        [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}],
        "has no keypoints of people, but 1 boxes without keypoints",
    ),
    "one frame of OpenPose": ({"people": []}, "is one frame of OpenPose's; give the folder"),
    "Panoptic": ({"version": 0.7, "univTime": 1, "bodies": []}, "is a frame of CMU Panoptic's 3D"),
    "LabelMe": ({"shapes": [], "imagePath": "a.jpg"}, "is LabelMe's; save its keypoints as"),
    "VIA": ({"_via_img_metadata": {}}, "is VGG Image Annotator's"),
    "world": ([{"worldLandmarks": [WORLD]}], "frame 0: holds world landmarks; save the landmarks"),
    "hand": ([{"landmarks": WORLD[:21]}], "frame 0: has the 21 landmarks of a hand"),
    "face": ([{"faceLandmarks": [], "landmarks": WORLD * 15}], "frame 0: has no 33 landmarks"),
    "unknown": ({"data": 1}, "its layout is not known; docs/predict.md lists"),
    "deep": (None, "(its layout is not known|damaged)"),
}


@pytest.mark.parametrize("case", JSON)
def test_json(case, tmp_path):
    content, sentence = JSON[case]
    if case == "deep":
        for _ in range(900):
            content = [content, content] if content is None else [content]
    with pytest.raises(InputError, match=rf"x\.json.*{sentence}"):
        read_tracks(made.write(tmp_path / "x.json", content), WANTED)


ARRAYS = {
    "3D": ({"positions_3d": np.zeros(1)}, "holds VideoPose3D's 3D poses; give the 2D"),
    "AMASS": ({"poses": np.zeros((3, 156)), "betas": np.zeros(16)}, "holds parameters of SMPL"),
    "heat-maps": ({"keypoints": np.zeros((2, 17, 64, 48))}, "holds heat-maps"),
    "lifted": ({"pose": np.zeros((2, 17, 3)), "frame": [0, 1]}, "poses that are lifted already"),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_arrays(case, tmp_path):
    content, sentence = ARRAYS[case]
    np.savez(tmp_path / "x.npz", **content)
    with pytest.raises(InputError, match=rf"x\.npz: .*{sentence}"):
        read_tracks(tmp_path / "x.npz", WANTED)


def test_other_containers(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["tracks"] = file["node_names"] = 1
    with pytest.raises(InputError, match=r"x\.h5: is SLEAP's analysis; save its keypoints"):
        read_tracks(tmp_path / "x.h5", WANTED)
    (tmp_path / "x.xml").write_text("<annotations/>")
    with pytest.raises(InputError, match=r"x\.xml: is XML"):
        read_tracks(tmp_path / "x.xml", WANTED)
    (tmp_path / "x").mkdir()
    with pytest.raises(InputError, match=r"x: holds no json files"):
        read_tracks(tmp_path / "x", WANTED)
