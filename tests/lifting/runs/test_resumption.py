"""The contract of resumption: its rules, the comparison, and its table in the documentation."""

import inspect
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from lightning import Trainer
from lightning.pytorch import callbacks as lightning_callbacks

import callbacks
import datamodules
import lifting.methods
from callbacks.mpi_inf_3dhp_table import MPIINF3DHPTable
from lifting.errors import InputError
from lifting.runs.options import flat
from lifting.runs.resumption import RULES, Class, class_of, compare, kept, refused, table

ROOT = Path(__file__).parents[3]
BEFORE = {
    "run": "first",
    "seed_everything": 0,
    "trainer.callbacks": ["EMA", "Throughput"],
    "trainer.callbacks.EMA.decay": 0.99,
    "trainer.max_epochs": 2,
    "trainer.log_every_n_steps": 50,
    "model": "lifting.methods.GuidedDetector",
    "model.lr": 0.001,
    "model.lifter_lr": 0.0,
    "model.full_flow": "runs/flow/checkpoints/best.ckpt",
    "model.start_from": None,
    "data.store": "/data/h36m.h5",
    "data.batch_size": 24,
}
CHECKPOINT = "runs/first/checkpoints/last.ckpt"


def arguments(kind):
    """Return the names of a class's arguments, those of its bases as well."""
    inits = (k.__dict__["__init__"] for k in kind.__mro__ if "__init__" in k.__dict__)
    named = {name for init in inits for name in inspect.signature(init).parameters}
    return named - {"self", "args", "kwargs"}


def classes(module):
    return [k for name in module.__all__ if inspect.isclass(k := getattr(module, name))]


def known_options():
    options = {f"model.{n}" for k in classes(lifting.methods) for n in arguments(k)}
    options |= {f"data.{n}" for k in classes(datamodules) for n in arguments(k)}
    options |= {f"trainer.{n}" for n in arguments(Trainer)}
    options |= {f"best.{n}" for n in arguments(lightning_callbacks.ModelCheckpoint)}
    options |= {f"last.{n}" for n in arguments(callbacks.LastCheckpoint)}
    watching = [*classes(callbacks), *classes(lightning_callbacks), MPIINF3DHPTable]
    return options | {f"trainer.callbacks.{k.__name__}" for k in watching}


def test_every_pattern_is_of_an_option_that_there_is():
    known = known_options()
    for rule in RULES[:-1]:
        for pattern in rule.options:
            if "." in pattern:
                assert any(fnmatchcase(option, pattern) for option in known), pattern
        assert set(rule.methods) <= set(lifting.methods.__all__)
    assert RULES[-1].options == ("*",)
    assert RULES[-1].kind is Class.REFUSED


def test_every_option_that_names_an_earlier_stage_is_compared_by_its_content():
    noted = set()
    for path in (ROOT / "lifting/methods").rglob("*.py"):
        noted |= set(re.findall(r'(?:load|note)_stage\(\s*f?"(\w+)', path.read_text()))
    assert {"start_from", "weights", "lifters", "full_flow"} <= noted
    assert {class_of(f"model.{option}", "") for option in noted} == {Class.BY_CONTENT}


@pytest.mark.parametrize(
    ("option", "kind"),
    [
        ("wandb", Class.FREE),
        ("trainer.val_check_interval", Class.FREE),
        ("trainer.devices", Class.FREE),
        ("model.flip_test", Class.FREE),
        ("model.critic_lr", Class.REAPPLIED),
        ("model.warmup", Class.REAPPLIED),
        ("trainer.max_epochs", Class.REAPPLIED),
        ("data.store", Class.BY_CONTENT),
        ("data.batch_size", Class.REFUSED),
        ("data.val_subjects", Class.REFUSED),
        ("data.seed", Class.REFUSED),
        ("seed_everything", Class.REFUSED),
        ("trainer.precision", Class.REFUSED),
        ("trainer.accumulate_grad_batches", Class.REFUSED),
        ("trainer.gradient_clip_val", Class.REFUSED),
        ("trainer.callbacks.EMA", Class.REFUSED),
        ("best.monitor", Class.REFUSED),
        ("model.width", Class.REFUSED),
        ("model.size", Class.REFUSED),
        ("an.option.of.tomorrow", Class.REFUSED),
    ],
)
def test_class_of_an_option(option, kind):
    assert class_of(option, "SimpleBaseline") is kind


def test_an_option_may_be_of_inference_alone_for_one_method():
    assert class_of("model.decoder", "HeatmapDetector") is Class.FREE
    assert class_of("model.decoder", "GuidedDetector") is Class.REFUSED


def test_checkpoints_keep_what_is_compared_and_no_path():
    assert kept(BEFORE) == {
        "seed_everything": 0,
        "trainer.callbacks": ["EMA"],
        "trainer.callbacks.EMA.decay": 0.99,
        "trainer.max_epochs": 2,
        "model": "lifting.methods.GuidedDetector",
        "model.lr": 0.001,
        "model.lifter_lr": 0.0,
        "model.full_flow": True,
        "model.start_from": False,
        "data.store": True,
        "data.batch_size": 24,
    }


def compared(**changed):
    before = BEFORE | {"data.train_noise.amount": 3}
    now = before | {name.replace("__", "."): value for name, value in changed.items()}
    if "data.train_noise" in now:
        del now["data.train_noise.amount"]
    return compare(kept(before), kept(now), CHECKPOINT)


def test_what_is_free_and_files_elsewhere_are_no_change():
    assert (
        compared(
            run="second",
            trainer__log_every_n_steps=1,
            trainer__callbacks=["EMA", "LearningRateMonitor"],
            data__store="moved/h36m.h5",
            model__full_flow="/elsewhere/best.ckpt",
        )
        == {}
    )


def test_what_is_reapplied_is_returned_with_both_values():
    changes = compared(model__lr=0.5, trainer__max_epochs=9)
    assert changes == {"trainer.max_epochs": (2, 9), "model.lr": (0.001, 0.5)}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"data__batch_size": 16}, "--data.batch_size 24, not 16"),
        ({"trainer__callbacks": []}, '--trainer.callbacks ["EMA"], not []'),
        ({"trainer__callbacks__EMA__decay": 0.9}, "--trainer.callbacks.EMA.decay 0.99, not 0.9"),
        ({"model__lifter_lr": 0.1}, "--model.lifter_lr 0.0, not 0.1"),
        ({"model__full_flow": None}, "a file for --model.full_flow, not without"),
        ({"model__start_from": "x.ckpt"}, "no file for --model.start_from, not with"),
        ({"data__train_noise": None}, '--data.train_noise {"amount": 3}, not null'),
        (
            {"data__batch_size": 1, "seed_everything": 7, "model": "a.Mine", "model__lr": 1.0},
            "--seed_everything 0, not 7 and --model lifting.methods.GuidedDetector, not a.Mine and "
            "--data.batch_size 24, not 1",
        ),
    ],
)
def test_what_is_refused_is_told_in_one_sentence_with_both_values(changed, told):
    with pytest.raises(InputError) as error:
        compared(**changed)
    assert str(error.value) == (
        f"{CHECKPOINT}: was trained with {told}; go on with what it was, or begin a new run from "
        f"these weights: --model.start_from {CHECKPOINT} --run NEW."
    )


def test_of_many_that_differ_some_are_named():
    before = {f"data.{n}": 0 for n in range(5)}
    with pytest.raises(InputError, match=r"--data.2 0, not 1 and 2 more; go on"):
        compare(before, dict.fromkeys(before, 1), CHECKPOINT)
    assert len(refused(before, dict.fromkeys(before, 1))) == 5


def test_options_that_one_version_alone_has_are_not_compared():
    options = kept(flat({"model": {"class_path": "a.Mine", "init_args": {"new": 1}}}))
    assert compare({"model": "a.Mine", "model.old": 3}, options, CHECKPOINT) == {}


def test_table_of_the_documentation_is_that_of_the_code():
    assert f"\n{table()}\n" in (ROOT / "docs/resuming.md").read_text()
