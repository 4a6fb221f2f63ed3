"""Dropout with cheap random numbers on the CPU."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Dropout(nn.Dropout):
    """``nn.Dropout`` with cheap random numbers on the CPU, where drawing them is the bottleneck.

    One random byte per value decides, so that the probability is rounded to 1/256; eight of them come
    from one draw of torch's generator, which makes a step of the SimpleBaseline 1.4 times as fast.
    On other devices, for probabilities that round to 0 or 1, and where a step is compiled, it is
    ``nn.Dropout``.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Zero a fraction of the values and scale up the others, in training."""
        if not self.training or self.p == 0:
            return input
        limit = round(256 * self.p)
        as_usual = input.device.type != "cpu" or torch.compiler.is_compiling()
        if as_usual or not 0 < limit < 256:
            return functional.dropout(input, self.p, inplace=self.inplace)
        # Without bounds random_ leaves the sign bit zero, and every eighth byte below 128.
        random = torch.empty((input.numel() + 7) // 8, dtype=torch.int64).random_(-(2**63), None)
        keep = random.view(torch.uint8)[: input.numel()].view(input.shape) >= limit
        return input * keep.to(input.dtype).mul_(256 / (256 - limit))
