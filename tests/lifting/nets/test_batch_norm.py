import pytest
import torch
from torch import nn

from lifting.nets.batch_norm import BatchNorm1d, set_momentum


def reference(momenta, batches):
    norm = nn.BatchNorm1d(4)
    outputs = []
    for momentum, x in zip(momenta, batches, strict=True):
        norm.momentum = momentum
        outputs.append(norm(x))
    return norm, outputs


@pytest.mark.parametrize("compiling", [False, True])
def test_statistics_follow_a_momentum_that_changes(compiling, monkeypatch):
    momenta, batches = [0.1, 0.05, 0.3], [5 + 3 * torch.randn(16, 4) for _ in range(3)]
    expected, outputs = reference(momenta, batches)
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: compiling)
    norm = BatchNorm1d(4)
    for momentum, x, output in zip(momenta, batches, outputs, strict=True):
        set_momentum(norm, momentum, compiling)
        torch.testing.assert_close(norm(x), output)
    for name, value in expected.state_dict().items():
        torch.testing.assert_close(norm.state_dict()[name], value)


def test_nothing_is_added_to_a_checkpoint():
    assert BatchNorm1d(4).state_dict().keys() == nn.BatchNorm1d(4).state_dict().keys()


def test_evaluation_is_that_of_the_original(monkeypatch):
    norm, other = BatchNorm1d(4), nn.BatchNorm1d(4)
    for each in (norm, other):
        each.eval().running_mean.fill_(2.0)
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)
    x = torch.randn(8, 4)
    torch.testing.assert_close(norm(x), other(x))


def test_norms_that_processes_share_have_the_momentum_too():
    network = nn.Sequential(nn.Linear(2, 4), nn.SyncBatchNorm(4), BatchNorm1d(4))
    set_momentum(network, 0.02, compiled=True)
    assert [norm.momentum for norm in network[1:]] == [0.02, 0.02]
    assert network[2].rate.item() == pytest.approx(0.02)
