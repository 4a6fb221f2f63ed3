"""Every configuration that ships is parsed, instantiated and, on the synthetic human, run."""

from pathlib import Path

import pytest

from datamodules import H36M, Synthetic
from lifting.cli import LiftingCLI, run
from lifting.methods import Method

ROOT = Path(__file__).parent.parent
EXPERIMENTS = ROOT / "experiments"
DATA = sorted(EXPERIMENTS.glob("data/*.yaml"))
OVERLAYS = sorted(p for p in EXPERIMENTS.glob("*.yaml") if p.stem not in ("base", "demo"))
# A method's file is any that names a model.
METHODS = sorted(p for p in EXPERIMENTS.glob("*/*.yaml") if "\nmodel:" in "\n" + p.read_text())


class Parsed(LiftingCLI):
    """Instantiates everything and runs nothing."""

    def _run_subcommand(self, subcommand: str) -> None:
        pass


def configs(*paths: Path) -> list[str]:
    return [option for path in paths for option in ("-c", str(path))]


@pytest.fixture
def parsed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("lifting.cli.LiftingCLI", Parsed)
    # Instantiated here without the devices they are written for.
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)

    def parse(*arguments: str) -> LiftingCLI:
        return run(["fit", *arguments, "--wandb", "disabled", "--trainer.accelerator", "cpu"])

    return parse


def test_there_is_something_to_test():
    assert [p.stem for p in DATA] == ["h36m_gt", "h36m_sh", "synthetic"]
    assert METHODS
    assert {p.stem for p in OVERLAYS} >= {"gpu", "ddp", "slurm", "debug", "published_split"}


@pytest.mark.parametrize("data", DATA, ids=lambda p: p.stem)
@pytest.mark.parametrize("method", METHODS, ids=lambda p: p.stem)
def test_method_and_data_instantiate(parsed, method, data):
    cli = parsed(*configs(EXPERIMENTS / "base.yaml", data, method))
    assert isinstance(cli.model, Method)
    assert isinstance(cli.datamodule, Synthetic if data.stem == "synthetic" else H36M)


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda p: p.stem)
def test_overlay_applies_to_every_experiment(parsed, overlay):
    paths = (EXPERIMENTS / "base.yaml", DATA[0], METHODS[0], overlay)
    cli = parsed(*configs(*paths), "--trainer.devices", "1", "--trainer.strategy", "auto")
    assert cli.trainer.max_epochs >= 1


def test_published_split_trains_on_all_five_and_selects_nothing(parsed):
    paths = ("base.yaml", "data/h36m_gt.yaml", METHODS[0], "published_split.yaml")
    cli = parsed(*configs(*(EXPERIMENTS / p for p in paths)))
    assert cli.datamodule.subjects["train"] == ["S1", "S5", "S6", "S7", "S8"]
    assert cli.datamodule.subjects["val"] == []


@pytest.mark.parametrize("method", METHODS, ids=lambda p: p.stem)
@pytest.mark.parametrize("overlay", [None, "published_split"], ids=["selected", "published"])
def test_method_fits_tests_and_predicts_on_the_synthetic_human(
    tmp_path, monkeypatch, synthetic_folder, method, overlay
):
    monkeypatch.chdir(tmp_path)
    names = ["base.yaml", "data/synthetic.yaml", method, "debug.yaml"]
    if overlay:
        names.append(f"{overlay}.yaml")
    run(
        [
            "fit",
            *configs(*(EXPERIMENTS / name for name in names)),
            *("--data.folder", str(synthetic_folder), "--data.frames_per_sequence", "6"),
            *("--data.batch_size", "32", "--trainer.accelerator", "cpu", "--run", "r"),
            *("--trainer.enable_progress_bar", "false"),
        ]
    )
    cli = run(["test", "--run", "r"])
    assert 0 < cli.model.test_result.frame_mean["mpjpe"] < 5000
    run(["predict", "--run", "r"])
    assert (tmp_path / "runs/r/predictions.npz").is_file()
