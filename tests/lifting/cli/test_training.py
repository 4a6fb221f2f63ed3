"""The command line: a run's folder, and the one sentence a wrong input ends in."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import wandb
import yaml

from datamodules.store.clips import ClipStore
from lifting.cli.training import run
from lifting.errors import InputError

pytestmark = [
    pytest.mark.slow(reason="trains from the command line"),
    pytest.mark.xdist_group("cli"),
]

ROOT = Path(__file__).parents[3]


def options(data: Path, *more: str) -> list[str]:
    configs = ("base", "data/synthetic", "supervised/simple_baseline")
    return [
        *(option for c in configs for option in ("-c", str(ROOT / f"experiments/{c}.yaml"))),
        *("--data.folder", str(data), "--data.frames_per_sequence", "6"),
        *("--data.batch_size", "128", "--model.width", "32", "--trainer.max_epochs", "2"),
        *("--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"),
        *("--trainer.enable_model_summary", "false", "--trainer.callbacks+=callbacks.EMA"),
        *("--wandb", "disabled", "--pictures", "false", *more),
    ]


@pytest.fixture(scope="module")
def trained(tmp_path_factory, give_synthetic) -> Path:
    """A folder with synthetic data and a run 'one', which is trained and tested."""
    folder = tmp_path_factory.mktemp("trained")
    give_synthetic(folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run(
            [
                "fit",
                *options(folder / "data", "--pictures", "true"),
                "--run",
                "one",
                "--test",
                "true",
            ]
        )
    return folder


@pytest.fixture
def here(trained, monkeypatch) -> Path:
    monkeypatch.chdir(trained)
    return trained


def test_everything_of_a_run_is_in_its_folder(here):
    files = {str(p.relative_to(here)) for p in here.rglob("*") if p.is_file()}
    assert {"runs/one/config.yaml", "runs/one/provenance.json"} <= files
    assert {"runs/one/checkpoints/best.ckpt", "runs/one/checkpoints/last.ckpt"} <= files
    assert "runs/one/logs/version_0/metrics.csv" in files
    assert "runs/one/pictures/val_epoch0002.png" in files
    assert {Path(f).parts[0] for f in files} == {"runs", "data"}


def test_checkpoints_hold_nothing_that_needs_unpickling(here):
    for name in ("best", "last"):
        torch.load(here / f"runs/one/checkpoints/{name}.ckpt", weights_only=True)


def test_provenance_names_code_libraries_and_data(here):
    (entry,) = json.loads((here / "runs/one/provenance.json").read_text())[:1]
    assert entry["libraries"]["torch"] == torch.__version__
    (store,) = (here / "data").glob("*.h5")
    with ClipStore(store) as clips:
        assert entry["data"][store.name] == clips.digest


def test_test_writes_the_table_and_needs_only_the_name_of_the_run(here):
    table = here / "runs/one/test.csv"
    after_training = table.read_text()
    table.unlink()
    cli = run(["test", "--run", "one", "--wandb", "disabled", "--pictures", "false"])
    assert table.read_text() == after_training
    rows = table.read_text().splitlines()
    assert len(rows) == 1 + 15 + 2
    assert rows[0].startswith("action,frames,mpjpe,pa_mpjpe")
    result = cli.model.test_result
    assert sum(result.frames) == 2 * 30 * 4 * 6
    assert (here / "runs/one/test.md").read_text().count("\n") == 2 + 15 + 2


def test_options_of_a_test_alone_are_noted(here):
    run(["test", "--run", "one", "--wandb", "disabled"])
    run(["test", "--run", "one", "--wandb", "disabled", "--model.flip_test", "true"])
    trained, *_, plain, flipped = json.loads((here / "runs/one/provenance.json").read_text())
    assert [e["changes"] for e in (trained, plain, flipped)] == [{}, {}, {"model.flip_test": True}]


def test_predict_writes_every_frame(here):
    run(["predict", "--run", "one", "--wandb", "disabled"])
    import numpy as np

    with np.load(here / "runs/one/predictions.npz", allow_pickle=False) as file:
        assert file["pose"].shape == (2 * 30 * 4 * 6, 17, 3)
        assert len(file["clips"]) == 2 * 30 * 4
        assert len({(c, f) for c, f in zip(file["clip"], file["frame"], strict=True)}) == 1440


def test_finished_run_resumed_changes_nothing(here):
    before = torch.load(here / "runs/one/checkpoints/last.ckpt", weights_only=True)
    run(["fit", *options(here / "data"), "--run", "one", "--ckpt_path", "last"])
    after = torch.load(here / "runs/one/checkpoints/last.ckpt", weights_only=True)
    assert after["global_step"] == before["global_step"]
    for name, value in before["state_dict"].items():
        assert torch.equal(value, after["state_dict"][name])


def test_saved_configuration_repeats_the_run(here):
    config = str(here / "runs/one/config.yaml")
    run(["fit", "-c", config, "--run", "again", "--wandb", "disabled", "--pictures", "false"])
    first, second = (
        torch.load(here / f"runs/{name}/checkpoints/last.ckpt", weights_only=True)["state_dict"]
        for name in ("one", "again")
    )
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_test_that_fails_leaves_no_folder(here):
    checkpoint = ("--ckpt_path", "runs/one/checkpoints/best.ckpt", "--model.width", "16")
    with pytest.raises(InputError, match="another shape"):
        run(["test", *options(here / "data"), "--run", "elsewhere", *checkpoint])
    assert not (here / "runs/elsewhere").exists()


def test_a_training_that_cannot_begin_leaves_no_folder_to_wandb_either(here):
    start = ("--model.start_from", "runs/one/checkpoints/best.ckpt", "--model.width", "16")
    with pytest.raises(InputError, match="another shape"):
        run(["fit", *options(here / "data", *start, "--wandb", "offline"), "--run", "elsewhere"])
    # At the end of the process it would write there once more.
    assert wandb.run is None
    assert not (here / "runs/elsewhere").exists()


@pytest.mark.parametrize("command", ["test", "validate", "predict"])
def test_a_checkpoint_of_another_run_leaves_a_configuration_beside_its_results(here, command):
    checkpoint = ("--ckpt_path", "runs/one/checkpoints/best.ckpt")
    run([command, *options(here / "data"), "--run", f"{command}_elsewhere", *checkpoint])
    folder = here / f"runs/{command}_elsewhere"
    mine, theirs = (
        yaml.safe_load((f / "config.yaml").read_text()) for f in (folder, here / "runs/one")
    )
    assert (mine["model"], mine["data"]) == (theirs["model"], theirs["data"])
    shutil.rmtree(folder)


def test_last_of_a_run_that_has_not_begun_starts_it(here):
    run(["fit", *options(here / "data"), "--run", "fresh", "--ckpt_path", "last"])
    assert (here / "runs/fresh/checkpoints/last.ckpt").is_file()


@pytest.mark.exhaustive
def test_nothing_is_drawn_and_nothing_else_changes_where_pictures_are_switched_off(here):
    run(
        [
            "fit",
            *options(here / "data"),
            *("--run", "plain", "--test", "true", "--pictures", "false"),
        ]
    )
    # Other tests may have tested it with other options since.
    run(["test", "--run", "one", "--wandb", "disabled"])
    assert (here / "runs/plain/test.csv").read_text() == (here / "runs/one/test.csv").read_text()
    assert not (here / "runs/plain/pictures").exists()
    drawn, plain = (
        torch.load(here / f"runs/{name}/checkpoints/last.ckpt", weights_only=True)["state_dict"]
        for name in ("one", "plain")
    )
    assert all(torch.equal(drawn[name], plain[name]) for name in drawn)


def refused(*arguments: str) -> str:
    with pytest.raises(InputError) as error:
        run(list(arguments))
    return str(error.value)


@pytest.mark.parametrize(("asked", "monitor"), [((), None), (("train/loss",), "train/loss")])
def test_without_anybody_held_out_the_best_is_the_last_epoch(here, asked, monitor):
    more = (
        "--data.val_subjects",
        "[]",
        "--test",
        "true",
        *(("--best.monitor", *asked) * len(asked)),
    )
    folder = here / f"runs/all_of_them_{len(asked)}"
    run(["fit", *options(here / "data"), *more, "--run", str(folder)])
    assert yaml.safe_load((folder / "config.yaml").read_text())["best"]["monitor"] == monitor
    best, last = (torch.load(folder / f"checkpoints/{n}.ckpt") for n in ("best", "last"))
    assert asked or best["global_step"] == last["global_step"]
    assert (folder / "test.csv").is_file()


def test_best_that_was_never_measured_is_named_when_it_is_to_be_tested(here):
    more = ("--trainer.limit_val_batches", "0", "--test", "true")
    told = refused("fit", *options(here / "data"), *more, "--run", "blind")
    assert "runs/blind/checkpoints/best.ckpt" in told
    assert "val/mpjpe was never measured" in told


def test_run_that_has_begun_is_not_overwritten(here):
    message = refused("fit", *options(here / "data"), "--run", "one")
    assert "runs/one" in message
    assert "--ckpt_path last" in message


def test_folder_of_another_experiment_is_refused(here):
    shutil.copytree(here / "runs/one", here / "runs/other")
    config = here / "runs/other/config.yaml"
    content = yaml.safe_load(config.read_text())
    content["model"]["class_path"] = "lifting.methods.Elsewhere"
    config.write_text(yaml.safe_dump(content))
    message = refused("fit", *options(here / "data"), "--run", "other", "--ckpt_path", "last")
    assert "another experiment" in message
    assert "runs/other" in message


def test_run_that_is_past_the_epochs_asked_for_is_named(here):
    arguments = ["--run", "one", "--ckpt_path", "last", "--trainer.max_epochs", "1"]
    assert "max_epochs=1" in refused("fit", *options(here / "data"), *arguments)


def test_run_that_fails_after_it_has_trained_is_kept(here, monkeypatch):
    def fail(module):
        raise InputError("The data hold no 3D poses to evaluate against: predict instead.")

    monkeypatch.setattr("lifting.methods.Method.on_validation_epoch_end", fail)
    more = ["--run", "failed", "--last.every_n_train_steps", "1"]
    assert "no 3D poses" in refused("fit", *options(here / "data"), *more)
    assert (here / "runs/failed/checkpoints/last.ckpt").is_file()


def test_missing_run_is_named(here):
    assert "nowhere" in refused("test", "--run", "nowhere", "--wandb", "disabled")


def test_missing_checkpoint_is_named(here):
    message = refused("test", "--run", "one", "--ckpt_path", "no.ckpt", "--wandb", "disabled")
    assert message.startswith("no.ckpt: there is no such checkpoint")


def test_truncated_checkpoint_is_named(here, tmp_path):
    whole = (here / "runs/one/checkpoints/best.ckpt").read_bytes()
    cut = tmp_path / "cut.ckpt"
    for size in (0, 100, len(whole) // 2, len(whole) - 30):
        cut.write_bytes(whole[:size])
        message = refused("test", "--run", "one", "--ckpt_path", str(cut), "--wandb", "disabled")
        assert str(cut) in message


class Bomb:
    def __reduce__(self):
        return (Path.touch, (Path("exploded"),))


def test_checkpoint_that_would_run_code_is_refused(here):
    torch.save({"lifting": {}, "state_dict": Bomb()}, "bomb.ckpt")
    message = refused("test", "--run", "one", "--ckpt_path", "bomb.ckpt", "--wandb", "disabled")
    assert "bomb.ckpt" in message
    assert not Path("exploded").exists()


def test_foreign_checkpoint_is_refused(here):
    torch.save({"state_dict": {}}, "foreign.ckpt")
    message = refused("test", "--run", "one", "--ckpt_path", "foreign.ckpt", "--wandb", "disabled")
    assert "foreign.ckpt" in message
    assert "not a checkpoint of this suite" in message


@pytest.mark.parametrize("what", ["method", "skeleton", "keypoint_skeleton"])
def test_checkpoint_of_another_method_or_skeleton_is_refused(here, what):
    checkpoint = torch.load(here / "runs/one/checkpoints/best.ckpt", weights_only=True)
    checkpoint["lifting"][what] = "other"
    torch.save(checkpoint, f"{what}.ckpt")
    message = refused("test", "--run", "one", "--ckpt_path", f"{what}.ckpt", "--wandb", "disabled")
    assert message.startswith(f"{what}.ckpt")
    assert "'other'" in message


def test_checkpoint_of_another_width_is_refused(here):
    best = "runs/one/checkpoints/best.ckpt"
    arguments = ["--run", "one", "--model.width", "48", "--ckpt_path", best, "--wandb", "disabled"]
    message = refused("test", *arguments)
    assert message.startswith(best)
    assert "another shape" in message


@pytest.mark.parametrize(
    ("option", "value", "named"),
    [
        ("--data.train_subjects", "[S1, S99]", "S99"),
        ("--data.actions", "[Walking, Flying]", "Flying"),
        ("--data.source", "cpn", "cpn"),
        ("--data.test_frames", "some", "some"),
        ("--data.receptive_field", "4", "odd"),
        ("--data.keypoint_skeleton", "smpl", "smpl"),
        ("--data.keypoint_skeleton", "h36m16", "h36m16"),
        ("--model.schedule", "stairs", "stairs"),
        ("--model.skeleton", "coco17", "coco17"),
        ("--model.skeleton", "smpl", "smpl"),
        ("--model.warmup", "2", "warmup"),
        ("--data.receptive_field", "3", "single frames"),
        ("--trainer.precision", "bf16-true", "bf16-mixed"),
        ("--trainer.max_epochs", "-1", "needs an end"),
        ("--trainer.max_epochs", "many", "--trainer.max_epochs is many: give null or int."),
        ("--model.width", "wide", "--model.width is wide: give int."),
        ("--model.wdith", "3", "--model.wdith: there is no such option"),
        ("--model", "Nonesuch", "--model is Nonesuch: there is no such class"),
        ("--data.train_subjects", "3", "--data.train_subjects is 3: give a list."),
        ("--wandb", "maybe", "--wandb is maybe: give 'offline', 'online', 'disabled'."),
        ("--foo", "3", "--foo: there is no such option;"),
        ("-c", "nothing.yaml", "nothing.yaml"),
    ],
)
def test_wrong_option_is_named(here, option, value, named):
    message = refused("fit", *options(here / "data"), "--run", "wrong", option, value)
    assert named in message
    assert not (here / "runs/wrong").exists()


def test_wrong_option_is_named_beside_callbacks_without_options(here):
    more = ("--trainer.callbacks+=callbacks.Throughput", "--model.skeleton", "smpl")
    assert "There is no skeleton 'smpl'" in refused("fit", *options(here / "data"), *more)


def test_missing_store_is_named(here):
    message = refused(
        "fit",
        *("-c", str(ROOT / "experiments/base.yaml")),
        *("-c", str(ROOT / "experiments/data/h36m_gt.yaml")),
        *("-c", str(ROOT / "experiments/supervised/simple_baseline.yaml")),
        *("--wandb", "disabled", "--trainer.accelerator", "cpu", "--run", "nodata"),
    )
    assert "data/h36m.h5" in message


@pytest.mark.unforked
def test_process_prints_one_sentence_and_fails(here):
    command = [sys.executable, "-m", "lifting", "test", "--run", "nowhere"]
    done = subprocess.run(
        command,
        cwd=here,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Error: runs/nowhere: there is no such run")
    assert done.stderr.count("\n") == 1
    assert done.stdout.startswith("The runs there are:")
