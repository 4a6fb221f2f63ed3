"""Steps that are timed: they learn, and in the precision asked for."""

import pytest
import torch

from lifting.benchmark import speed_up, step_of


@pytest.mark.parametrize("bfloat16", [False, True])
def test_a_step_learns_in_the_precision_asked_for(bfloat16):
    net, x = torch.nn.Linear(3, 2), torch.ones(4, 3)
    optimizer = torch.optim.SGD(net.parameters(), 0.1)
    before, seen = net.bias.detach().clone(), []

    def loss() -> torch.Tensor:
        out = net(x)
        seen.append(out.dtype)
        return out.float().sum()

    step_of(loss, optimizer, bfloat16)()
    assert seen == [torch.bfloat16 if bfloat16 else torch.float32]
    # Four examples add up, each of gradient one.
    torch.testing.assert_close(net.bias.detach(), before - 0.4)


def test_a_speed_up_is_the_quotient_of_times():
    figure = speed_up("steps", 0.25, 1.0)
    assert (figure.ratio, figure.ours, figure.reference) == (4.0, "250.0 ms", "1,000.0 ms")
