from collections import Counter

import torch

from lifting.losses.guidance import axis_errors, disagreement, keep_all_but_one, weighted_mean


def test_errors_are_square_metres():
    pred = torch.zeros(1, 2, 3)
    target = torch.tensor([[[50.0, 0, 0], [0, -100, 2000]]])
    wanted = torch.tensor([[[0.0025, 0, 0], [0, 0.01, 4.0]]])
    torch.testing.assert_close(axis_errors(pred, target), wanted)


def test_weighted_mean_is_that_of_a_loop():
    errors, weights = torch.rand(4, 5, 2), (torch.rand(4, 5) > 0.5).float()
    chosen = [errors[b, j].mean() for b in range(4) for j in range(5) if weights[b, j]]
    torch.testing.assert_close(weighted_mean(errors, weights), torch.stack(chosen).mean())
    assert weighted_mean(errors, torch.zeros(4, 5)) == 0


def test_all_weights_of_one_give_the_published_mean_over_everything():
    pred, target = 300 * torch.randn(2, 4, 17, 3)
    wanted = torch.nn.functional.mse_loss(pred / 1000, target / 1000)
    torch.testing.assert_close(weighted_mean(axis_errors(pred, target), torch.ones(4, 17)), wanted)


def test_disagreement_is_over_every_pair_once():
    a, b, c = 100 * torch.randn(3, 6, 17, 3)
    mse = torch.nn.functional.mse_loss
    wanted = sum(mse(x / 1000, y / 1000) for x, y in ((a, b), (a, c), (b, c)))
    torch.testing.assert_close(disagreement([a, b, c], torch.ones(6, 17)), wanted)
    assert disagreement([a], torch.ones(6, 17)) == 0


def test_each_lifter_is_left_out_as_often_as_none_is():
    generator = torch.Generator().manual_seed(1)
    draws = Counter(tuple(keep_all_but_one(3, generator).tolist()) for _ in range(4000))
    assert set(draws) == {(1, 1, 1), (0, 1, 1), (1, 0, 1), (1, 1, 0)}
    # Four deviations of a binomial of 4,000 draws and a quarter.
    assert all(abs(count - 1000) < 4 * 27.4 for count in draws.values())
