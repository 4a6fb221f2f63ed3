"""The person detector's answers, decoded step by step as they are defined."""

import numpy as np

from lifting.inference.detectors.blazepose.person_detection import (
    SIZE,
    anchors,
    decode,
    people,
    suppress,
)
from lifting.inference.detectors.blazepose.regions import letterbox


def ssd_anchors():
    """As MediaPipe's SsdAnchorsCalculator makes them from the options of the graph."""
    strides, made, layer = [8, 16, 32, 32, 32], [], 0
    while layer < len(strides):
        last, repeats = layer, 0
        while last < len(strides) and strides[last] == strides[layer]:
            # One of the aspect ratio 1, and one of an interpolated scale.
            repeats += 2
            last += 1
        cells = int(np.ceil(224 / strides[layer]))
        for row in range(cells):
            for column in range(cells):
                made += [[(column + 0.5) / cells, (row + 0.5) / cells]] * repeats
        layer = last
    return np.array(made)


def test_anchors():
    made = anchors()
    assert made.shape == (2254, 2)
    np.testing.assert_allclose(made, ssd_anchors())


def raw_answers():
    """Answers in which nobody is found."""
    return np.zeros((2254, 12), np.float32), np.full(2254, -200.0, np.float32)


def put(raw, logits, anchor, centre, extent, points, logit):
    """Put somebody, in shares of the input, into the answers of an anchor."""
    places = np.array([centre, extent, *points], float)
    places[[0, 2, 3, 4, 5]] -= ssd_anchors()[anchor]
    raw[anchor], logits[anchor] = SIZE * places.ravel(), logit


POINTS = np.array([[0.5, 0.6], [0.5, 0.2], [0.5, 0.4], [0.5, 0.25]])


def test_decoding():
    raw, logits = raw_answers()
    put(raw, logits, 2000, (0.5, 0.3), (0.2, 0.1), POINTS, 0.1)
    put(raw, logits, 5, (0.1, 0.3), (0.2, 0.4), POINTS + 0.1, 1000.0)
    put(raw, logits, 6, (0.1, 0.3), (0.2, 0.4), POINTS, -0.1)
    put(raw, logits, 7, (0.1, 0.3), (-0.2, 0.4), POINTS, 5.0)
    found, scores = decode(raw, logits)
    np.testing.assert_allclose(scores, [1, 1 / (1 + np.exp(-0.1))], rtol=1e-6)
    boxes = [[0.0, 0.1, 0.2, 0.5], [0.4, 0.25, 0.6, 0.35]]
    np.testing.assert_allclose(found[:, :4], boxes, atol=1e-6)
    np.testing.assert_allclose(found[:, 4:], [POINTS.ravel() + 0.1, POINTS.ravel()], atol=1e-6)


def blended(found, scores):
    """As MediaPipe's NonMaxSuppressionCalculator blends."""

    def iou(a, b):
        wide = max(0, min(a[2], b[2]) - max(a[0], b[0]))
        high = max(0, min(a[3], b[3]) - max(a[1], b[1]))
        areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
        return wide * high / (sum(areas) - wide * high)

    left, kept = list(range(len(found))), []
    while left:
        same = [n for n in left if iou(found[left[0]], found[n]) > 0.3]
        total = sum(scores[n] for n in same)
        kept.append((sum(scores[n] * found[n] for n in same) / total, scores[left[0]]))
        left = [n for n in left if n not in same]
    return kept


def test_doubles_are_blended():
    random = np.random.default_rng(1)
    corners = random.random((40, 2))
    found = np.concatenate([corners, corners + 0.3 + 0.2 * random.random((40, 2))], 1)
    found = np.concatenate([found, random.random((40, 8))], 1)
    scores = np.sort(random.random(40))[::-1].copy()
    wanted = blended(found, scores)
    assert 1 < len(wanted) < 20
    rows, best = suppress(found, scores)
    np.testing.assert_allclose(rows, [row for row, _ in wanted])
    np.testing.assert_array_equal(best, [score for _, score in wanted])


def test_a_box_without_area_ends():
    rows, scores = suppress(np.zeros((2, 12)), np.array([0.9, 0.8]))
    assert (len(rows), scores.tolist()) == (2, [0.9, 0.8])


def test_people_of_a_wide_image():
    raw, logits = raw_answers()
    put(raw, logits, 700, (0.5, 0.3), (0.2, 0.1), POINTS, 3.0)
    (person,) = people(raw, logits, letterbox(400, 200))
    # The image is the middle half of the input.
    np.testing.assert_allclose(person.points, POINTS * 400 - [0, 100], atol=1e-3)
    np.testing.assert_allclose(person.box, [160, 0, 240, 40], atol=1e-3)
    np.testing.assert_allclose(person.region, [200, 140, 2.5 * 160, 0], atol=1e-3)
    assert people(*raw_answers(), letterbox(400, 200)) == []
