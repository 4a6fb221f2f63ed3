"""Tests of the words that may have been meant."""

import inspect

import pytest

import datamodules
import lifting.methods
from lifting.cli.options.vocabulary import (
    PACKAGES,
    classes_of,
    list_classes,
    meant_option,
    options_of,
)

KNOWN = {"model.lr", "model.blocks", "data.batch_size", "trainer.max_epochs", "run", "seed"}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("model.lrr", "model.lr"),
        ("model.Blocks", "model.blocks"),
        ("modl.lr", "model.lr"),
        ("lr", "model.lr"),
        ("model.batch_size", "data.batch_size"),
        ("max_epochs", "trainer.max_epochs"),
        ("trainer.max_epoch", "trainer.max_epochs"),
        ("rnu", "run"),
        ("x", None),
        ("model.zzz", None),
        ("seed", None),
    ],
)
def test_the_option_that_was_meant(name, meant):
    assert meant_option(name, KNOWN) == ("" if meant is None else f"did you mean --{meant}?")


def test_options_are_those_of_the_class_and_of_its_bases():
    assert {"store", "source", "batch_size", "val_subjects"} <= options_of("datamodules.H36M")
    assert options_of("nowhere.Nothing") == set()


@pytest.mark.parametrize("part", PACKAGES)
def test_every_class_that_can_be_named_is_listed_with_a_line(part):
    lines = list_classes(part)
    names = [line.split()[0] for line in lines]
    assert set(names) <= set(classes_of(part))
    assert all(len(line.split()) > 2 for line in lines)


def test_base_classes_are_not_listed():
    listed = {line.split()[0] for part in ("model", "data") for line in list_classes(part)}
    every = {*lifting.methods.__all__, *datamodules.__all__}
    assert every - listed == {"Lifter", "Method", "SubjectDataModule"}
    assert inspect.isabstract(datamodules.SubjectDataModule)
