"""A folder of runs that is moved: what it holds knows no place, and goes on where it lies."""

import json
from pathlib import Path

import pytest
import torch

from lifting.cli.main import main
from lifting.cli.training import run
from lifting.errors import CheckpointError
from lifting.methods import Method

pytestmark = pytest.mark.slow(reason="trains from the command line")

ROOT = Path(__file__).parent.parent
CONFIGS = ("base", "data/synthetic", "supervised/simple_baseline")


def options(*more):
    return [
        *("fit", *(o for c in CONFIGS for o in ("-c", str(ROOT / f"experiments/{c}.yaml")))),
        *("--data.frames_per_sequence", "6", "--data.batch_size", "128", "--model.width", "32"),
        *("--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"),
        *("--trainer.enable_model_summary", "false", "--wandb", "disabled"),
        *("--pictures", "false", "--run", "one", *more),
    ]


@pytest.fixture(scope="module")
def trained(tmp_path_factory, give_synthetic):
    """A folder with a run of two epochs, which has moved there."""
    first = tmp_path_factory.mktemp("before") / "first"
    give_synthetic(first / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(first)
        run(options("--trainer.max_epochs", "2"))
        second = tmp_path_factory.mktemp("after")
        (first / "runs").rename(second / "runs")
        (first / "data").rename(second / "data")
    return first, second


@pytest.fixture
def here(trained, monkeypatch):
    monkeypatch.chdir(trained[1])
    return trained[1] / "runs/one"


def strings(content):
    """Yield all text in nested lists and dictionaries."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for key, value in content.items():
            yield from strings(key)
            yield from strings(value)
    elif isinstance(content, list | tuple | set):
        for value in content:
            yield from strings(value)


def test_nothing_in_it_knows_where_it_was(trained, here):
    place = str(trained[0])
    assert not any(
        place in text
        for path in here.rglob("*.ckpt")
        for text in strings(torch.load(path, weights_only=True))
    )
    others = [path for path in here.rglob("*") if path.is_file() and path.suffix != ".ckpt"]
    assert {"config.yaml", "provenance.json", "metrics.csv"} <= {path.name for path in others}
    assert not any(place in path.read_text(errors="replace") for path in others)


def test_a_worse_epoch_leaves_the_best_checkpoint_alone(here, monkeypatch):
    best, last = (here / f"checkpoints/{name}.ckpt" for name in ("best", "last"))
    before = best.read_bytes()
    finish = Method.on_validation_epoch_end

    def worse(method):
        finish(method)
        method.log("val/mpjpe", 1e6)

    monkeypatch.setattr(Method, "on_validation_epoch_end", worse)
    cli = run(options("--trainer.max_epochs", "3", "--ckpt_path", "last"))
    assert cli.trainer.current_epoch == 3
    assert best.read_bytes() == before
    assert torch.load(last, weights_only=True)["epoch"] == 3
    score = cli.trainer.checkpoint_callback.best_model_score
    assert 0 < score < 1e4
    # And one that is better replaces it.
    monkeypatch.setattr(Method, "on_validation_epoch_end", finish)
    run(options("--trainer.max_epochs", "6", "--ckpt_path", "last"))
    assert best.read_bytes() != before
    assert json.loads((here / "provenance.json").read_text())


def test_what_diverged_is_not_gone_on_from_nor_tested(here, capsys, monkeypatch):
    for name, words in (
        ("last", options("--ckpt_path", "last")),
        ("best", ["test", "--run", "one"]),
    ):
        path = here / f"checkpoints/{name}.ckpt"
        whole = path.read_bytes()
        checkpoint = torch.load(path, weights_only=True)
        next(iter(checkpoint["state_dict"].values())).view(-1)[0] = torch.nan
        torch.save(checkpoint, path)
        with pytest.raises(CheckpointError, match="of a training that diverged"):
            run(words)
        path.write_bytes(whole)


def test_a_training_that_diverges_ends_with_status_2(here, capsys, monkeypatch):
    words = options("--model.lr", "1e12", "--run", "two", "--trainer.max_epochs", "1")
    monkeypatch.setattr("sys.argv", ["lifting", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.rpartition("Error: ")[2].splitlines()
    assert line.startswith(
        "runs/two: training diverged: at step 1 (epoch 0) the loss is not finite"
    )
    # What it was is still there to look at.
    assert Path("runs/two/config.yaml").is_file()
    assert not list(Path("runs/two").rglob("*.ckpt"))
