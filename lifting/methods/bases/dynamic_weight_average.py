"""Dynamic weight averaging of the losses of several lifters."""

import torch
import torch.distributed as dist
from jaxtyping import Float
from torch import Tensor, nn

MODES = ("equal", "epoch", "step")
# Names of the buffers that are not those of all processes.
OF_A_PROCESS = ("total", "count")


class DynamicWeightAverage(nn.Module):
    """Weights of lifters by how fast their losses fall (Liu, Johns and Davison, CVPR 2019).

    The weights are ``softmax(r / temperature)``, where ``r`` is a lifter's loss over the one before:
    that which falls slowest counts most. They add up to one, as in L2D-Pose (to the number of losses in
    the original), and are equal until there are two losses to compare. They are part of a checkpoint.

    Every process adds up losses of its own, so DDP must not broadcast :data:`OF_A_PROCESS`.

    Args:
        lifters: Number of lifters.
        mode: ``epoch`` compares the means of epochs, ``step`` single steps as L2D-Pose does, whose
            ratios are mostly noise, and ``equal`` nothing.
        temperature: The higher, the more equal.
        from_one: Begin with losses of one, with which L2D-Pose compares the first.
    """

    history: Tensor
    total: Tensor
    count: Tensor

    def __init__(
        self, lifters: int, mode: str = "epoch", temperature: float = 2.0, from_one: bool = False
    ) -> None:
        super().__init__()
        self.mode = mode
        self.temperature = temperature
        # The losses before the last and the last, NaN until there are any.
        first = 1.0 if from_one else torch.nan
        self.register_buffer("history", torch.full((2, lifters), first))
        self.register_buffer("total", torch.zeros(lifters))
        self.register_buffer("count", torch.zeros(()))

    def forward(self) -> Float[Tensor, " lifters"]:
        """Return the weights."""
        before, last = self.history
        comparable = (before.isfinite() & last.isfinite() & (before > 0)).all()
        ratio = torch.where(comparable, last / before, torch.ones_like(last))
        return (ratio / self.temperature).softmax(0)

    def add(self, losses: Float[Tensor, " lifters"]) -> None:
        """Note the losses of a step."""
        self.total += losses.detach()
        self.count += 1

    def end(self) -> None:
        """End an epoch, or a step where these are compared.

        Its mean losses, if there are any, become the last of the history.
        """
        if self.mode == "equal":
            return
        if dist.is_available() and dist.is_initialized():
            for sum_of_process in (self.total, self.count):
                dist.all_reduce(sum_of_process)
        added = torch.stack((self.history[1], self.total / self.count))
        self.history.copy_(torch.where(self.count > 0, added, self.history))
        self.total.zero_()
        self.count.zero_()
