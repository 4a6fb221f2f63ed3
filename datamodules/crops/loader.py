"""A loader of crops: worker processes decode and warp what an index loader asks for."""

import os
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Any

import torch
from torch.utils.data import DataLoader

from datamodules.crops.split import Crops, ImageSplit
from datamodules.examples.bank import IndexBatch
from datamodules.examples.loader import OrderedLoader, ShuffledLoader

# Seconds that a worker goes on after SIGTERM.
_GRACE = 5


class CropLoader:
    """Yields crops in the order of an index loader.

    Workers are a few batches ahead; the place is that of the batches that were handed over, so that a
    run resumed in mid-epoch sees exactly the batches it would have seen.
    """

    def __init__(
        self, split: ImageSplit, order: ShuffledLoader | OrderedLoader, workers: int
    ) -> None:
        self.split = split
        self.order = order
        self.workers = workers

    def __len__(self) -> int:
        return len(self.order)

    def _crops(self, batches: list[IndexBatch]) -> Iterator[Crops]:
        options: dict[str, Any] = {"prefetch_factor": 2} if self.workers else {}
        return iter(
            DataLoader(
                self.split,
                # A batch is one item here, and comes out of a worker whole.
                sampler=batches,
                batch_size=None,
                num_workers=self.workers,
                pin_memory=torch.cuda.is_available(),
                worker_init_fn=_outlive_orders,
                **options,
            )
        )

    def __iter__(self) -> Iterator[Crops]:
        order = self.order
        if isinstance(order, OrderedLoader):
            yield from self._crops(list(order))
            return
        crops: Iterator[Crops] | None = None
        for index in order:
            if crops is None:
                batches = (order.at(index.epoch, first) for first in order.rest())
                crops = self._crops([index, *batches])
            yield next(crops)

    def state(self) -> dict[str, int]:
        """Return the place in the epoch."""
        assert isinstance(self.order, ShuffledLoader)
        return self.order.state()

    def resume(self, state: dict[str, int]) -> None:
        """Continue where the state was taken."""
        assert isinstance(self.order, ShuffledLoader)
        self.order.resume(state)


def _outlive_orders(worker: int) -> None:
    """Let a worker go on at an order to stop, which a terminal or a cluster sends to all processes.

    A training that lost its workers could not end its step.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, _leave)
    signal.signal(signal.SIGTERM, _leave_soon)


def _leave_soon(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, _leave)
    signal.alarm(_GRACE)


def _leave(number: int, frame: FrameType | None) -> None:
    # PyTorch takes any other status for a failure.
    os._exit(0)
