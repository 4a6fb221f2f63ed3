"""Workers that make crops: how long they are kept, and what that changes nothing of."""

import gc
import itertools
import multiprocessing

import pytest
import torch
from torch.utils.data import Dataset

from datamodules.crops import loader as module
from datamodules.crops.loader import CropLoader
from datamodules.examples.loader import OrderedLoader, ShuffledLoader
from tests.datamodules.examples.test_loader import Bank


class Rows(Dataset):
    """A split whose crops are the rows that they are of, with the process that made them."""

    def __getitem__(self, batch):
        return batch.rows.tolist(), batch.epoch, multiprocessing.current_process().pid


def shuffled(workers, examples=24):
    return CropLoader(Rows(), ShuffledLoader(Bank(examples), 4, 0, flip=0.0), workers)


def crops(batches):
    return [(rows, epoch) for rows, epoch, _ in batches]


@pytest.fixture
def workers():
    """A function that returns the numbers of the workers there are."""
    before = {child.pid for child in multiprocessing.active_children()}
    return lambda: {child.pid for child in multiprocessing.active_children()} - before


def test_workers_are_kept_from_epoch_to_epoch_and_let_go_when_closed(workers):
    loader = shuffled(2)
    epochs = [list(loader) for _ in range(3)]
    made = {pid for epoch in epochs for _, _, pid in epoch}
    assert len(made) == 2
    assert workers() == made
    loader.close()
    assert not workers()
    assert not {pid for _, _, pid in loader} & made
    del loader
    gc.collect()
    assert not workers()


@pytest.mark.parametrize("taken", [0, 1, 4, 6])
def test_epochs_are_those_of_the_main_process_after_one_that_was_left(taken):
    """Up to all batches of the second epoch are taken, while workers are some ahead."""
    alone, helped = shuffled(0), shuffled(2)
    for loader in (alone, helped):
        list(loader)
        list(itertools.islice(loader, taken))
    assert [crops(helped) for _ in range(2)] == [crops(alone) for _ in range(2)]
    assert helped.state() == alone.state()


def test_every_pass_over_a_validation_is_whole():
    order = OrderedLoader(Bank(7, 5, 3), 4, "val")
    alone, helped = (CropLoader(Rows(), order, workers) for workers in (0, 1))
    for _ in range(3):
        assert crops(helped) == crops(alone)


def test_every_epoch_moves_the_global_generator_as_a_new_loader_of_pytorch_does():
    torch.manual_seed(1)
    for _ in range(3):
        iter(torch.utils.data.DataLoader([0]))
    expected = torch.rand(1)
    for workers in (0, 1):
        torch.manual_seed(1)
        loader = shuffled(workers)
        for _ in range(3):
            list(loader)
        assert torch.rand(1) == expected


def test_an_iteration_that_another_took_over_from_ends():
    loader = shuffled(0)
    first = iter(loader)
    next(first)
    next(iter(loader))
    with pytest.raises(RuntimeError, match="iterated anew"):
        next(first)


def test_memory_is_pinned_where_there_is_a_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    made = shuffled(2)._new_loader()
    assert made.pin_memory
    assert made.persistent_workers
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert not shuffled(0)._new_loader().pin_memory


def test_workers_are_let_go_before_python_ends(workers):
    loader = shuffled(1)
    running = iter(loader)
    next(running)
    assert workers()
    module._close_all()
    assert not workers()
    with pytest.raises(RuntimeError, match="closed"):
        next(running)
