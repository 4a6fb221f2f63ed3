"""A loader of crops: worker processes decode and warp what an index loader asks for."""

from collections.abc import Iterator
from typing import Any

import torch
from torch.utils.data import DataLoader

from datamodules.crops.split import Crops, ImageSplit
from datamodules.examples.bank import IndexBatch
from datamodules.examples.loader import OrderedLoader, ShuffledLoader


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
