"""Loaders that yield indices of examples: shuffled and resumable, or in order and exact."""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import torch
import torch.distributed as dist
from torch import Tensor

from datamodules.examples.bank import IndexBatch, PairedIndexBatch
from lifting.errors import InputError


@runtime_checkable
class Examples(Protocol):
    """A collection of examples."""

    rows: Tensor

    def __len__(self) -> int:
        """Number of examples."""


@runtime_checkable
class ExamplesOfClips(Examples, Protocol):
    """A collection of examples that knows which of them belong to one recording."""

    def rows_by_clip(self) -> list[Tensor]:
        """Return the rows of the examples, clip by clip."""


def _rank_and_size() -> tuple[int, int]:
    if dist.is_available() and dist.is_initialized():
        return dist.get_rank(), dist.get_world_size()
    return 0, 1


class ShuffledLoader:
    """Yields every example once per epoch, in an order that depends on (seed, epoch) only.

    Each process takes its part of one common permutation. :meth:`state` holds the place in it, so that
    a run resumed in mid-epoch sees exactly the batches it would have seen. The datamodule keeps it in
    the checkpoint: Lightning forgets the state of a loader that was asked for its length early.

    Args:
        bank: The examples.
        batch_size: Examples per batch and process; a last, smaller batch is dropped.
        seed: Seed of order and flips.
        flip: Fraction of examples to mirror.
        split: Name of the split, passed on.

    Raises:
        InputError: If there are fewer examples than processes, of which some would have none.

    Attributes:
        epoch: The epoch of the batch that was yielded last, -1 before the first.
        done: Examples of that epoch that were yielded, by all processes together.
    """

    def __init__(
        self, bank: Examples, batch_size: int, seed: int, flip: float, split: str = "train"
    ) -> None:
        _, size = _rank_and_size()
        if len(bank) < size:
            what = f"{size} processes share {len(bank)} examples of the {split} split"
            raise InputError(
                what, remedy=f"train with {len(bank)} of them at most, or on more data."
            )
        self.bank = bank
        self.batch_size = batch_size
        self.seed = seed
        self.flip = flip
        self.split = split
        self.epoch = -1
        self.done = 0
        # Epoch, order and flips of the batches asked for last.
        self._shuffled: tuple[int, Tensor, Tensor | None] | None = None
        self._resumed = False

    def __len__(self) -> int:
        return max(1, len(self.bank) // self.stride)

    @property
    def stride(self) -> int:
        """Examples of a batch, of all processes together."""
        _, size = _rank_and_size()
        return size * self.batch_size

    @property
    def fills_a_batch(self) -> bool:
        """Whether there are enough examples for one batch of the size asked for."""
        return len(self.bank) >= self.stride

    def __iter__(self) -> Iterator[IndexBatch]:
        # Lightning stops asking after len(self) batches, so an epoch never ends in here: it is
        # counted where the next one begins, unless that is the resumption of an interrupted one.
        if not (self._resumed and self.done and self.rest()):
            self.epoch += 1
            self.done = 0
        self._resumed = False
        for first in self.rest():
            self.done = first + self.stride
            yield self.at(self.epoch, first)

    def rest(self) -> range:
        """Return where the batches of the epoch that are yet to come begin."""
        end = max(len(self.bank), self.stride) - self.stride + 1
        return range(self.done, end, self.stride)

    def at(self, epoch: int, first: int) -> IndexBatch:
        """Return the batch of an epoch that begins after as many examples, of all processes together."""
        if self._shuffled is None or self._shuffled[0] != epoch:
            generator = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
            order = torch.randperm(len(self.bank), generator=generator)
            flips = torch.rand(len(order), generator=generator) < self.flip if self.flip else None
            self._shuffled = epoch, order, flips
        _, order, flips = self._shuffled
        rank, size = _rank_and_size()
        own = slice(first + rank, first + self.stride, size)
        rows = self.bank.rows[order[own]]
        return IndexBatch(rows, None if flips is None else flips[own], self.split, epoch)

    def state(self) -> dict[str, int]:
        """Return the epoch and the examples of it that are done."""
        return {"epoch": self.epoch, "examples": self.done}

    def resume(self, state: dict[str, int]) -> None:
        """Continue where the state was taken; earlier versions counted batches."""
        self.epoch = state["epoch"]
        self.done = state["examples"] if "examples" in state else state["position"] * self.stride
        self._resumed = True


class PairedLoader:
    """Yields a batch of labelled examples and one of each other split together.

    An epoch is one of the labelled examples; the others begin again as often as they must, each time in
    another order. All depend on (seed, step) only.
    """

    def __init__(self, labelled: ShuffledLoader, *beside: ShuffledLoader) -> None:
        self.labelled = labelled
        self.beside = beside

    def __len__(self) -> int:
        return len(self.labelled)

    def __iter__(self) -> Iterator[PairedIndexBatch]:
        for batch in self.labelled:
            done = self.labelled.done // self.labelled.stride
            step = self.labelled.epoch * len(self) + done - 1
            yield PairedIndexBatch(batch, tuple(_batch(loader, step) for loader in self.beside))

    def state(self) -> dict[str, int]:
        """Return the place in the labelled examples."""
        return self.labelled.state()

    def resume(self, state: dict[str, int]) -> None:
        """Continue where the state was taken."""
        self.labelled.resume(state)


def _batch(loader: ShuffledLoader, step: int) -> IndexBatch:
    """Return a batch by its number over all epochs."""
    epoch, batch = divmod(step, len(loader))
    return loader.at(epoch, batch * loader.stride)


class OrderedLoader:
    """Yields every example exactly once, in the order of the clips.

    Over several processes each takes whole clips, and all take the same number of batches, so that
    collective operations meet and nothing is counted twice; batches of one that has few are smaller, and
    empty where it has none.

    Args:
        bank: The examples.
        batch_size: Examples per batch and process, at most.
        split: Name of the split, passed on.
    """

    def __init__(self, bank: ExamplesOfClips, batch_size: int, split: str) -> None:
        self.bank = bank
        self.batch_size = batch_size
        self.split = split

    def _parts(self) -> list[Tensor]:
        _, size = _rank_and_size()
        if size == 1:
            return [self.bank.rows]
        parts: list[list[Tensor]] = [[] for _ in range(size)]
        loads = [0] * size
        for rows in self.bank.rows_by_clip():
            lightest = loads.index(min(loads))
            parts[lightest].append(rows)
            loads[lightest] += len(rows)
        return [torch.cat(part) if part else self.bank.rows[:0] for part in parts]

    def __len__(self) -> int:
        return -(-max(len(part) for part in self._parts()) // self.batch_size)

    def __iter__(self) -> Iterator[IndexBatch]:
        rank, _ = _rank_and_size()
        for rows in self._parts()[rank].tensor_split(len(self)):
            yield IndexBatch(rows, None, self.split)
