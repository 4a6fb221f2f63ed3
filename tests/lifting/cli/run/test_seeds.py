"""Tests of the one option that seeds every generator of a training."""

from pathlib import Path

import pytest
import torch
import yaml
from jsonargparse import Namespace

from lifting.cli import training
from lifting.cli.run.seeds import spread_seed
from lifting.errors import InputError

ROOT = Path(__file__).parents[4]
FIT = [
    "fit",
    *(
        word
        for name in ("base", "data/synthetic", "supervised/simple_baseline")
        for word in ("-c", str(ROOT / f"experiments/{name}.yaml"))
    ),
]


def seeded(*words: str, everything=0, data=0, model=0, seed=None):
    """The seeds of a training: of the weights, the data and the method."""
    parts = {
        "data": Namespace(init_args=Namespace(seed=data)),
        "model": Namespace(init_args=Namespace(seed=model)),
    }
    options = Namespace(seed=seed, seed_everything=everything, **parts)
    spread_seed(options, words)
    assert "seed" not in options  # config.yaml says what it came to
    return (
        options.seed_everything,
        options.data.init_args.seed,
        options.model.init_args.seed,
    )


def test_one_option_sets_every_seed():
    assert seeded("--seed", "3", seed=3, everything=1, data=2, model=4) == (3, 3, 3)


@pytest.mark.parametrize(
    ("words", "given", "seeds"),
    [
        (["--seed_everything=7"], {"everything": 7}, (7, 3, 3)),
        (["--data.seed", "7"], {"data": 7}, (3, 7, 3)),
        (["--data.init_args.seed=7"], {"data": 7}, (3, 7, 3)),
        (["--model.seed=0"], {"model": 0}, (3, 3, 0)),
        (["--seed_everything=7", "--data.seed=8", "--model.seed=9"], (7, 8, 9), (7, 8, 9)),
    ],
)
def test_what_is_given_by_itself_wins_wherever_it_stands(words, given, seeds):
    if isinstance(given, tuple):
        given = dict(zip(("everything", "data", "model"), given, strict=True))
    assert seeded("--seed=3", *words, seed=3, **given) == seeds
    assert seeded(*words, "--seed=3", seed=3, **given) == seeds


def test_configurations_alone_keep_their_seeds():
    assert seeded("-c", "x.yaml", everything=7) == (7, 0, 0)
    assert seeded("--data.seed=5", data=5) == (0, 5, 0)
    assert seeded("--seed_everything", "7", everything=7, data=7, model=7) == (7, 7, 7)


@pytest.mark.parametrize(
    ("words", "values", "named"),
    [
        (["--seed_everything=7"], {"everything": 7}, r"--seed_everything 7: .*--seed 7"),
        (["--seed_everything=7", "--data.seed=7"], {"everything": 7, "data": 7}, "model.seed of 0"),
        (["--seed_everything=true"], {"everything": True, "data": 1}, "--seed_everything true"),
        (["--seed=-1"], {"seed": -1}, "--seed -1: is no seed"),
        (["--seed_everything=-1"], {"everything": -1}, "--seed_everything -1: is no seed"),
        (["--seed=4294967296"], {"seed": 2**32}, "is no seed"),
    ],
)
def test_half_a_seed_and_none_are_refused(words, values, named):
    with pytest.raises(InputError, match=named) as refused:
        seeded(*words, **values)
    assert "\n" not in str(refused.value)


def test_a_class_without_a_seed_is_left_as_it_is():
    options = Namespace(
        seed=3, seed_everything=0, data=Namespace(class_path="x"), model=Namespace(init_args=None)
    )
    spread_seed(options, ["--seed=3"])
    assert options.as_dict() == {
        "seed_everything": 3,
        "data": {"class_path": "x"},
        "model": {"init_args": None},
    }


class ParsedError(Exception):
    """The options were parsed."""


@pytest.mark.parametrize("words", [["--seed", "3"], ["--seed=3"]])
def test_the_command_line_takes_it(monkeypatch, words):
    def stop(cli):
        raise ParsedError(cli.config.fit)

    monkeypatch.setattr(training.LiftingCLI, "before_instantiate_classes", stop)
    with pytest.raises(ParsedError) as parsed:
        training.run([*FIT, *words, "--model.seed=5"])
    options = parsed.value.args[0]
    assert options.seed_everything == 3
    assert options.data.init_args.seed == 3
    assert options.model.init_args.seed == 5


def test_a_printed_configuration_holds_what_it_comes_to(capsys):
    with pytest.raises(SystemExit):
        training.run([*FIT, "--seed", "3", "--model.seed=5", "--print_config"])
    printed = yaml.safe_load(capsys.readouterr().out)
    assert printed["seed"] is None
    assert printed["seed_everything"] == printed["data"]["init_args"]["seed"] == 3
    assert printed["model"]["init_args"]["seed"] == 5


def test_half_a_seed_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="--seed_everything 7"):
        training.run([*FIT, "--seed_everything", "7"])
    assert not list(tmp_path.iterdir())


@pytest.mark.slow(reason="trains from the command line")
@pytest.mark.exhaustive
def test_the_record_repeats_the_run(tmp_path, monkeypatch, give_synthetic):
    monkeypatch.chdir(tmp_path)
    give_synthetic(tmp_path / "data")
    quiet = ("--wandb=disabled", "--pictures=false", "--trainer.enable_progress_bar=false")
    small = (
        *("--data.frames_per_sequence=6", "--model.width=16", "--trainer.max_epochs=1"),
        *("--trainer.limit_train_batches=2", "--trainer.accelerator=cpu"),
        *("--trainer.enable_model_summary=false", "--data.batch_size=64", *quiet),
    )
    training.run([*FIT, *small, "--seed=3", "--run=three"])
    training.run(
        [
            *FIT,
            *small,
            "--run=three_by_hand",
            "--seed_everything=3",
            "--data.seed=3",
            "--model.seed=3",
        ]
    )
    training.run(["fit", "-c", "runs/three/config.yaml", "--run=again", *quiet])
    training.run([*FIT, *small, "--run=none"])
    record = yaml.safe_load(Path("runs/three/config.yaml").read_text())
    assert "seed" not in record
    assert record["seed_everything"] == record["data"]["init_args"]["seed"] == 3
    assert record["model"]["init_args"]["seed"] == 3
    three, by_hand, again, none = (
        torch.load(f"runs/{name}/checkpoints/last.ckpt", weights_only=True)["state_dict"]
        for name in ("three", "three_by_hand", "again", "none")
    )
    for name, value in three.items():
        assert torch.equal(value, by_hand[name])
        assert torch.equal(value, again[name])
    assert any(not torch.equal(value, none[name]) for name, value in three.items())
