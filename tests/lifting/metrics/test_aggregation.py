import numpy as np
import pytest
import torch

from lifting.metrics import Evaluation
from lifting.metrics.aggregation import FrameMean, SequenceMean
from lifting.metrics.functional import acceleration_error, mpjpe, velocity_error
from tests.lifting.made_metrics import recording, steps

ACTIONS = ["Eating", "Sitting", "Walking"]


MOTION = [(velocity_error, 1), (acceleration_error, 2)]


def test_mean_is_over_frames_and_groups_however_they_are_batched():
    values = 100 * torch.rand(40, dtype=torch.float64)
    groups = torch.randint(0, 3, (40,), generator=torch.Generator().manual_seed(1))
    expected = [values[groups == g].numpy().mean() for g in range(3)]
    for cuts in ([], [1], [0, 13, 13, 39], list(range(1, 40))):
        metric = FrameMean(groups=4)
        for part in torch.arange(40).tensor_split(cuts):
            metric.update(values[part], groups[part])
        assert metric.compute().item() == pytest.approx(values.numpy().mean())
        mean, count = metric.by_group()
        np.testing.assert_allclose(mean[:3], expected)
        assert mean[3].isnan()
        assert count.tolist() == [*torch.bincount(groups).tolist(), 0]


def test_sums_do_not_lose_small_errors_beside_large_ones():
    """2^27 + 1 is 2^27 in float32."""
    metric = FrameMean()
    target = torch.zeros(1, 17, 3)
    for error in [2.0**27] + 512 * [1.0]:
        pred = torch.zeros(1, 17, 3)
        pred[..., 0] = error
        metric.update(mpjpe(pred.double(), target.double()), torch.zeros(1, dtype=torch.long))
    expected = (2**27 + 512) / 513
    assert metric.compute().item() == expected


def test_precision_survives_casting_of_the_module_that_holds_the_metrics():
    evaluation = Evaluation(ACTIONS).half()
    assert evaluation.metrics["mpjpe"].total.dtype == torch.float64


@pytest.mark.parametrize(("error", "order"), MOTION)
def test_motion_metrics_see_across_batches_but_not_across_clips_and_gaps(error, order):
    pred, target, clip, frame, action = recording()
    found = steps(pred, target, clip, frame, order)
    assert len(found) == {1: 9, 2: 4}[order]
    values = np.array([value for _, value in found])
    group = np.array([action[last] for last, _ in found])
    for cuts in ([], [2, 5, 8], [0, 0, 7, 11], list(range(1, 16)), [15]):
        metric = SequenceMean(error, order, groups=3)
        for part in torch.arange(16).tensor_split(cuts):
            metric.update(pred[part], target[part], clip[part], frame[part], action[part])
        assert metric.compute().item() == pytest.approx(values.mean())
        mean, count = metric.by_group()
        assert count.tolist() == [(group == g).sum() for g in range(3)]
        for g in set(group):
            assert mean[g].item() == pytest.approx(values[group == g].mean())


@pytest.mark.parametrize(("error", "order"), MOTION)
def test_frames_of_a_clip_may_come_in_any_order(error, order):
    pred, target, clip, frame, action = recording()
    values = [value for _, value in steps(pred, target, clip, frame, order)]
    # Every second frame of a clip, then the others, as dilated windows of whole clips; and the reverse.
    halves = torch.cat(
        [
            torch.cat([c[frame[c] % 2 == k] for k in (0, 1)])
            for c in (torch.nonzero(clip == i).squeeze(-1) for i in range(4))
        ]
    )
    for rows in (halves, halves.flip(0)):
        for cuts in ([], [2, 5, 8], [0, 0, 7, 11], list(range(1, 16))):
            metric = SequenceMean(error, order, groups=3)
            for part in rows.tensor_split(cuts):
                metric.update(pred[part], target[part], clip[part], frame[part], action[part])
            assert metric.compute().item() == pytest.approx(np.mean(values))
            assert metric.by_group()[1].sum() == len(values)


def test_motion_metric_called_for_the_batch_value_still_sees_across_batches():
    pred, target, clip, frame, _ = recording()
    metric = SequenceMean(velocity_error, 1)
    for part in torch.arange(16).split(3):
        metric(pred[part], target[part], clip[part], frame[part], torch.zeros_like(part))
    expected = np.mean([value for _, value in steps(pred, target, clip, frame, 1)])
    assert metric.compute().item() == pytest.approx(expected)


@pytest.mark.parametrize(("error", "order"), MOTION)
def test_reset_forgets_frames_and_the_end_of_the_last_clip(error, order):
    pred, target, clip, frame, _ = recording()
    metric, fresh = SequenceMean(error, order), SequenceMean(error, order)
    group = torch.zeros(3, dtype=torch.long)
    metric.update(pred[6:9], target[6:9], clip[6:9], frame[6:9], group)
    metric.reset()
    # Were the end still known, these frames would go on with it.
    later = frame[6:9] + 3
    for m in (metric, fresh):
        m.update(pred[6:9], target[6:9], clip[6:9], later, group)
    assert metric.by_group()[1].item() == 3 - order
    assert metric.compute().item() == fresh.compute().item()
