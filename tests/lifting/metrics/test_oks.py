import contextlib
import io
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from lifting.metrics.oks import (
    MIN_CONFIDENCE,
    AveragePrecision,
    average_precision,
    oks,
    oks_sigmas,
    person_score,
)
from lifting.skeletons import SKELETONS, skeleton
from tests.lifting.metrics.made_keypoints import COCO_CONSTANTS, people


def coco_evaluation(pred, target, visibility, box, area, score):
    """Return pycocotools' evaluation of one person on each image."""
    count = len(pred)
    flat = [
        np.concatenate([points, seen[:, None]], 1).reshape(-1).tolist()
        for points, seen in zip(target.numpy(), visibility.numpy(), strict=True)
    ]
    truth = COCO()
    with contextlib.redirect_stdout(io.StringIO()):
        truth.dataset = {
            "info": {},
            "images": [{"id": i} for i in range(count)],
            "categories": [{"id": 1, "name": "person"}],
            "annotations": [
                {
                    "id": i + 1,
                    "image_id": i,
                    "category_id": 1,
                    "keypoints": flat[i],
                    "num_keypoints": int((visibility[i] > 0).sum()),
                    "bbox": [*box[i, :2].tolist(), *(box[i, 2:] - box[i, :2]).tolist()],
                    "area": float(area[i]),
                    "iscrowd": 0,
                }
                for i in range(count)
            ],
        }
        truth.createIndex()
        results = [
            {
                "image_id": i,
                "category_id": 1,
                "keypoints": torch.cat([pred[i], torch.ones(len(pred[i]), 1)], 1)
                .reshape(-1)
                .tolist(),
                "score": float(score[i]),
            }
            for i in range(count)
        ]
        evaluation = COCOeval(truth, truth.loadRes(results), "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


def coco_numbers(evaluation):
    # AP, AP50, AP75, two sizes, AR.
    return [evaluation.stats[i] for i in (0, 1, 2, 5)]


def made(**more):
    pred, confidence, target, visibility, box = people(**more)
    return pred, target, visibility, box, person_score(confidence)


@pytest.mark.parametrize(("count", "noise"), [(100, 0.03), (100, 0.01), (37, 0.05), (3, 0.02)])
def test_similarity_and_precision_are_those_of_pycocotools(count, noise):
    pred, target, visibility, box, score = made(count=count + 1, noise=noise, seed=count)
    # pycocotools counts predictions for people with nothing labelled as wrong.
    pred, target, visibility, box, score = (
        x[:count] for x in (pred, target, visibility, box, score)
    )
    area = 0.53 * (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])
    reference = coco_evaluation(pred, target, visibility, box, area, score)
    found = oks(pred, target, visibility > 0, box, COCO_CONSTANTS)
    expected = [reference.ious[i, 1].item() for i in range(count)]
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    precision = average_precision(found, score)
    assert precision.tolist() == pytest.approx(coco_numbers(reference), abs=1e-9)
    assert len(set(precision.tolist())) > 1


def test_a_joint_one_deviation_off_has_the_similarity_of_that():
    """With d = 2 s √area the exponent is -1/2, whatever s and the area are."""
    constants = torch.tensor(COCO_CONSTANTS, dtype=torch.float64)
    box = torch.tensor([[10.0, 20.0, 60.0, 220.0]], dtype=torch.float64)
    target = torch.rand(1, 17, 2, dtype=torch.float64)
    pred = target.clone()
    pred[0, :, 0] += 2 * constants * math.sqrt(0.53 * 50 * 200)
    found = oks(pred, target, torch.ones(1, 17, dtype=torch.bool), box, COCO_CONSTANTS)
    assert found.item() == pytest.approx(math.exp(-0.5))


def test_similarity_of_lost_joints_and_of_empty_boxes_is_a_number():
    target = torch.zeros(3, 17, 2, dtype=torch.float64)
    pred, box = target.clone(), torch.tensor([[0.0, 0.0, 50.0, 50.0]], dtype=torch.float64)
    pred[0, :4] = torch.nan
    labelled = torch.ones(3, 17, dtype=torch.bool)
    labelled[2] = False
    box = box.repeat(3, 1)
    box[1] = 0.0
    found = oks(pred, target, labelled, box, COCO_CONSTANTS).tolist()
    assert found[:2] == pytest.approx([13 / 17, 1.0])
    assert math.isnan(found[2])


def test_constants_are_known_by_name_of_two_joint_sets_alone():
    assert oks_sigmas(skeleton("coco17")) == COCO_CONSTANTS
    # CrowdPose's: shoulders, elbows, wrists, hips, knees, ankles, head, neck.
    crowd = dict(
        zip(
            ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "head_top", "neck"),
            (0.079, 0.072, 0.062, 0.107, 0.087, 0.089, 0.079, 0.079),
            strict=True,
        )
    )
    joints = skeleton("lsp14").joints
    bare = [j.removeprefix("left_").removeprefix("right_") for j in joints]
    assert oks_sigmas(skeleton("lsp14")) == [crowd[j] for j in bare]
    assert {n for n, s in SKELETONS.items() if oks_sigmas(s) is not None} == {"coco17", "lsp14"}


def test_score_of_a_person_is_the_mean_of_sure_joints():
    confidence = torch.tensor([[0.9, 0.1, 0.5], [0.0, 0.2, 0.1], [math.nan, 0.3, 0.3]])
    assert MIN_CONFIDENCE == 0.2
    assert person_score(confidence).tolist() == pytest.approx([0.7, 0.0, 0.3])


def slow_precision(similarity, score):
    """The definition: for each threshold and recall the best precision of any score that reaches it."""
    cuts = sorted(set(score))
    precisions, recalls = [], []
    for i in range(10):
        threshold = 0.5 + 0.05 * i - 1e-12
        curve = []
        for cut in cuts:
            taken = [s for s, x in zip(similarity, score, strict=True) if x >= cut]
            right = sum(s >= threshold for s in taken)
            curve.append((right / len(similarity), right / len(taken)))
        at = [
            max((p for r, p in curve if r >= step / 100 - 1e-12), default=0.0)
            for step in range(101)
        ]
        precisions.append(sum(at) / 101)
        recalls.append(max(r for r, _ in curve))
    return [sum(precisions) / 10, precisions[0], precisions[5], sum(recalls) / 10]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 43), st.integers(1, 6), st.integers(0, 999))
def test_people_of_equal_score_are_one_step_whatever_their_order(count, levels, seed):
    rng = np.random.default_rng(seed)
    similarity, score = rng.uniform(0.3, 1, count), rng.integers(0, levels, count) / 8
    order = rng.permutation(count)
    found = average_precision(torch.from_numpy(similarity), torch.from_numpy(score))
    again = average_precision(torch.from_numpy(similarity[order]), torch.from_numpy(score[order]))
    assert found.tolist() == again.tolist()
    # Rounding decides whether a recall that is a whole number of hundredths reaches that one.
    if math.gcd(count, 100) == 1:
        assert found.tolist() == pytest.approx(slow_precision(similarity, score), abs=1e-9)


def test_precision_by_hand():
    """Right, wrong, right of three: precision 1 up to a recall of 1/3, then 2/3 up to 2/3, then 0."""
    similarity = torch.tensor([1.0, 0.0, 1.0], dtype=torch.float64)
    score = torch.tensor([0.9, 0.8, 0.7], dtype=torch.float64)
    expected = (34 * 1 + 33 * 2 / 3) / 101
    assert average_precision(similarity, score).tolist() == pytest.approx(
        [expected, expected, expected, 2 / 3]
    )


def test_precision_of_nobody_is_not_zero():
    assert average_precision(torch.zeros(0), torch.zeros(0)).isnan().all()


def test_metric_is_of_each_group_and_of_all_however_they_are_batched():
    pred, target, visibility, box, score = made(count=50)
    similarity = oks(pred, target, visibility > 0, box, COCO_CONSTANTS)
    group = torch.randint(0, 3, (50,), generator=torch.Generator().manual_seed(0))
    known = ~similarity.isnan()
    expected = [
        100 * average_precision(similarity[m & known], score[m & known])
        for m in (*(group == g for g in range(3)), group >= 0)
    ]
    assert len({tuple(x.tolist()) for x in expected}) == 4
    for cuts in ([], [0, 13, 49], list(range(1, 50))):
        metric = AveragePrecision(groups=4)
        for part in torch.arange(50).tensor_split(cuts):
            metric.update(similarity[part], score[part], group[part])
        found = metric.compute()
        np.testing.assert_allclose(found[[0, 1, 2, 4]], torch.stack(expected))
        assert found[3].isnan().all()


def test_states_of_several_processes_make_one():
    pred, target, visibility, box, score = made(count=50)
    similarity = oks(pred, target, visibility > 0, box, COCO_CONSTANTS)
    whole, parts = AveragePrecision(), [AveragePrecision() for _ in range(3)]
    group = torch.zeros(50, dtype=torch.long)
    whole.update(similarity, score, group)
    parts[0].update(similarity[30:], score[30:], group[30:])
    parts[1].update(similarity[:30], score[:30], group[:30])
    # The third saw nobody. Every state of every process is gathered.
    states = {
        name: [torch.cat([*getattr(p, name), torch.zeros(0).double()]) for p in parts]
        for name in ("similarity", "score", "group")
    }
    queue = iter(states.values())
    gathered = AveragePrecision(
        dist_sync_fn=lambda *_, **__: next(queue), distributed_available_fn=lambda: True
    )
    gathered.update(similarity[30:], score[30:], group[30:])
    np.testing.assert_array_equal(gathered.compute(), whole.compute())


@pytest.mark.filterwarnings("ignore:The ``compute`` method")
def test_metric_of_nobody_is_not_zero():
    metric = AveragePrecision(groups=2)
    assert metric.compute().isnan().all()
    metric.update(torch.tensor([1.0]), torch.tensor([1.0]), torch.tensor([0]))
    metric.reset()
    assert metric.compute().shape == (3, 4)
