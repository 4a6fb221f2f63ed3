"""Steps that are timed: they learn, and in the precision asked for."""

import pytest
import torch

from lifting.cli.benchmark.timing import Bfloat16InFloat32, speed_up, step_of


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


def test_bfloat16_products_in_float32_are_those_of_bfloat16():
    x = torch.randn(5, 64).bfloat16().requires_grad_()
    weight, bias = torch.randn(7, 64).bfloat16(), torch.randn(7).bfloat16()

    def products() -> torch.Tensor:
        wide = torch.nn.functional.linear(x, weight, bias)
        out = torch.bmm(wide[None], (wide.mT @ wide)[None])
        (gradient,) = torch.autograd.grad(out.float().sum(), x)
        return torch.cat([out.flatten(), gradient.flatten()])

    with Bfloat16InFloat32():
        found = products()
        assert torch.mm(torch.ones(1, 2), torch.ones(2, 1)).dtype == torch.float32
    assert found.dtype == torch.bfloat16
    # Nothing but the order of sums differs, so that one value in some is rounded the other way.
    expected = products()
    torch.testing.assert_close(found, expected, rtol=2**-6, atol=0.1)
    assert (found == expected).float().mean() > 0.5
    # Where the sum is known: 256 + 1 is no bfloat16, 256 + 2 is, and no sum is rounded on its way.
    ones = torch.ones(1, 258, dtype=torch.bfloat16)
    with Bfloat16InFloat32():
        assert torch.mm(ones, ones.mT).item() == 258
        assert torch.mm(ones[:, :257], ones[:, :257].mT).item() == 256
