"""Tests of matrices: names of cells, what builds on which, and what is refused."""

import re
from pathlib import Path

import pytest

from lifting.errors import InputError
from lifting.pipeline import read_pipeline
from lifting.pipeline.matrix import Axis, Matrix, axes_of, same_value


def names(pipeline, stage):
    return [s.name.partition("/")[2] for s in pipeline.stages.values() if s.stage == stage]


def test_a_grid_and_seeds_are_a_command_a_cell(plan):
    pipeline = plan(
        {"a": {"grid": {"model.lr": [1e-3, 0.1]}, "options": {"model.lr": 5}}}, seeds=[0, 1]
    )
    assert names(pipeline, "a") == [
        *("lr=0.001,seed=0", "lr=0.001,seed=1", "lr=0.1,seed=0", "lr=0.1,seed=1"),
    ]
    second = pipeline.stages["a/lr=0.001,seed=1"]
    assert second.command_line() == [
        *("python", "-m", "lifting", "fit", "-c", "experiments/base.yaml"),
        *("--model.lr=0.001", "--seed=1"),
        *("--run", "runs/p/a/lr=0.001,seed=1", "--ckpt_path", "last", "--test=true"),
    ]


def test_a_stage_without_a_matrix_is_as_before(plan):
    (stage,) = plan({"a": {"options": {"model.lr": 5}}}).stages.values()
    assert (stage.name, stage.stage, stage.cell.name) == ("a", "a", None)
    assert stage.folder == Path("runs/p/a")


def test_what_is_of_all_stages_is_matched(plan):
    stages = {"flow": {}, "lifter": {"checkpoints": {"model.flow": "flow"}}}
    pipeline = plan(stages, seeds=[3, 4], grid={"data.flip": [0.0]})
    assert names(pipeline, "lifter") == ["flip=0.0,seed=3", "flip=0.0,seed=4"]
    lifter = pipeline.stages["lifter/flip=0.0,seed=4"]
    assert lifter.after == ("flow/flip=0.0,seed=4",)
    assert lifter.options == {"data.flip": 0.0, "seed": 4}
    assert pipeline.with_later(["flow/flip=0.0,seed=3"]) == [
        "flow/flip=0.0,seed=3",
        "lifter/flip=0.0,seed=3",
    ]
    assert pipeline.with_later(["flow"]) == list(pipeline.stages)


def test_what_is_of_a_stage_multiplies_those_that_build_on_it(plan):
    stages = {
        "lifter": {"grid": {"model.lr": [1, 2]}, "checkpoints": {"model.flow": "flow"}},
        "flow": {"grid": {"model.lr": [3, 4]}, "seeds": [0]},
    }
    pipeline = plan(stages)
    assert names(pipeline, "lifter") == [
        f"flow.lr={flow},lr={lr},flow.seed=0" for flow in (3, 4) for lr in (1, 2)
    ]
    lifter = pipeline.stages["lifter/flow.lr=4,lr=1,flow.seed=0"]
    # The flow's seed chooses a flow, and sets nothing here.
    assert lifter.options == {"model.lr": 1}
    assert lifter.checkpoints == {
        "model.flow": Path("runs/p/flow/lr=4,seed=0/checkpoints/best.ckpt")
    }
    assert next(iter(pipeline.stages)) == "flow/lr=3,seed=0"


def test_stages_that_meet_are_matched_where_they_share_an_axis(plan):
    stages = {
        "left": {"grid": {"model.lr": [1, 2]}},
        "right": {},
        "both": {"checkpoints": {"model.left": "left", "model.right": "right"}},
    }
    pipeline = plan(stages, seeds=[0, 1])
    assert len(names(pipeline, "both")) == 4
    assert pipeline.stages["both/left.lr=2,seed=1"].after == ("left/lr=2,seed=1", "right/seed=1")


def test_a_stage_may_be_left_out_of_the_matrix_of_all(plan):
    stages = {
        "flow": {"seeds": [], "grid": {"model.lr": []}},
        "lifter": {"checkpoints": {"model.flow": "flow"}},
    }
    pipeline = plan(stages, seeds=[0, 1], grid={"model.lr": [1]})
    assert list(pipeline.stages) == ["flow", "lifter/lr=1,seed=0", "lifter/lr=1,seed=1"]
    assert "seed" not in pipeline.stages["flow"].options


def test_a_test_has_the_cells_of_its_training_and_its_own(plan):
    stages = {
        "a": {"grid": {"model.lr": [1, 2]}},
        "noisy": {"tests": "a", "grid": {"data.noise": [5]}},
    }
    pipeline = plan(stages, seeds=[7])
    assert names(pipeline, "noisy") == [f"a.lr={lr},noise=5,seed=7" for lr in (1, 2)]
    noisy = pipeline.stages["noisy/a.lr=2,noise=5,seed=7"]
    assert noisy.options == {"model.lr": 2, "seed": 7, "data.noise": 5}
    assert noisy.command_line()[-3:] == [
        "--ckpt_path=runs/p/a/lr=2,seed=7/checkpoints/best.ckpt",
        *("--run", "runs/p/noisy/a.lr=2,noise=5,seed=7"),
    ]


def test_a_command_makes_a_file_a_cell(plan):
    made = {"command": "export --out out/{cell}.onnx", "creates": "out/{cell}.onnx"}
    stages = {"a": {}, "e": {**made, "checkpoints": {"checkpoint": "a"}}, "plain": {**made}}
    pipeline = plan(stages, seeds=[1])
    cell = pipeline.stages["e/seed=1"]
    assert cell.output == Path("out/seed=1.onnx")
    assert cell.command_line() == [
        *("export", "--out", "out/seed=1.onnx"),
        "--checkpoint=runs/p/a/seed=1/checkpoints/best.ckpt",
    ]
    assert pipeline.stages["plain"].output == Path("out/{cell}.onnx")  # it builds on no cells
    stages["e"]["creates"] = "out.onnx"
    with pytest.raises(
        InputError, match=r"stage e: every cell .* would make out\.onnx; put \{cell\}"
    ):
        plan(stages, seeds=[1])


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({"model.lr": 1e-5, "data.flip": True}, "lr=1e-05,flip=true"),
        ({"model.lr": "1e-3", "model.x": None}, "lr=1e-3,x=null"),
        ({"model.lr": 1, "data.lr": 2}, "model.lr=1,data.lr=2"),
        ({"data.seed": 1}, "data.seed=1"),  # not the seed of everything
        ({"model.init_args.lr": 1}, "lr=1"),
        ({"model.lr+": -1}, r"lr\+=-1"),
        ({"data.store": "data/h36m.h5"}, "store=data-h36m.h5-[0-9a-f]{6}"),
        ({"model.names": ["a", 2]}, "names=a-2-[0-9a-f]{6}"),
        ({"model.text": "../é"}, "text=[.]{2}-[0-9a-f]{6}"),
        ({"model.text": "x" * 300}, "text=x{24}-[0-9a-f]{6}"),
    ],
)
def test_names_are_short_and_legal_everywhere(options, parts):
    matrix = Matrix(axes_of({"grid": {option: [value] for option, value in options.items()}}))
    (cell,) = matrix.cells()
    assert re.fullmatch(parts, cell.name)


def test_long_names_and_values_that_begin_alike_stay_apart():
    grid = {f"model.option_{n}": ["x" * 30 + "1", "x" * 30 + "2"] for n in range(5)}
    found = [cell.name for cell in Matrix(axes_of({"grid": grid})).cells()]
    assert len(set(found)) == 2**5
    assert max(map(len, found)) < 120
    values = [["a b"], ["a/b"], ["a", "b"]]
    assert len({c.name for c in Matrix([Axis("model.x", tuple(values))]).cells()}) == 3


def test_values_are_compared_as_the_command_line_reads_them():
    assert same_value("1e-3") == same_value(0.001)
    assert same_value(True) == same_value("true") != same_value(1)


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ({"seeds": 3}, "'seeds' is to be a list of values"),
        ({"seeds": ["a"]}, "'seeds' is to hold whole numbers from 0"),
        ({"seeds": [-1]}, "'seeds' is to hold whole numbers from 0"),
        ({"seeds": [True]}, "'seeds' is to hold whole numbers from 0"),
        ({"seeds": [1, 1]}, "'seeds' holds 1 twice"),
        ({"grid": [1]}, "'grid' is to be a mapping of options"),
        ({"grid": {"model.lr": 1}}, "'grid: model.lr' is to be a list of values"),
        ({"grid": {"model.lr": ["1e-3", 0.001]}}, "'grid: model.lr' holds 0.001 twice"),
        ({"grid": {"model.lr": [1], "model.init_args.lr": [2]}}, "'grid' holds model.lr twice"),
        ({"grid": {"seed": [1]}}, "'grid' holds 'seed'; list the seeds under 'seeds'"),
        ({"grid": {"model.x": ["A", "a"]}}, "a/x=A and a/x=a share"),
        (
            {
                "seeds": [1, 2],
                "options": {"seed_everything": 0, "data.seed": 0, "model.init_args.seed": 0},
            },
            "all seeds are the same",
        ),
    ],
)
def test_a_wrong_matrix_is_refused_in_one_sentence(plan, keys, named):
    with pytest.raises(InputError) as refused:
        plan({"a": keys})
    assert named in str(refused.value)
    assert "\n" not in str(refused.value)
    for key in ("seeds", "grid"):
        if key in keys and "options" not in keys and "share" not in named:
            with pytest.raises(InputError, match=r"p\.yaml: '"):
                plan({"a": {}}, **{key: keys[key]})


def test_an_option_that_would_hide_the_matrix_is_refused(plan):
    with pytest.raises(InputError, match=r"--set model\.lr: the file gives it several values"):
        plan({"a": {"grid": {"model.lr": [1, 2]}}}, {"model.lr": 3})
    with pytest.raises(InputError, match="--set seed"):
        plan({"a": {}}, {"seed": 3}, seeds=[1, 2])


@pytest.mark.parametrize(
    ("stages", "named"),
    [
        ({"Flow": {}, "flow": {}}, "Flow and flow share runs/p/flow"),
        (
            {
                n: {"command": "make", "creates": path}
                for n, path in (("a", "x"), ("b", "./y/../x"))
            },
            "a and b share",
        ),
        ({"report.md": {}}, "the name 'report.md' is taken"),
        ({"a.removed": {}}, "the name 'a.removed' is taken"),
    ],
)
def test_stages_that_share_a_place_are_refused(plan, stages, named):
    with pytest.raises(InputError, match=named):
        plan(stages)


def test_a_key_that_stands_twice_is_refused(here):
    Path("p.yaml").write_text("configs: [base]\nstages:\n  a: {}\n  b: {}\n  a: {seeds: [1]}\n")
    with pytest.raises(InputError, match=r"p\.yaml: holds 'a' twice, again in line 5"):
        read_pipeline("p.yaml")
    anchors = "stages:\n  a: {options: &o {x: 1, y: 2}}\n  b: {options: {<<: *o, x: 3}}\n"
    Path("p.yaml").write_text(anchors)
    assert read_pipeline("p.yaml").stages["b"].options == {"x": 3, "y": 2}


def test_cells_are_named_by_themselves_or_by_their_stage(plan):
    pipeline = plan({"a": {}, "b": {"seeds": []}}, seeds=[0, 1])
    assert [s.name for s in pipeline.select(["b", "a/seed=1"])] == ["a/seed=1", "b"]
    assert [s.name for s in pipeline.select(["a"])] == ["a/seed=0", "a/seed=1"]
    with pytest.raises(InputError, match="Stage a of p has no cell 'seed=2'; --only a --list"):
        pipeline.select(["a/seed=2"])
    with pytest.raises(InputError, match="no stage 'c/x'; it has a, b"):
        pipeline.select(["c/x"])


def test_a_grid_of_more_cells_than_anybody_trains_is_refused():
    axes = [Axis(f"model.x{n}", tuple(range(10)), "a") for n in range(400)]
    assert sum(1 for _ in Matrix(axes[:3]).cells()) == 1000
    with pytest.raises(InputError, match=r"has a grid of more than 10,000 cells"):
        next(Matrix(axes).cells())
