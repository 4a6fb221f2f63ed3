"""Base class of all datamodules: splits, the position in training, and samples spread over a split."""

import re

import pytest
import torch

import datamodules
from datamodules import SubjectDataModule
from datamodules.examples.subject_datamodule import evenly
from lifting.cli.commands import COMMANDS
from lifting.errors import InputError
from lifting.windows import Windows


class Counting:
    """A loader that notes what it is told."""

    def __init__(self):
        self.at = {"epoch": -1, "position": 0}

    def __len__(self):
        return 2

    def __iter__(self):
        for self.at["position"] in (1, 2):
            yield self.at["position"]

    def state(self):
        return dict(self.at)

    def resume(self, state):
        self.at = dict(state)


class Made(SubjectDataModule):
    """A dataset of nothing."""

    train_windows = Windows(3, 5)
    has_poses = False

    def training_frames(self):
        return torch.zeros(0, 17, 2), None

    def prior_poses(self):
        return None

    def clip_names(self, split):
        return []

    def spread(self, split, count, device):
        return None

    def shuffled(self):
        return Counting()

    def ordered(self, split):
        return f"all of {split}"


def made(**subjects):
    return Made("h36m17", "h36m16", {"train": ("S1",), "val": (), "test": ("S9",)} | subjects, 0)


def test_subjects_are_lists_whatever_they_were_given_as():
    assert made(extra=iter(["S5"])).subjects == {
        "train": ["S1"],
        "val": [],
        "test": ["S9"],
        "extra": ["S5"],
    }


def test_validation_is_off_where_nobody_is_held_out():
    assert made().val_dataloader() == []
    assert made(val=("S8",)).val_dataloader() == "all of val"
    assert made().test_dataloader() == made().predict_dataloader() == "all of test"


def test_position_is_kept_and_handed_to_the_next_training_loader_only():
    first, second = made(), made()
    assert first.state_dict() == {}
    next(iter(first.train_dataloader()))
    state = first.state_dict()
    assert state == {"train": {"epoch": -1, "position": 1}}
    second.load_state_dict(state)
    assert second.train_dataloader().state() == state["train"]
    assert second.train_dataloader().state() == {"epoch": -1, "position": 0}


def test_frames_of_an_example_are_context_and_chunk():
    assert made().frames_per_example == 3 - 1 + 5


@pytest.mark.parametrize("count", [1, 2, 5])
def test_evenly_begins_with_the_first_and_takes_equal_steps(count):
    rows = torch.arange(100, 130)
    taken = evenly(rows, count)
    assert taken.tolist() == [100 + 29 * i // max(1, count - 1) for i in range(count)]


# The others are generated, or abstract.
GENERATED = {"SubjectDataModule", "Synthetic", "SyntheticImages"}


@pytest.mark.parametrize("name", sorted(set(datamodules.__all__) - GENERATED))
def test_a_store_that_is_missing_is_told_with_the_command_that_makes_it(tmp_path, name):
    kind, path = getattr(datamodules, name), tmp_path / "none.h5"
    subjects = {"train_subjects": ["S1"], "val_subjects": [], "test_subjects": ["S1"]}
    with pytest.raises(InputError) as error:
        kind(str(path), **subjects).setup("fit")
    command = re.search(rf"`lifting (prepare \w+) [\w ]+ --out {path}`", str(error.value))
    assert command is not None
    assert command[1] in COMMANDS or command[1] == "prepare DATASET"
    assert str(error.value).startswith(f"{path}: is not there; make it with")


def test_so_is_that_of_a_prior(synthetic_folder):
    data = datamodules.Synthetic(
        str(synthetic_folder), 6, prior_subjects=["S1"], prior_store="none.h5"
    )
    with pytest.raises(InputError, match=r"^none.h5: is not there; make it with `lifting prepare"):
        data.setup("fit")


def test_a_subject_that_is_named_twice_is_refused():
    with pytest.raises(InputError, match=r"^--data.train_subjects names S1 twice; leave one"):
        datamodules.H36M(train_subjects=["S1", "S5", "S1"])


def test_a_sequence_without_frames_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(InputError, match=r"^--data.frames_per_sequence is 0: give at least 1\.$"):
        datamodules.Synthetic(str(tmp_path / "data"), 0)
