"""Random numbers dealt out to processes; gradients are tests/test_two_processes.py's."""

import pytest
import torch

from lifting.methods.bases import processes
from lifting.methods.bases.processes import drawn_together


@pytest.mark.parametrize("draw", [torch.rand, torch.randn])
def test_processes_together_draw_what_one_draws(draw, monkeypatch):
    def drawn(rank, size):
        monkeypatch.setattr(processes, "_rank_and_size", lambda: (rank, size))
        generator = torch.Generator().manual_seed(5)
        return drawn_together(lambda count: draw(count, 4, generator=generator), 12 // size)

    expected = draw(12, 4, generator=torch.Generator().manual_seed(5))
    assert torch.equal(drawn(0, 1), expected)
    # Dealt out like the examples: the first to the first process, the second to the second.
    for rank in range(3):
        assert torch.equal(drawn(rank, 3), expected[rank::3])
