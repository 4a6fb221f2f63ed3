import itertools

import pytest
import torch

from datamodules.examples import loader as module
from datamodules.examples.bank import PoseBank
from datamodules.examples.loader import OrderedLoader, PairedLoader, ShuffledLoader
from lifting.errors import InputError


class Bank(PoseBank):
    """As many examples as asked, at rows that are not their numbers, in clips of given lengths."""

    def __init__(self, *lengths):
        self.lengths = lengths
        self.rows = 100 + 3 * torch.arange(sum(lengths))

    def __len__(self):
        return len(self.rows)

    def rows_by_clip(self):
        return list(self.rows.split(self.lengths))


@pytest.fixture
def rank(monkeypatch):
    """A function that makes the loaders believe they are one of several processes."""

    def be(rank, size):
        monkeypatch.setattr(module, "_rank_and_size", lambda: (rank, size))

    return be


def shuffled(examples=24, batch_size=4, seed=0, flip=0.5):
    return ShuffledLoader(Bank(examples), batch_size, seed, flip)


def rows(batches):
    return [batch.rows.tolist() for batch in batches]


def flips(batches):
    return [batch.flip.tolist() for batch in batches]


def test_an_epoch_holds_every_example_once_in_full_batches():
    loader = shuffled()
    for _ in range(3):
        batches = rows(loader)
        assert [len(b) for b in batches] == len(loader) * [4]
        assert sorted(itertools.chain(*batches)) == loader.bank.rows.tolist()


def test_the_order_is_another_in_every_epoch_and_for_every_seed():
    orders = [rows(loader) for loader in (shuffled(seed=s) for s in range(3)) for _ in range(3)]
    assert len({str(order) for order in orders}) == 9
    assert rows(shuffled()) != rows([b for b in [*shuffled()][::-1]])
    assert list(itertools.chain(*orders[0])) != sorted(itertools.chain(*orders[0]))


def test_the_order_depends_on_nothing_but_the_seed():
    first = shuffled(seed=7)
    torch.manual_seed(1)
    expected = [(rows(batches), flips(batches)) for batches in ([*first], [*first])]
    torch.manual_seed(2)
    torch.rand(5)
    second = shuffled(seed=7)
    assert [(rows(b), flips(b)) for b in ([*second], [*second])] == expected


def test_loading_leaves_the_global_generator_alone():
    torch.manual_seed(3)
    list(shuffled())
    drawn = torch.rand(1)
    torch.manual_seed(3)
    assert torch.rand(1) == drawn


def test_the_last_smaller_batch_is_dropped_but_a_small_dataset_is_one_batch():
    assert [len(b) for b in rows(shuffled(23))] == 5 * [4]
    small = shuffled(3)
    assert len(small) == 1
    assert sorted(rows(small)[0]) == small.bank.rows.tolist()


def test_the_share_that_is_mirrored_is_the_one_asked_for():
    share = torch.cat([b.flip for b in shuffled(40_000, 1000, flip=0.3)]).float().mean()
    assert share == pytest.approx(0.3, abs=4 * (0.3 * 0.7 / 40_000) ** 0.5)
    assert all(b.flip is None for b in shuffled(flip=0.0))
    assert all(b.flip.all() for b in shuffled(flip=1.0))


def test_an_example_is_mirrored_in_some_epochs_only():
    loader = shuffled()
    epochs = [
        dict(zip(sum(rows(b), []), sum(flips(b), []), strict=True))  # noqa: RUF017
        for b in ([*loader] for _ in range(20))
    ]
    for row in loader.bank.rows.tolist():
        assert {epoch[row] for epoch in epochs} == {True, False}


@pytest.mark.parametrize("seen", range(13))
def test_a_resumed_loader_gives_exactly_the_remaining_batches_and_the_same_next_epoch(seen):
    """Up to two epochs of six batches; a state taken at the end goes on with the next epoch."""
    whole = shuffled()
    stream = [(b.rows.tolist(), b.flip.tolist()) for _ in range(4) for b in whole]

    interrupted = shuffled()
    epochs = itertools.chain.from_iterable(iter(interrupted) for _ in itertools.count())
    for _ in range(seen):
        next(epochs)
    state = interrupted.state()
    resumed = shuffled()
    resumed.resume(dict(state))
    rest = [(b.rows.tolist(), b.flip.tolist()) for _ in range(2) for b in resumed]
    assert rest == stream[seen : seen + len(rest)]
    remaining = 6 - seen % 6 if seen else 6
    assert len(rest) == remaining + 6


def test_a_place_is_counted_in_examples_of_all_processes_and_means_the_same_to_any_of_them(rank):
    rank(0, 2)
    two = shuffled()
    next(iter(two))
    assert two.state() == {"epoch": 0, "examples": 2 * 4}
    rank(0, 1)
    alone, whole = shuffled(batch_size=2), shuffled(batch_size=2)
    alone.resume(two.state())
    assert rows(alone) == rows(whole)[8 // 2 :]
    assert len(rows(alone)) == 24 // 2


def test_a_place_in_the_midst_of_a_batch_drops_what_fills_no_other():
    loader, whole = shuffled(batch_size=7), shuffled(batch_size=1)
    loader.resume({"epoch": 0, "examples": 5})
    rest = list(itertools.chain(*rows(whole)))[5:]
    assert rows(loader) == [rest[:7], rest[7:14]]


@pytest.mark.parametrize("position", [0, 2, 6])
def test_places_of_earlier_versions_count_batches(rank, position):
    rank(1, 2)
    loader, same = shuffled(48), shuffled(48)
    loader.resume({"epoch": 3, "position": position})
    same.resume({"epoch": 3, "examples": position * 8})
    assert rows(loader) == rows(same)


def test_iterating_again_after_stopping_early_starts_the_next_epoch_from_its_beginning():
    whole, stopped = shuffled(), shuffled()
    epochs = [rows(whole) for _ in range(3)]
    assert rows(itertools.islice(stopped, 2)) == epochs[0][:2]
    assert rows(stopped) == epochs[1]
    assert rows(stopped) == epochs[2]


def test_making_an_iterator_without_asking_it_skips_no_epoch():
    loader = shuffled()
    expected = rows(shuffled())
    iter(loader)
    assert rows(loader) == expected


@pytest.mark.parametrize(("examples", "size"), [(24, 2), (25, 2), (31, 3)])
def test_processes_share_one_permutation_without_overlap(rank, examples, size):
    alone = [b for b in shuffled(examples, batch_size=1)]
    flip_of = {b.rows.item(): b.flip.item() for b in alone}
    shares = []
    for r in range(size):
        rank(r, size)
        loader = shuffled(examples)
        batches = [*loader]
        assert len(batches) == len(loader) == examples // size // 4
        shares.append(sum(rows(batches), []))  # noqa: RUF017
        for batch in batches:
            assert [flip_of[row] for row in batch.rows.tolist()] == batch.flip.tolist()
    together = sum(shares, [])  # noqa: RUF017
    assert len(set(together)) == len(together) == size * 4 * (examples // size // 4)
    assert len({len(share) for share in shares}) == 1


def test_more_processes_than_examples_are_refused(rank):
    rank(0, 3)
    assert len(shuffled(3)) == 1
    with pytest.raises(
        InputError, match="3 processes share 2 examples of the train split; train with 2"
    ):
        shuffled(2)


CLIPS = [(7, 1, 12, 3, 3), (5,), (1, 1, 1), (40, 2, 2)]


@pytest.mark.parametrize("lengths", CLIPS)
@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_one_process_goes_through_all_examples_in_order(lengths, batch_size):
    loader = OrderedLoader(Bank(*lengths), batch_size, "val")
    batches = [*loader]
    assert sum(rows(batches), []) == loader.bank.rows.tolist()  # noqa: RUF017
    assert len(batches) == len(loader) == -(-sum(lengths) // batch_size)
    assert max(len(b.rows) for b in batches) <= batch_size
    assert all(b.flip is None and b.split == "val" for b in batches)


@pytest.mark.parametrize("lengths", CLIPS)
@pytest.mark.parametrize("batch_size", [1, 4, 100])
@pytest.mark.parametrize("size", [2, 3])
def test_processes_take_whole_clips_and_meet_in_every_batch(rank, lengths, batch_size, size):
    bank = Bank(*lengths)
    shares, counts = [], set()
    for r in range(size):
        rank(r, size)
        loader = OrderedLoader(bank, batch_size, "test")
        batches = rows(loader)
        counts |= {len(batches), len(loader)}
        assert max(len(b) for b in batches) <= batch_size
        shares.append(sum(batches, []))  # noqa: RUF017
    assert len(counts) == 1
    assert sorted(sum(shares, [])) == bank.rows.tolist()  # noqa: RUF017
    for clip in bank.rows_by_clip():
        holders = [share for share in shares if set(clip.tolist()) & set(share)]
        assert len(holders) == 1
        first = holders[0].index(int(clip[0]))
        assert holders[0][first : first + len(clip)] == clip.tolist()


def test_clips_are_dealt_out_evenly(rank):
    loads = []
    for r in range(2):
        rank(r, 2)
        loads.append(sum(len(b) for b in rows(OrderedLoader(Bank(*(20 * [5])), 8, "test"))))
    assert loads == [50, 50]


def paired(labelled=24, unlabelled=40, flip=0.5):
    other = ShuffledLoader(Bank(unlabelled), 4, 1, flip, split="unlabelled")
    return PairedLoader(shuffled(labelled, flip=flip), other)


def both(batches):
    return [(b.labelled.rows.tolist(), b.beside[0].rows.tolist()) for b in batches]


def test_labelled_batches_are_those_of_the_labelled_loader_alone():
    loader, alone = paired(), shuffled()
    for _ in range(2):
        assert [b[0] for b in both(loader)] == rows(alone)


@pytest.mark.parametrize("unlabelled", [8, 20, 40])
def test_unlabelled_examples_come_round_again_and_again_in_another_order(unlabelled):
    loader = paired(unlabelled=unlabelled)
    seen = [b[1] for _ in range(10) for b in both(loader)]
    assert len(seen) == 60
    length = unlabelled // 4
    rounds = [seen[i : i + length] for i in range(0, 60 - length + 1, length)]
    for some in rounds:
        assert sorted(itertools.chain(*some)) == loader.beside[0].bank.rows.tolist()
    assert len({str(some) for some in rounds}) == len(rounds)


@pytest.mark.parametrize("stop", [1, 5, 6, 7, 17])
def test_a_resumed_pair_goes_on_with_the_batches_it_would_have_had(stop):
    whole = paired(unlabelled=20)
    expected = [b for _ in range(4) for b in both(whole)]
    loader, taken = paired(unlabelled=20), []
    while len(taken) < stop:
        taken += both(itertools.islice(iter(loader), stop - len(taken)))
    resumed = paired(unlabelled=20)
    resumed.resume(loader.state())
    while len(taken) < len(expected):
        taken += both(resumed)
    assert taken == expected


def test_unlabelled_batches_say_of_which_split_they_are():
    batch = next(iter(paired()))
    assert (batch.labelled.split, batch.beside[0].split) == ("train", "unlabelled")
