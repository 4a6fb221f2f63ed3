"""Made-up files of Leeds Sports Pose, in the published layouts."""

import json

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from datamodules.lsp.convert import convert
from lifting.errors import InputError

# The order of both joints.mat and of lsp14, as their owners list it.
NAMES = (
    *("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle"),
    *("right_wrist", "right_elbow", "right_shoulder"),
    *("left_shoulder", "left_elbow", "left_wrist", "neck", "head_top"),
)
# The authors' order in relative_depth_lsp_v1.json: from the head down, left before right.
JSON_NAMES = (
    *("head", "neck", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow"),
    *("left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee"),
    *("left_ankle", "right_ankle"),
)


def points(images, seed=0):
    """Keypoints ``(images, 14, 2)`` and whether they are seen."""
    draws = np.random.default_rng(seed)
    return draws.uniform(20, 120, (images, 14, 2)), draws.random((images, 14)) < 0.8


def write_mat(path, xy, seen, extended):
    """The joints.mat of LSP, whose third row says 'occluded', or of LSP-extended: 'labelled'."""
    flag = seen if extended else ~seen
    rows = np.concatenate([xy, flag[..., None]], -1)
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {"joints": np.moveaxis(rows, 0, -1) if extended else rows.T})
    return path


def write_jpg(path, width, height):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height), (90, 110, 130)).save(path)


def annotations(xy, seen, pairs, train=lambda number: number <= 1000):
    """The content of a relative_depth_lsp_v1.json.

    Args:
        xy: Keypoints in the order of NAMES.
        seen: Which are seen.
        pairs: For each image, tuples of two names and the name of the one that is closer.
        train: Whether the image of a number from 1 is to train on.
    """
    order = [NAMES.index(n if n != "head" else "head_top") for n in JSON_NAMES]
    ours = [n if n != "head" else "head_top" for n in JSON_NAMES]
    return {
        "joint_names": list(JSON_NAMES),
        "images": [
            {
                "im_file": f"images/im{number:04}.jpg",
                "is_train": train(number),
                "keypoints": xy[number - 1, order].ravel().tolist(),
                "occluded": (~seen[number - 1, order]).astype(int).tolist(),
                "anns": [
                    {
                        "kp0": ours.index(a),
                        "kp1": ours.index(b),
                        "label": int(closer == b),
                        "risk": 0.05 * place,
                        "prob": 1 - 0.05 * place,
                        "original_id": 10 * number + place,
                    }
                    for place, (a, b, closer) in enumerate(of_image)
                ],
            }
            for number, of_image in enumerate(pairs, 1)
        ],
    }


def write_json(path, content):
    path.write_text(json.dumps(content))
    return path


def refused(raw, out, message, **options):
    with pytest.raises(InputError, match=message):
        convert(raw, out, **options)
    assert not out.exists()
    assert not list(out.parent.glob("*.partial"))
