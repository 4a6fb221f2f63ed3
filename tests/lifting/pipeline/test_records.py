"""The record of a stage, which goes where its pipeline goes."""

import json
from pathlib import Path

import pytest
import yaml

from lifting.errors import InputError
from lifting.pipeline.plan import Pipeline
from lifting.pipeline.reading import read_pipeline
from lifting.pipeline.records import Record, file_state, inputs_of, read_record, state_of
from lifting.pipeline.runner import run_pipeline


def planned(name: str = "p") -> Pipeline:
    stages = {
        "flow": None,
        "lifter": {
            "options": {"model.lr": 0.1},
            "checkpoints": {"model.full_flow": "flow"},
            "needs": ["data/h36m.h5"],
        },
        "noisy": {"tests": "lifter"},
    }
    content = {"configs": ["base.yaml"], "stages": stages}
    Path("p.yaml").write_text(yaml.safe_dump(content))
    return read_pipeline("p.yaml", name)


def states(pipeline: Pipeline) -> dict[str, tuple[str, str]]:
    return {stage.name: state_of(stage) for stage in pipeline.stages.values()}


@pytest.fixture
def finished(tmp_path, monkeypatch) -> Path:
    """A folder in which all stages of a pipeline are finished."""
    here = tmp_path / "here"
    (here / "data").mkdir(parents=True)
    monkeypatch.chdir(here)
    Path("base.yaml").write_text("seed_everything: 0\n")
    Path("data/h36m.h5").write_text("store")
    for stage in planned().stages.values():
        stage.output.parent.mkdir(parents=True)
        stage.output.write_text(stage.name)
        Record(["fit"], inputs_of(stage), 1.0, file_state(stage.output)).write(stage.folder)
    assert set(states(planned()).values()) == {("finished", "")}
    return here


def test_a_record_names_no_folder_of_its_pipeline(finished):
    for path in finished.rglob("stage.json"):
        assert "runs" not in path.read_text()
    inputs = json.loads((finished / "runs/p/lifter/stage.json").read_text())["inputs"]
    assert set(inputs["files"]) == {"{pipeline}/flow/checkpoints/best.ckpt", "data/h36m.h5"}
    assert inputs["options"]["model.lr"] == 0.1


def test_moved_runs_are_finished(finished, tmp_path, monkeypatch):
    finished.rename(tmp_path / "there")
    monkeypatch.chdir(tmp_path / "there")
    assert set(states(planned()).values()) == {("finished", "")}


def test_a_pipeline_may_get_another_name(finished):
    Path("runs/p").rename("runs/q")
    assert set(states(planned("q")).values()) == {("finished", "")}
    Path("runs/q/flow/checkpoints/best.ckpt").write_text("another")
    assert states(planned("q"))["lifter"] == ("changed", "runs/q/flow/checkpoints/best.ckpt")


def test_records_of_earlier_versions_hold(finished):
    for stage in planned().stages.values():
        path = stage.folder / "stage.json"
        path.write_text(path.read_text().replace("{pipeline}/", "runs/p/"))
        assert read_record(stage).inputs == json.loads(json.dumps(inputs_of(stage)))
    assert set(states(planned()).values()) == {("finished", "")}


# The stand-in for the trainings is a package of its own.
@pytest.mark.unforked
def test_a_moved_pipeline_that_is_run_again_runs_nothing(
    plan, here, calls, tmp_path_factory, monkeypatch, capfd
):
    stages = {"flow": None, "lifter": {"checkpoints": {"model.flow": "flow"}}}
    assert run_pipeline(plan(stages)) == 0
    assert calls() == ["fit flow", "fit lifter"]
    there = tmp_path_factory.mktemp("elsewhere") / "there"
    here.rename(there)
    monkeypatch.chdir(there)
    capfd.readouterr()
    assert run_pipeline(plan(stages)) == 0
    assert calls() == []
    assert capfd.readouterr().out.count(": finished") == 2


@pytest.mark.parametrize("values", [{"output": {}}, {"output": 5}, {"seconds": "long"}])
def test_a_record_of_other_values_is_damaged(finished, values):
    stage = planned().stages["flow"]
    record = stage.folder / "stage.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | values))
    with pytest.raises(InputError, match=r"stage\.json: is damaged"):
        read_record(stage)
