"""Steps of training without a Trainer, by plain gradient descent."""

from collections.abc import Iterable
from contextlib import nullcontext
from types import SimpleNamespace

import torch
from torch import Tensor, nn

from lifting.methods.bases.adversarial import Adversarial


def descend(loss: Tensor, parameters: Iterable[nn.Parameter], lr: float) -> None:
    """Move parameters down the gradient of a loss; those that it does not depend on stay."""
    moved = list(parameters)
    gradients = torch.autograd.grad(loss, moved, allow_unused=True)
    assert any(gradient is not None and gradient.any() for gradient in gradients)
    with torch.no_grad():
        for parameter, gradient in zip(moved, gradients, strict=True):
            if gradient is not None:
                parameter -= lr * gradient


def without_trainer(method: Adversarial, generator_lr: float, critic_lr: float) -> Adversarial:
    """Let a method with a critic take its training steps by plain descent, without any Trainer."""
    nets = (method.generator, generator_lr), (method.critics, critic_lr)
    optimizers = [torch.optim.SGD(net.parameters(), lr) for net, lr in nets]
    schedule = SimpleNamespace(step=lambda: None)
    method.optimizers = lambda: optimizers
    method.lr_schedulers = lambda: [schedule, schedule]
    method.toggled_optimizer = lambda optimizer: nullcontext()
    method.manual_backward = lambda loss: loss.backward()
    method.log_dict = lambda values: None
    method.trainer = SimpleNamespace(strategy=None, global_step=0, global_rank=0)
    return method
