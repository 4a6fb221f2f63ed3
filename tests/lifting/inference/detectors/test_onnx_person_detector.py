"""YOLOX as its authors and as mmdeploy export it: the same boxes from each."""

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.imaging.boxes import nms
from lifting.inference.detectors.onnx_person_detector import OnnxPersonDetector, letterbox

pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
pytest.importorskip("onnx", reason="onnx is not installed, which makes the models")

from tests.lifting.inference.detectors.made_onnx import fixed_model

SIZE = (64, 32)
# Cells of strides 8, 16 and 32: 8 x 4, 4 x 2 and 2 x 1.
CELLS = [(x, y, s) for s in (8, 16, 32) for y in range(32 // s) for x in range(64 // s)]
# Boxes of the model's input: two people, one of them twice, a dog, and one of a low score.
FOUND = {
    3: ([26.0, 6.0, 8.0, 10.0], 0.9, [0.9, 0.1]),
    4: ([27.0, 6.0, 8.0, 10.0], 0.8, [0.9, 0.1]),
    17: ([50.0, 20.0, 10.0, 16.0], 0.9, [1.0, 0.0]),
    34: ([10.0, 20.0, 12.0, 8.0], 0.9, [0.2, 0.9]),
    40: ([40.0, 20.0, 12.0, 8.0], 0.4, [0.5, 0.0]),
}
# In a frame five times as large.
WANTED = [[225, 60, 275, 140], [110, 5, 150, 55]]


class Shot:
    def __init__(self, image):
        self.number, self.image = 0, image


def frame():
    return Shot(np.zeros((160, 320, 3), np.uint8))


def rows(decoded):
    """What a model says of its cells, in pixels or relative to them."""
    made = np.zeros((1, len(CELLS), 8))
    for row, (x, y, stride) in enumerate(CELLS):
        box = np.array([(x + 0.5) * stride, (y + 0.5) * stride, stride, stride], float)
        if row in FOUND:
            box, score, classes = FOUND[row]
            made[0, row, 4:7] = [score, *classes]
        if not decoded:
            box = [box[0] / stride - x, box[1] / stride - y, *np.log(np.divide(box[2:], stride))]
        made[0, row, :4] = box
    return made


@pytest.mark.parametrize("decoded", [True, False])
def test_boxes_of_the_authors_models(tmp_path, decoded):
    path = fixed_model(tmp_path / "a.onnx", SIZE, output=rows(decoded))
    (found,) = OnnxPersonDetector(path, device="cpu").detect([frame()])
    np.testing.assert_allclose(found, WANTED, atol=1e-3)


@pytest.mark.parametrize("with_class", [True, False])
def test_boxes_of_models_that_suppress_themselves(tmp_path, with_class):
    boxes = np.array([FOUND[n][0] for n in (17, 3, 34, 40)])
    corners = np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], 1)
    dets = np.concatenate([corners, [[0.9], [0.8], [0.9], [0.2]]], 1)
    outputs = {"dets": dets[None]} | ({"labels": np.array([[0, 0, 1, 0]])} if with_class else {})
    (found,) = OnnxPersonDetector(fixed_model(tmp_path / "a.onnx", SIZE, **outputs)).detect(
        [frame()]
    )
    dog = [[20, 80, 80, 120]]
    wanted = WANTED if with_class else [WANTED[0], *dog, WANTED[1]]
    np.testing.assert_allclose(found, wanted, atol=1e-3)


def test_blue_comes_first(tmp_path):
    dets = np.array([[[10.0, 10.0, 20.0, 20.0, 0.0]]])
    detector = OnnxPersonDetector(fixed_model(tmp_path / "a.onnx", SIZE, dets=dets), min_score=0.9)
    blue, red = (np.full((160, 320, 3), c, np.uint8) for c in ([0, 0, 255], [255, 0, 0]))
    assert [len(x) for x in detector.detect([Shot(blue), Shot(red)])] == [1, 0]


@pytest.mark.parametrize("size", [(320, 160), (100, 200)])
def test_letterbox_keeps_the_shape_and_fills_with_grey(size):
    image = np.full((size[1], size[0], 3), 250, np.uint8)
    picture, scale = letterbox(image, SIZE)
    inside = (picture == 250).all(-1)
    assert picture.shape == (32, 64, 3)
    assert inside.sum() == int(size[0] * scale) * int(size[1] * scale)
    assert inside[0, 0]
    assert (picture[~inside] == 114).all()


def test_of_boxes_that_overlap_the_surest_is_kept():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [6, 0, 16, 10], [50, 0, 60, 10]], np.float32)
    kept = nms(boxes, np.array([0.6, 0.9, 0.5, 0.7]), 0.4)
    np.testing.assert_array_equal(kept, boxes[[1, 3, 2]])


def test_other_models_are_refused(tmp_path):
    path = fixed_model(tmp_path / "a.onnx", SIZE, output=np.zeros((1, 10, 85)))
    with pytest.raises(InputError, match=r"a\.onnx: gives \(1, 10, 85\), which are not the boxes"):
        OnnxPersonDetector(path)
