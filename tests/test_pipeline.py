"""Pipelines on paper: what is read, in which order, and what counts as changed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from lifting.errors import InputError
from lifting.pipeline.plan import best_checkpoint
from lifting.pipeline.reading import read_pipeline
from lifting.pipeline.records import Record, changes, file_state, inputs_of, state_of

BASE = "# a comment\nseed_everything: 0\ntrainer:\n  max_epochs: 3\n"
STORED = "data:\n  class_path: H36M\n  init_args:\n    store: data/h36m.h5\n"


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A folder with two configurations, to run in."""
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments/base.yaml").write_text(BASE)
    (tmp_path / "experiments/stored.yaml").write_text(STORED)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plan(stages, name=None, settings=None, overlays=(), **keys):
    Path("p.yaml").write_text(yaml.safe_dump({"name": "p", "stages": stages, **keys}))
    return read_pipeline("p.yaml", name, settings, overlays)


def test_stage_is_a_plain_command(here):
    pipeline = plan(
        {
            "flow": None,
            "lifter": {
                "configs": ["stored"],
                "options": {"model.lr": 0.01, "data.actions": ["Walking", "Sitting"]},
                "checkpoints": {"model.full_flow": "flow"},
            },
        },
        configs=["base"],
        options={"data.batch_size": 512, "model.lr": 1.0, "trainer.logger": False},
        name="again",
    )
    assert pipeline.stages["lifter"].command_line() == [
        *("python", "-m", "lifting", "fit"),
        *("-c", "experiments/base.yaml", "-c", "experiments/stored.yaml"),
        *("--data.batch_size=512", "--model.lr=0.01", "--trainer.logger=false"),
        '--data.actions=["Walking", "Sitting"]',
        "--model.full_flow=runs/again/flow/checkpoints/best.ckpt",
        *("--run", "runs/again/lifter", "--ckpt_path", "last", "--test=true"),
    ]


def test_settings_win_over_every_option(here):
    stages = {"a": {"options": {"model.lr": 2}}, "store": {"command": "x", "creates": "f"}}
    pipeline = plan(stages, options={"model.lr": 1}, settings={"model.lr": 3})
    assert pipeline.stages["a"].options == {"model.lr": 3}
    assert pipeline.stages["store"].command_line() == ["x"]


def test_a_training_is_tested_once_more_with_other_options(here):
    stages = {
        "noisy": {"tests": "clean", "options": {"data.test_noise.amount": 5}},
        "clean": {"configs": ["stored"], "options": {"model.lr": 0.1}},
    }
    pipeline = plan(stages, configs=["base"], settings={"wandb": "disabled"})
    assert list(pipeline.stages) == ["clean", "noisy"]
    noisy = pipeline.stages["noisy"]
    assert noisy.command_line() == [
        *("python", "-m", "lifting", "test"),
        *("-c", "experiments/base.yaml", "-c", "experiments/stored.yaml"),
        *("--model.lr=0.1", "--data.test_noise.amount=5", "--wandb=disabled"),
        "--ckpt_path=runs/p/clean/checkpoints/best.ckpt",
        *("--run", "runs/p/noisy"),
    ]
    assert noisy.output == Path("runs/p/noisy/test.csv")
    assert Path("data/h36m.h5") in noisy.needs
    assert state_of(noisy) == ("run", "")
    assert pipeline.with_later(["clean"]) == ["clean", "noisy"]
    assert plan({"bare": None, "test": {"tests": "bare"}}).stages["test"].tested == "bare"


def test_what_is_not_trained_here_is_tested_as_it_is(here):
    stages = {"shipped": {"trains": False, "options": {"ckpt_path": "person"}}, "a": None}
    shipped = plan(stages, configs=["stored"]).stages["shipped"]
    assert shipped.command_line() == [
        *("python", "-m", "lifting", "test", "-c", "experiments/stored.yaml"),
        *("--ckpt_path=person", "--run", "runs/p/shipped"),
    ]
    assert shipped.output == Path("runs/p/shipped/test.csv")
    assert state_of(shipped) == ("run", "")


def test_overlays_go_above_the_configurations_of_every_training(here):
    (here / "experiments/other.yaml").write_text("data:\n  class_path: Synthetic\n")
    stages = {"a": {"configs": ["stored"]}, "b": {"tests": "a"}}
    for stage in plan(stages, overlays=["base", "other"]).stages.values():
        files = ("experiments/stored.yaml", "experiments/base.yaml", "experiments/other.yaml")
        assert stage.configs == tuple(map(Path, files))
        # The dataset of the overlay is another one.
        assert Path("data/h36m.h5") not in stage.needs


def test_stages_run_in_the_order_of_the_file_but_after_those_they_build_on(here):
    pipeline = plan(
        {
            "merged": {"checkpoints": {"left": "sides", "full": "flow"}},
            "alone": {},
            "sides": {"configs": ["stored"], "checkpoints": {"flow": "flow"}},
            "flow": {"configs": ["stored"]},
            "store": {"command": "make it", "creates": "data/h36m.h5"},
        }
    )
    assert list(pipeline.stages) == ["alone", "store", "flow", "sides", "merged"]
    assert pipeline.with_later(["sides"]) == ["sides", "merged"]
    assert pipeline.with_later(["store"]) == ["store", "flow", "sides", "merged"]
    assert pipeline.with_later([]) == []


@pytest.mark.parametrize(
    ("stages", "named"),
    [
        ({"a": {"checkpoints": {"x": "b"}}, "b": {"checkpoints": {"x": "a"}}}, "circle"),
        ({"a": {"checkpoints": {"x": "a"}}}, "circle"),
        ({"a": {"checkpoints": {"x": "none"}}}, "no stage 'none'"),
        ({"a": {"configs": ["nowhere"]}}, "experiments/nowhere.yaml: there is no such file"),
        ({"a": {"configs": "base"}}, "'configs' is to be a list"),
        ({"a": {"option": {}}}, "no key 'option'"),
        ({"a": {"options": ["x"]}}, "'options' is to be a mapping"),
        ({"a": {"command": "make"}}, "'creates'"),
        ({"a": {"command": "make 'it", "creates": "f"}}, "one line of text"),
        ({"a": {"command": "make", "creates": "f", "configs": []}}, "no key 'configs'"),
        ({"a": 3}, "holds no keys"),
        ({"../a": {}}, "'../a' cannot name a folder"),
        ({1: {}}, "'stages' is to be a mapping of names"),
        ({"a": {"checkpoints": {"x": ["a"]}}}, "no stage '['a']'"),
        ({"a": {"tests": "b"}}, "there is no training 'b' to test"),
        ({"a": {"tests": "b"}, "b": {"tests": "a"}}, "there is no training 'b' to test"),
        ({"a": {"tests": "b"}, "b": {"command": "x", "creates": "f"}}, "no training 'b' to test"),
        ({"a": {"tests": "b", "needs": []}, "b": {}}, "no key 'needs'"),
        ({"a": {"trains": True}}, "'trains' can be false alone"),
        ({"a": {"trains": False, "checkpoints": {}}}, "no key 'checkpoints'"),
        ({"a": {"trains": False}, "b": {"tests": "a"}}, "there is no training 'a' to test"),
        ({}, "has no stages"),
    ],
)
def test_wrong_file_is_refused_in_one_sentence(here, stages, named):
    with pytest.raises(InputError) as error:
        plan(stages)
    assert named in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["a: [", "- a", "\xff"])
def test_file_that_is_no_mapping_is_named(here, text):
    Path("p.yaml").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=r"p\.yaml"):
        read_pipeline("p.yaml")


def test_unknown_stage_is_named_with_those_there_are(here):
    with pytest.raises(InputError, match="no stage 'c'; it has a, b"):
        plan({"a": {}, "b": {}}).select(["a", "c"])


def test_digest_is_that_of_sha256sum(here):
    Path("file").write_bytes(bytes(range(256)) * 5000)
    expected = subprocess.run(["sha256sum", "file"], capture_output=True, text=True, check=True)
    assert file_state(Path("file"))["sha256"] == expected.stdout.split()[0]
    assert file_state(Path("none")) == {}


def test_untouched_file_is_not_read_again(here):
    Path("file").write_text("one")
    known = file_state(Path("file")) | {"sha256": "known"}
    assert file_state(Path("file"), known)["sha256"] == "known"
    os.utime("file", ns=(0, known["mtime_ns"] + 1))
    assert file_state(Path("file"), known)["sha256"] != "known"


def stage_of(**keys):
    return plan({"flow": {}, "a": keys}).stages["a"]


USUAL = {
    "configs": ["base", "stored"],
    "options": {"model.lr": 0.1, "data.actions": ["Walking"]},
    "checkpoints": {"flow": "flow"},
    "needs": ["extra"],
}


@pytest.fixture
def usual(here):
    """The inputs of a stage, all of whose files are there."""
    for path in (best_checkpoint(Path("runs/p/flow")), Path("data/h36m.h5"), Path("extra")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)
    return inputs_of(stage_of(**USUAL))


def edit(path: str, old: str, new: str) -> None:
    text = Path(path).read_text()
    assert old in text
    Path(path).write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda: edit("experiments/base.yaml", "3", "4"), ["experiments/base.yaml"]),
        (lambda: edit("extra", "e", "E"), ["extra"]),
        (lambda: edit("data/h36m.h5", "h", "H"), ["data/h36m.h5"]),
        (lambda: Path("data/h36m.h5").unlink(), ["data/h36m.h5"]),
        (
            lambda: edit("runs/p/flow/checkpoints/best.ckpt", "b", "B"),
            ["runs/p/flow/checkpoints/best.ckpt"],
        ),
    ],
    ids=["config", "file", "store", "missing", "checkpoint"],
)
def test_changed_content_is_named(usual, change, named):
    change()
    assert changes(usual, inputs_of(stage_of(**USUAL))) == named


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ({"options": {"model.lr": 0.2, "data.actions": ["Walking"]}}, ["option model.lr"]),
        ({"options": {"model.lr": 0.1}}, ["option data.actions"]),
        ({"options": USUAL["options"] | {"model.skip": None}}, ["option model.skip"]),
        ({"configs": ["stored", "base"]}, ["the order of the configurations"]),
        ({"needs": []}, ["extra"]),
        (
            {"checkpoints": {}},
            ["option flow", "runs/p/flow/checkpoints/best.ckpt"],
        ),
    ],
    ids=["value", "removed", "added none", "order", "need", "checkpoint"],
)
def test_changed_stage_is_named(usual, keys, named):
    assert changes(usual, inputs_of(stage_of(**USUAL | keys))) == named


def test_comments_copies_and_dates_are_no_change(usual):
    edit("experiments/base.yaml", "# a comment", "# another")
    shutil.copy("extra", "copy")
    os.replace("copy", "extra")
    os.utime("data/h36m.h5", (0, 0))
    assert changes(usual, inputs_of(stage_of(**USUAL))) == []


def training_state():
    return state_of(stage_of(**USUAL))


def test_states_of_a_training(usual):
    stage = stage_of(**USUAL)
    assert training_state() == ("run", "")
    record = Record([], usual)
    record.write(stage.folder)
    edit("extra", "e", "E")
    assert training_state() == ("run", "")  # nothing was trained on what it was
    edit("extra", "E", "e")
    stage.last.parent.mkdir()
    stage.last.write_text("last")
    assert training_state() == ("resume", "")
    edit("extra", "e", "E")
    assert training_state() == ("changed", "extra")
    edit("extra", "E", "e")
    stage.output.write_text("best")
    record.output = file_state(stage.output)
    record.write(stage.folder)
    assert training_state() == ("finished", "")
    edit("extra", "e", "E")
    assert training_state() == ("changed", "extra")
    edit("extra", "E", "e")
    stage.output.write_text("another")
    assert training_state() == ("changed", "runs/p/a/checkpoints/best.ckpt")
    stage.output.unlink()
    assert training_state() == ("changed", "runs/p/a/checkpoints/best.ckpt")


def test_states_of_a_command(here):
    Path("raw").write_text("raw")
    stage = plan({"s": {"command": "make", "creates": "made", "needs": ["raw"]}}).stages["s"]
    assert state_of(stage) == ("run", "")
    Path("made").write_text("made")
    assert state_of(stage) == ("finished", "made is there")
    Record([], inputs_of(stage)).write(stage.folder)
    assert state_of(stage) == ("run", "")  # it was interrupted
    Record([], inputs_of(stage), output=file_state(stage.output)).write(stage.folder)
    assert state_of(stage) == ("finished", "")
    raw = Path("raw").read_text()
    Path("raw").unlink()
    assert state_of(stage) == ("finished", "")  # what it was made from is no longer needed
    Path("raw").write_text(raw + "!")
    assert state_of(stage) == ("changed", "raw")
    Path("made").unlink()
    assert state_of(stage) == ("run", "made is gone")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"commands": [], "inputs": {}}'])
def test_damaged_record_is_named(here, text):
    stage = plan({"a": {}}).stages["a"]
    stage.folder.mkdir(parents=True)
    (stage.folder / "stage.json").write_text(text)
    with pytest.raises(InputError, match=r"runs/p/a/stage\.json.*--from a"):
        state_of(stage)


def test_record_is_written_whole_or_not_at_all(here, monkeypatch):
    folder = Path("runs/p/a")
    Record(["one"], {}).write(folder)
    before = (folder / "stage.json").read_text()

    def die(source, target):
        raise KeyboardInterrupt

    monkeypatch.setattr("lifting.files.os.replace", die)
    with pytest.raises(KeyboardInterrupt):
        Record(["two"], {}).write(folder)
    assert (folder / "stage.json").read_text() == before
