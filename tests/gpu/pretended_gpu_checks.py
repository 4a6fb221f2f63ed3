"""Checks of the pretended GPU: values and gradients of the CPU, mixes refused, launches and waits noted.

``test_budget.py`` runs them, as a process of their own.
"""

import pytest
import torch
from torch import nn
from torch.nn import functional

from tests.gpu.pretended_gpu import noted, pretended


def trained(device):
    """Weights after three steps of a small network on a device, on the CPU again."""
    torch.manual_seed(0)
    # A bias before the normalisation would have no gradient but rounding, which Adam makes steps of.
    net = nn.Sequential(nn.Linear(4, 8, bias=False), nn.BatchNorm1d(8), nn.ReLU(), nn.LSTM(8, 3))
    net, x = net.to(device), torch.randn(6, 4).to(device)
    optimizer = torch.optim.Adam(net.parameters(), foreach=True)
    for _ in range(3):
        optimizer.zero_grad()
        net(x)[0].square().mean().backward()
        optimizer.step()
    return [value.cpu() for value in net.state_dict().values()]


def test_a_training_on_it_is_that_on_the_cpu():
    with pretended() as device:
        there = trained(device)
    for one, other in zip(there, trained("cpu"), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-6)


def test_tensors_of_two_devices_do_not_mix():
    with pretended() as device:
        here, there = torch.ones(3), torch.ones(3, device=device)
        assert (there + torch.tensor(1.0)).sum().item() == 6
        with pytest.raises(RuntimeError, match="same device"):
            here + there
        with pytest.raises(RuntimeError, match="generator"):
            torch.rand(3, device=device, generator=torch.Generator())


MASK = torch.tensor([True, False, True])


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        (lambda x: x.sum().item(), "a value is read"),
        (lambda x: bool((x > 0).any()), "a value is read"),
        (lambda x: x.tolist(), "a value is read"),
        (lambda x: x.nonzero(), "a value is read"),
        (lambda x: x[x > 0], "a mask as an index"),
        (lambda x: x[MASK], "an index of the host"),
        (lambda x: x[[0, 2]], "copied to the device"),
        (lambda x: x.new_tensor([1.0, 2.0]), "copied to the device"),
        (lambda x: torch.tensor([1.0], device=x.device), "copied to the device"),
        (lambda x: torch.ones(3).to(x.device), "copied to the device"),
        (lambda x: x.cpu(), "copied to the host"),
        (lambda x: x.copy_(torch.ones(3)), "copied to the device"),
        (lambda x: torch.ones(3).to(x.device, non_blocking=True), ""),
        (lambda x: x.new_zeros(3), ""),
        (lambda x: torch.arange(3, device=x.device), ""),
        (lambda x: torch.where(x > 0, x, 0.0), ""),
        (lambda x: x.masked_fill(x > 0, 1.0), ""),
        (lambda x: x[torch.arange(2, device=x.device)], ""),
        (lambda x: functional.softmax(x, 0), ""),
    ],
)
def test_the_host_waits_where_it_would_for_a_gpu(asked, wait):
    with pretended() as device:
        x = torch.tensor([1.0, -1.0, 2.0], device=device)
        with noted() as operations:
            asked(x)
    waits = [operation for operation in operations if operation.wait]
    assert [operation.wait for operation in waits] == [wait] * bool(wait)
    assert all("pretended_gpu_checks.py" in operation.place[-1] for operation in waits)


def test_launches_are_what_computes():
    with pretended() as device, noted() as operations:
        x = torch.empty(4, 4, device=device)
        x.view(2, 8).transpose(0, 1)[None].detach()
        assert operations == []
        (x + 1).mul_(2)
    assert [operation.name for operation in operations] == ["add", "mul_"]
