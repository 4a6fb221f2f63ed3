"""Trainings that go on: what is refused before anything is written, what takes effect, what is told."""

import csv
import shutil
from pathlib import Path

import pytest
import torch
import yaml

from lifting.cli.training import run
from lifting.errors import InputError
from lifting.reporting import gather
from lifting.reporting.history import history, told
from lifting.runs.folder import read_curves, read_provenance
from lifting.runs.resumption import Class, class_of

pytestmark = [
    pytest.mark.slow(reason="trains and resumes from the command line"),
    pytest.mark.xdist_group("cli"),
]

ROOT = Path(__file__).parents[4]
STEPS = 16
OPTIONS = [
    *("-c", str(ROOT / "experiments/base.yaml")),
    *("-c", str(ROOT / "experiments/data/synthetic.yaml")),
    *("--data.frames_per_sequence", "6", "--data.train_subjects", "[S1]"),
    *("--data.actions", "[Walking]", "--trainer.max_epochs", "2"),
    *("--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"),
    *("--trainer.enable_model_summary", "false", "--wandb", "disabled", "--pictures", "false"),
]
BASELINE = [
    *("-c", str(ROOT / "experiments/supervised/simple_baseline.yaml")),
    *("--data.batch_size", "6", "--model.width", "16"),
]
REPNET = [
    *("-c", str(ROOT / "experiments/adversarial/repnet.yaml")),
    *("--data.batch_size", "6", "--model.width", "16", "--model.critic_width", "16"),
    *("--model.n_critic", "2", "--data.prior_subjects", "[S5]"),
]
LAST = "runs/first/checkpoints/last.ckpt"


def fit(name, *more, method=BASELINE):
    return run(["fit", *OPTIONS, *method, "--run", name, *more])


@pytest.fixture(scope="module")
def trained(tmp_path_factory, give_synthetic):
    """A folder with synthetic data and a run of two epochs of a lifter, and one of RepNet."""
    folder = tmp_path_factory.mktemp("trained")
    give_synthetic(folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        fit("first")
        fit("gan", method=REPNET)
    return folder


@pytest.fixture
def here(trained, tmp_path, monkeypatch):
    shutil.copytree(trained, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def contents(folder):
    return {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}


def last(name="first"):
    return torch.load(f"runs/{name}/checkpoints/last.ckpt", weights_only=True)


def same_weights(first, second):
    return all(torch.equal(a, second["state_dict"][n]) for n, a in first["state_dict"].items())


def refusal(*more, name="first"):
    with pytest.raises(InputError) as error:
        fit(name, *more)
    return str(error.value)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (("--data.batch_size", "4"), "--data.batch_size 6, not 4"),
        (("--seed", "7"), "--seed_everything 0, not 7 and --model.seed 0, not 7 and --data.seed"),
        (("--trainer.precision", "64-true"), "--trainer.precision 32-true, not 64-true"),
        (("--trainer.callbacks+=callbacks.EMA",), '--trainer.callbacks [], not ["EMA"]'),
        (("--best.monitor", "train/loss"), "--best.monitor val/mpjpe, not train/loss"),
        (("--data.generator_seed", "1"), "--data.generator_seed 0, not 1"),
        (("--trainer.devices", "2"), "1 process, not 2 (--trainer.devices"),
    ],
)
def test_what_a_run_keeps_is_refused_before_anything_is_written(here, more, named):
    before = contents(here / "runs")
    message = refusal("--ckpt_path", "last", *more)
    assert f"{LAST}: was trained with {named}" in message
    assert f"--model.start_from {LAST} --run NEW." in message
    assert contents(here / "runs") == before


def test_other_data_at_the_same_place_are_refused_before_anything_is_written(here):
    content = last()
    content["callbacks"]["Provenance"]["data"] = {"synthetic.h5": "0123456789abcdef"}
    torch.save(content, LAST)
    before = contents(here / "runs")
    message = refusal("--ckpt_path", "last", "--trainer.max_epochs", "3")
    assert "was trained with another synthetic.h5 (SHA-256 0123456789, not missing)" in message
    assert contents(here / "runs") == before


@pytest.mark.parametrize("unit", ["epochs", "steps"])
def test_less_than_is_done_is_refused_before_anything_is_written(here, unit):
    before = contents(here / "runs")
    message = refusal("--ckpt_path", "last", f"--trainer.max_{unit}", "1")
    assert (
        f"has done {2 if unit == 'epochs' else STEPS} {unit} already, and max_{unit}=1" in message
    )
    assert contents(here / "runs") == before


def test_a_checkpoint_of_another_run_is_compared_in_the_same_way(here):
    assert "--data.batch_size 6, not 4" in refusal(
        "--ckpt_path", LAST, "--data.batch_size", "4", name="second"
    )
    assert not Path("runs/second").exists()
    shutil.copytree("runs/first", "runs/second")
    config = Path("runs/second/config.yaml")
    config.write_text(config.read_text().replace("batch_size: 6", "batch_size: 12"))
    more = ("--ckpt_path", LAST, "--trainer.max_epochs", "3")
    message = refusal(*more, name="second")
    assert message.startswith("runs/second: holds a run that was trained with --data.batch_size 12")


def test_options_of_the_command_alone_are_free(here):
    options = yaml.safe_load(Path("runs/first/config.yaml").read_text())
    names = [n for n in options if n not in ("model", "data", "trainer", "best", "last")]
    for numbers_change in ("seed_everything", "matmul_precision"):
        names.remove(numbers_change)
        assert class_of(numbers_change, "SimpleBaseline") == Class.REFUSED
    assert {class_of(name, "SimpleBaseline") for name in names} == {Class.FREE}


def test_a_finished_run_that_takes_no_step_keeps_its_record(here):
    before = contents(here / "runs/first")
    fit("first", "--ckpt_path", "last", "--model.lr", "0.5", "--model.flip_test", "true")
    now = contents(here / "runs/first")
    for name in ("config.yaml", "provenance.json"):
        assert now[here / "runs/first" / name] == before[here / "runs/first" / name]


def test_what_is_free_leaves_the_weights_bit_identical_wherever_data_and_run_lie(here):
    more = ("--ckpt_path", "last", "--trainer.max_epochs", "3")
    shutil.copytree("runs/first", "elsewhere/moved")
    fit("first", *more)
    Path("data").rename("moved_data")
    free = ("--data.folder", "moved_data", "--data.eval_batch_size", "7")
    free += ("--trainer.log_every_n_steps", "1", "--trainer.callbacks+=LearningRateMonitor")
    free += ("--trainer.check_val_every_n_epoch", "3", "--last.every_n_train_steps", "2")
    fit("./elsewhere/moved", *more, *free, "--trainer.strategy", "ddp")
    moved = torch.load("elsewhere/moved/checkpoints/last.ckpt", weights_only=True)
    assert same_weights(last(), moved)


def test_what_is_reapplied_takes_effect_is_logged_and_told(here):
    step = last()["global_step"]
    more = ("--ckpt_path", "last", "--trainer.max_epochs", "4", "--model.schedule", "exponential")
    more += ("--model.lr", "0.5", "--model.weight_decay", "0.25", "--model.lr_decay", "0.5")
    fit("first", *more, "--trainer.log_every_n_steps", "1")
    (state,), (schedule,) = last()["optimizer_states"], last()["lr_schedulers"]
    (group,) = state["param_groups"]
    assert (group["initial_lr"], group["weight_decay"]) == (0.5, 0.25)
    assert group["lr"] == pytest.approx(0.5 * 0.5 ** (2 * step / (step / 2)))
    assert schedule["base_lrs"] == [0.5]
    assert last()["hyper_parameters"]["lr"] == 0.5
    assert last()["callbacks"]["Provenance"]["options"]["model.lr"] == 0.5

    (log,) = Path("runs/first/logs").glob("version_1/metrics.csv")
    with log.open(newline="") as stream:
        (row,) = [row for row in csv.DictReader(stream) if row["change/model.lr"]]
    assert (row["step"], row["change/model.lr"]) == (str(step), "0.5")
    assert row["change/model.schedule"] == "exponential"
    assert "train/loss" in read_curves(Path("runs/first"))

    begun, resumed = read_provenance(Path("runs/first"))
    assert (begun["step"], resumed["step"]) == (0, step)
    assert resumed["changed"]["model.lr"] == [0.001, 0.5]
    assert resumed["changed"]["trainer.max_epochs"] == [2, 4]
    config = yaml.safe_load(Path("runs/first/config.yaml").read_text())
    assert config["model"]["init_args"]["lr"] == 0.5

    (reported,) = gather([Path("runs/first")])
    assert told(reported, "model.lr") == f"0.001; from step {step} 0.5"
    first, second = history([reported])
    assert "--model.lr" not in first["command"]
    assert "--model.lr 0.5" in second["command"]


@pytest.mark.exhaustive
def test_both_rates_of_a_generative_adversarial_method_take_effect(here):
    more = ("--ckpt_path", "last", "--trainer.max_epochs", "3", "--model.critic_lr", "0.25")
    fit("gan", *more, method=REPNET)
    before = yaml.safe_load(Path("runs/gan/config.yaml").read_text())["model"]["init_args"]
    generator, critic = last("gan")["optimizer_states"]
    assert generator["param_groups"][0]["initial_lr"] == before["lr"]
    assert critic["param_groups"][0]["initial_lr"] == 0.25
    assert [s["base_lrs"] for s in last("gan")["lr_schedulers"]] == [[before["lr"]], [0.25]]


def test_a_longer_training_has_its_schedule_from_its_first_step_on(here, monkeypatch):
    rates = []
    original = torch.optim.AdamW.step

    def step(self, *args, **kwargs):
        rates.append(self.param_groups[0]["lr"])
        return original(self, *args, **kwargs)

    monkeypatch.setattr("torch.optim.AdamW.step", step)
    fit("whole", "--trainer.max_epochs", "4", "--model.warmup", "0")
    whole, rates[:] = list(rates), []
    fit("first", "--ckpt_path", "last", "--trainer.max_epochs", "4", "--model.warmup", "0")
    assert rates == whole[len(whole) // 2 :]


@pytest.mark.exhaustive
def test_weights_begin_another_run_where_options_are_refused(here):
    start = ("--model.start_from", LAST, "--data.batch_size", "4")
    fit("second", *start, "--last.every_n_train_steps", "1")
    before = last("second")["frozen"]
    assert list(before) == ["start_from"]
    shutil.move("runs/first", "runs/before")
    # It is not read again, so that it may be gone, or elsewhere.
    fit("second", *start, "--trainer.max_epochs", "3", "--ckpt_path", "last")
    assert last("second")["frozen"] == before
    more = ("--data.batch_size", "4", "--trainer.max_epochs", "4", "--ckpt_path", "last")
    fit("second", "--model.start_from", "runs/before/checkpoints/last.ckpt", *more)
    assert last("second")["frozen"] == before
    other = "runs/gan/checkpoints/last.ckpt"
    told = refusal("--model.start_from", other, *more, name="second")
    assert f"another --model.start_from than {other}" in told
