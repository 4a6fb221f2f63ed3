"""Annotations made up, prepared and trained on, as a user does."""

import csv
from pathlib import Path

import pytest

from datamodules.relative_depth.annotation.merge import collect
from datamodules.relative_depth.annotation_file import (
    Attribution,
    read_attribution,
    read_relative_depth,
)
from datamodules.store.clips import ClipStore
from datamodules.synthetic.procedural import clips as synthetic_clips
from lifting.cli.training import run
from tests.scripts.running import ROOT, refused, script

pytestmark = pytest.mark.slow(reason="runs whole commands", shapes=True)


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "experiments").symlink_to(ROOT / "experiments")
    monkeypatch.setattr(synthetic_clips, "SEQUENCES", ("Walking", "Sitting", "Greeting"))
    synthetic_clips.write_store("human.h5", 0, 12, ("S1", "S9"))
    return tmp_path


@pytest.mark.slow(reason="trains for 40 epochs")
@pytest.mark.exhaustive
def test_relative_depth_learns_from_it_what_it_was_not_shown(workplace):
    options = ["--images", "280", "--pairs", "all", "--noise", "0", "--out", "depth.json"]
    script("simulate_annotations", "human.h5", *options)
    script("prepare_lsp", "depth.json", "--out", "lsp.h5")
    configs = ("base", "data/lsp", "relative_depth/relative_depth", "relative_depth/joints_of_lsp")
    quiet = ["--wandb", "disabled", "--trainer.accelerator", "cpu"]
    quiet += ["--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"]
    run(
        [
            *("fit", *(a for c in configs for a in ("-c", f"experiments/{c}.yaml"))),
            *("--data.depth_labels", "null", "--model.limb_ratios", "person"),
            *("--data.store", "lsp.h5", "--data.annotations", "depth.json"),
            *("--best.monitor", "null", "--data.batch_size", "70", "--model.width", "64"),
            *("--model.dropout", "0", "--trainer.max_epochs", "40", "--run", "rel", *quiet),
        ]
    )
    run(["test", "--run", "rel", *quiet])
    with open("runs/rel/test.csv", newline="") as stream:
        wrong = float(list(csv.DictReader(stream))[-1]["disagreement"])
    # Of pairs of another person; half of them are wrong by chance.
    assert wrong < 38


def test_answers_are_of_the_pairs_of_the_annotations(workplace, capsys):
    script("simulate_annotations", "human.h5", "--images", "20", "--annotators", "7")
    made = read_relative_depth(Path("data/simulated_depth.json"))
    pairs = {(i.name, *sorted((a.first, a.second))) for i in made for a in i.annotations}
    collected = collect([Path("data/simulated_answers.json")])
    assert set(collected.pairs) == pairs
    assert len(pairs) == 100
    assert sum(len(answers) for answers in collected.answers) == 500
    assert len(collected.names) == 7
    # Both what was simulated and the store know the images.
    with ClipStore("human.h5") as store:
        said = store.info.origin, store.info.licence
    simulated = Attribution(f"{said[0]}; relative depth simulated", said[1])
    for source, right, origin in (
        ("data/simulated_depth.json", False, simulated),
        ("human.h5", True, Attribution(*said)),
    ):
        arguments = ["--answers", "data/simulated_answers.json", "--out", "merged.json"]
        script("merge_annotations", source, *arguments)
        assert len(read_relative_depth(Path("merged.json"))) == 20
        assert read_attribution(Path("merged.json")) == origin
        assert ("right by the poses" in capsys.readouterr().out) is right


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pairs", "0"], "--pairs is 0"),
        (["--noise", "1.5"], "--noise is 1.5"),
        (["--seed", "-1"], "--seed is -1"),
        (["--annotators", "0"], "--annotators is 0"),
        (["--images", "5000"], "ask for fewer"),
    ],
)
def test_wrong_options_are_named_and_nothing_is_written(workplace, capsys, arguments, message):
    assert message in refused(capsys, "simulate_annotations", "human.h5", *arguments)
    assert not Path("data").exists()
