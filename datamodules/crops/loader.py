"""A loader of crops: worker processes decode and warp what an index loader asks for."""

import atexit
import os
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Any
from weakref import WeakSet

import torch
from torch.utils.data import DataLoader

from datamodules.crops.split import Crops, ImageSplit
from datamodules.examples.bank import IndexBatch
from datamodules.examples.loader import OrderedLoader, ShuffledLoader

# Seconds that a worker goes on after SIGTERM: longer than a training does, with its validation.
_GRACE = 60
# Loaders that may have workers.
_open: WeakSet["CropLoader"] = WeakSet()


class CropLoader:
    """Yields crops in the order of an index loader.

    Workers are a few batches ahead; the place is that of the batches that were handed over, so that a
    run resumed in mid-epoch sees exactly the batches it would have seen. They are kept from one epoch to
    the next, until the loader is closed, collected, or Python ends. One iteration goes on at a time: the
    next one takes the workers over.
    """

    def __init__(
        self, split: ImageSplit, order: ShuffledLoader | OrderedLoader, workers: int
    ) -> None:
        self.split = split
        self.order = order
        self.workers = workers
        # What is to be made, batch by batch, and who makes it.
        self._asked: list[IndexBatch] = []
        self._loader: DataLoader[Crops] | None = None
        self._made: Iterator[Crops] | None = None
        self._iterations = 0

    def __len__(self) -> int:
        return len(self.order)

    def _crops(self, batches: list[IndexBatch]) -> Iterator[Crops]:
        """Yield the crops of batches; holds nothing that would keep the workers when closed."""
        self._asked[:] = batches
        if self._loader is None:
            self._loader = self._new_loader()
            _open.add(self)
        # As far as a new loader of PyTorch's moves it in every epoch: what is drawn next in training
        # does not depend on how long workers are kept.
        torch.empty((), dtype=torch.int64).random_()
        self._made = iter(self._loader)
        self._iterations += 1
        own = self._iterations
        for _ in batches:
            if self._made is None or self._iterations != own:
                raise RuntimeError("The loader was closed, or iterated anew, in the midst.")
            yield next(self._made)

    def _new_loader(self) -> DataLoader[Crops]:
        kept: dict[str, Any] = {"prefetch_factor": 2, "persistent_workers": True}
        return DataLoader(
            self.split,
            # A batch is one item here, and comes out of a worker whole.
            sampler=self._asked,
            batch_size=None,
            num_workers=self.workers,
            pin_memory=torch.cuda.is_available(),
            worker_init_fn=_outlive_orders,
            generator=torch.Generator(),
            **(kept if self.workers else {}),
        )

    def close(self) -> None:
        """Let the workers go; the next iteration has new ones."""
        self._loader = self._made = None

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


@atexit.register
def _close_all() -> None:
    # As Python ends it would tell them to stop, which they outlive, and wait for them.
    for loader in list(_open):
        loader.close()


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
