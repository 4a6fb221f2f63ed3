"""Every configuration that ships is parsed, instantiated and, on the synthetic human, run."""

import json
import math
from functools import cache
from pathlib import Path

import pytest
import yaml

import datamodules
import lifting.methods
from datamodules import LSP, SubjectDataModule
from lifting.cli.options.vocabulary import defaults_of
from lifting.cli.training import LiftingCLI, run
from lifting.methods import Method, RelativeDepth, RelativeDepthTwin
from lifting.pipeline import read_pipeline
from lifting.skeletons import skeleton

pytestmark = pytest.mark.slow(reason="builds every experiment and trains most")

ROOT = Path(__file__).parent.parent
EXPERIMENTS = ROOT / "experiments"
DATA = sorted(EXPERIMENTS.glob("data/*.yaml"))
IMAGES = {"coco", "h36m_images", "lsp_images", "mpii", "panoptic", "synthetic_images"}
OVERLAYS = sorted(p for p in EXPERIMENTS.glob("*.yaml") if p.stem not in ("base", "demo"))
# A method's file is any that names the class of a model; baselines are not trained.
METHODS = sorted(
    p
    for p in EXPERIMENTS.glob("*/*.yaml")
    if "\nmodel:\n  class_path" in "\n" + p.read_text() and p.parent.name != "baselines"
)


@cache
def class_of(path: Path, part: str) -> str:
    """The class of the model or the data that a YAML names."""
    return str(yaml.safe_load(path.read_text())[part]["class_path"])


def sees_images(method: Path) -> bool:
    """Whether what a YAML is of sees images."""
    return bool(getattr(lifting.methods, class_of(method, "model")).sees_images)


class Parsed(LiftingCLI):
    """Instantiates everything and runs nothing."""

    def _run_subcommand(self, subcommand: str) -> None:
        pass


def configs(*paths: Path) -> list[str]:
    return [option for path in paths for option in ("-c", str(path))]


@pytest.fixture
def parsed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("lifting.cli.training.LiftingCLI", Parsed)
    # Instantiated here without the devices they are written for.
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)

    def parse(*arguments: str) -> LiftingCLI:
        return run(["fit", *arguments, "--wandb", "disabled", "--trainer.accelerator", "cpu"])

    return parse


def test_there_is_something_to_test():
    poses = {"3dpw", "aist", "humaneva"}
    poses |= {"cmu", "custom", "h36m_gt", "h36m_sh", "lsp", "motion", "mpi_inf_3dhp", "panoptic_gt"}
    assert {p.stem for p in DATA} == poses | {"synthetic"} | IMAGES
    assert METHODS
    assert {p.stem for p in OVERLAYS} >= {"gpu", "ddp", "slurm", "debug", "published_split"}


def runs(method: Path) -> bool:
    """Whether a method is run on the synthetic human.

    Of recipes that differ in the number of frames alone the shortest is; published ones differ by values
    alone, and test_detectors.py trains detectors.
    """
    left_out = method.stem.endswith(("_81", "_243", "_1", "_published"))
    return not sees_images(method) and not left_out


# Every method with one dataset, and every dataset with one of the ways to cut examples in turn; one
# without 3D poses with a method that needs none.
WAYS = ("simple_baseline", "lstm", "mixste_27")
WITH = {data.stem: WAYS[i % 3] for i, data in enumerate(d for d in DATA if d.stem not in IMAGES)}
WITH |= dict.fromkeys(IMAGES, "hrnet_w32") | {"lsp": "elepose"}
PAIRS = [
    (method, data)
    for method in METHODS
    for data in DATA
    if (data.stem in IMAGES) == sees_images(method)
    if data.stem in {"h36m_gt", "synthetic_images"} or method.stem == WITH[data.stem]
]


# Most methods run below, with their recipe; here all options are given as well.
@pytest.mark.parametrize(
    ("method", "data"),
    [
        pytest.param(
            *pair,
            id=f"{pair[0].stem}-{pair[1].stem}",
            marks=[pytest.mark.exhaustive] if runs(pair[0]) and pair[1].stem == "h36m_gt" else [],
        )
        for pair in PAIRS
    ],
)
def test_method_and_data_instantiate(parsed, method, data, tmp_path):
    paths = [EXPERIMENTS / "base.yaml", data, method]
    # All of its options are given: what a method is built of may not get what is meant for itself.
    given = yaml.safe_load(method.read_text())["model"].get("init_args", {})
    every = defaults_of(getattr(lifting.methods, class_of(method, "model")))
    rest = {option: value for option, value in every.items() if option not in given}
    (tmp_path / "rest.yaml").write_text(yaml.safe_dump({"model": {"init_args": rest}}))
    cli = parsed(*configs(*paths, tmp_path / "rest.yaml"))
    assert isinstance(cli.model, Method)
    assert type(cli.datamodule) is getattr(datamodules, class_of(data, "data"))


@pytest.mark.parametrize("data", sorted(IMAGES))
def test_images_instantiate_with_their_splits_and_augmentation(parsed, data):
    path = EXPERIMENTS / f"data/{data}.yaml"
    cli = parsed(
        *configs(EXPERIMENTS / "base.yaml", path), "--model", "tests.made_detector.TinyDetector"
    )
    made = cli.datamodule
    assert isinstance(made, SubjectDataModule)
    assert made.yields_images
    assert all(made.subjects[split] for split in ("train", "val", "test"))
    assert not set(made.subjects["train"]) & {*made.subjects["val"], *made.subjects["test"]}
    given = yaml.safe_load(path.read_text())["data"]["init_args"]["augmentation"]
    assert vars(made.augmentation) == given


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda p: p.stem)
def test_overlay_applies_to_every_experiment(parsed, overlay):
    paths = (EXPERIMENTS / "base.yaml", DATA[0], METHODS[0], overlay)
    cli = parsed(*configs(*paths), "--trainer.devices", "1", "--trainer.strategy", "auto")
    assert cli.trainer.max_epochs >= 1


@pytest.mark.parametrize("method", ["lstm", "transformer", "window_mlp", "poseformer"])
@pytest.mark.parametrize("frames", [27, pytest.param(81, marks=pytest.mark.exhaustive), 243])
def test_windows_of_another_length_go_on_top(parsed, method, frames):
    names = ("base", "data/synthetic", f"sequences/{method}", f"sequences/windows_of_{frames}")
    cli = parsed(*configs(*(EXPERIMENTS / f"{name}.yaml" for name in names)))
    assert cli.model.frames == cli.datamodule.train_windows.receptive_field == frames


@pytest.mark.parametrize("data", ["h36m_gt", "h36m_images"])
def test_published_split_trains_on_all_five_and_selects_nothing(parsed, data):
    names = ("base", f"data/{data}", "published_split")
    paths = configs(*(EXPERIMENTS / f"{name}.yaml" for name in names))
    detects = data in IMAGES
    cli = parsed(
        *paths, "--model", "tests.made_detector.TinyDetector" if detects else "SimpleBaseline"
    )
    assert cli.datamodule.subjects["train"] == ["S1", "S5", "S6", "S7", "S8"]
    assert cli.datamodule.subjects["val"] == []


# Narrow enough to train in no time; the widths themselves are tested with the networks.
NARROW = {
    "PoseFlows": {"hidden": 16},
    "ElePose": {"width": 32, "critic_width": 16},
    "LInKs": {"width": 32, "critic_width": 16},
    "FlowLifterTwin": {"width": 32},
    "OcclusionCompletion": {"width": 32, "lifter_width": 32},
    "VideoPose3D": {"channels": 16},
    "SemiSupervisedVideoPose3D": {"channels": 16},
    "FlowMatchingLifter": {"width": 16, "depth": 1, "flow_depth": 1, "hypotheses": 2, "steps": 2},
    "LSTMLifter": {"width": 16},
    "TransformerLifter": {"width": 16, "hidden": 16},
    "WindowMLPLifter": {"width": 16},
    "PoseFormer": {"width": 8, "depth": 1},
    "PoseFormerV2": {"width": 8, "depth": 1},
    "MixSTE": {"width": 16, "depth": 1},
    "IGANet": {"width": 16, "depth": 1},
    "MotionAGFormer": {"width": 16, "depth": 1, "representation": 16},
    "DSTformer": {"width": 16, "depth": 1, "representation": 16},
    "RelativeDepth": {"width": 16},
    "RelativeDepthTwin": {"width": 16},
    "RepNet": {"width": 16, "critic_width": 16},
    "TemporalGAN": {"channels": 16, "critic_width": 16},
}
# The earlier stages whose checkpoints a method needs, by option.
EARLIER = {
    "elepose": {"full_flow": "full_flow"},
    "left_right": {"part_flows": "part_flows", "full_flow": "full_flow"},
    "leg_torso": {"part_flows": "part_flows", "full_flow": "full_flow"},
    "occlusion": {"left_right": "left_right", "leg_torso": "leg_torso"},
}
LINKS = {"full_flow", "part_flows", *EARLIER}
# Tested by a command of its own, which draws; the others, which draw alike, at the end of training.
TESTED_LATER = {"simple_baseline", "full_flow", "lstm", "occlusion", "repnet"}


FEW_FRAMES = (
    *("--data.frames_per_sequence", "6", "--data.actions", "[Walking, Sitting]"),
    *("--data.eval_batch_size", "64"),
)


def fit(folder: Path, method: Path, name: str, runs: Path, *overlays: str) -> None:
    names = ["base.yaml", "data/synthetic.yaml", method, "debug.yaml", *overlays]
    earlier = EARLIER.get(method.stem, {})
    kind = class_of(method, "model")
    narrow = [f"--model.{k}={v}" for k, v in NARROW.get(kind, {}).items()]
    run(
        [
            "fit",
            *configs(*(EXPERIMENTS / n for n in names)),
            *("--data.folder", str(folder), "--data.batch_size", "8"),
            *FEW_FRAMES,
            *("--trainer.accelerator", "cpu"),
            *("--trainer.enable_progress_bar", "false", "--run", str(runs / name)),
            *("--pictures", "false", f"--test={str(method.stem not in TESTED_LATER).lower()}"),
            # It notes where each operation was called, which takes longer than all else; once is enough.
            f"--trainer.detect_anomaly={str(method.stem == 'simple_baseline').lower()}",
            *narrow,
            *(f"--model.{o}={runs / s / 'checkpoints' / 'best.ckpt'}" for o, s in earlier.items()),
        ]
    )


@pytest.fixture(scope="session")
def trained(tmp_path_factory, synthetic_folder):
    """What trains a method, and the stages it builds on, when it is first asked for its run."""
    runs = tmp_path_factory.mktemp("stages")

    def ensure(method: Path, *overlays: str) -> Path:
        for stage in EARLIER.get(method.stem, {}).values():
            ensure(method.with_name(f"{stage}.yaml"))
        name = "_".join([method.stem, *overlays])
        if not (runs / name).exists():
            fit(synthetic_folder, method, name, runs, *(f"{overlay}.yaml" for overlay in overlays))
        return runs / name

    return ensure


# Every method as it is, and one without a subject to select by.
RUNS = [
    (method, overlay)
    for method in METHODS
    for overlay in (None, "published_split")
    if runs(method) and (overlay is None or method.stem == "simple_baseline")
]


@pytest.mark.parametrize(
    ("method", "overlay"),
    [
        # Stages that build on one another are trained by the same worker, once.
        pytest.param(
            *pair,
            id=f"{pair[0].stem}-{pair[1]}",
            marks=[pytest.mark.xdist_group("links")] if pair[0].stem in LINKS else [],
        )
        for pair in RUNS
    ],
)
def test_method_fits_tests_and_predicts_on_the_synthetic_human(trained, method, overlay):
    folder = trained(method, *([overlay] if overlay else []))
    if method.stem in TESTED_LATER:
        run(["test", "--run", str(folder), "--pictures", "true"])
    averages = json.loads((folder / "test.json").read_text("utf-8"))["averages"]["frame"]
    assert math.isfinite(next(iter(averages.values())))
    run(["predict", "--run", str(folder)])
    assert (folder / "predictions.npz").is_file()


GROUPS = sorted((EXPERIMENTS / "relative_depth").glob("*_[0-9]*.yaml"))
SMALL = ("data/synthetic", "relative_depth/small")


@pytest.fixture(scope="module")
def kinds_of_runs():
    """The stages of each group; of runs that differ by values alone, in whatever group, the last."""
    last = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lifting.pipeline.cells.EXPERIMENTS", EXPERIMENTS)
        for group in GROUPS:
            # One group small, the others as they are.
            overlays = SMALL if group.stem == "figure_4ab" else ()
            for stage in read_pipeline(group, overlays=overlays).stages.values():
                if not stage.command:
                    last[stage.configs, *stage.options] = (group, stage)
    return {group: [s for g, s in last.values() if g == group] for group in GROUPS}


@pytest.mark.parametrize(
    "group",
    [
        pytest.param(
            path,
            id=path.stem,
            marks=[] if path.stem == "table_1" else [pytest.mark.exhaustive],
        )
        for path in GROUPS
    ],
)
def test_every_kind_of_run_of_a_group_instantiates(parsed, group, kinds_of_runs, monkeypatch):
    monkeypatch.setattr("lifting.pipeline.cells.EXPERIMENTS", EXPERIMENTS)
    for stage in kinds_of_runs[group]:
        words = stage.command_line()
        options = words[4 : words.index("--run")]
        cli = parsed(*(word for word in options if not word.startswith("--ckpt_path")))
        assert isinstance(cli.model, RelativeDepth | RelativeDepthTwin)
        assert (cli.datamodule.depth_labels is not None) == (
            isinstance(cli.model, RelativeDepth) and not isinstance(cli.datamodule, LSP)
        )


@pytest.mark.parametrize(
    "group",
    ["synthetic", *(pytest.param(g, marks=pytest.mark.exhaustive) for g in ("h36m", "panoptic"))],
)
def test_every_stage_of_l2d_pose_instantiates(parsed, group, monkeypatch):
    monkeypatch.setattr("lifting.pipeline.cells.EXPERIMENTS", EXPERIMENTS)
    stages = read_pipeline(EXPERIMENTS / f"l2d_pose/{group}.yaml").stages
    # Of those on other data than the first, one lifter and the detectors that differ.
    tried = (
        {"sb", "start", "two"}
        if group != "synthetic"
        else {name.removesuffix("_0") for name in stages if "tenth" not in name}
    )
    for name, stage in stages.items():
        if name.removesuffix("_0") in tried and not name.endswith(("_1", "_2")):
            words = stage.command_line()
            cli = parsed(*words[4 : words.index("--run")])
            detects = name.partition("_")[0] in ("start", "plain", "one", "two")
            assert cli.model.sees_images == detects
            given, wanted = cli.model.hparams, cli.datamodule
            assert given["keypoint_skeleton"] == wanted.keypoint_skeleton
            # Where nothing is said it is the store's, that of Human3.6M.
            assert given["skeleton"] == (wanted.pose_skeleton or "h36m17")
    guides = {"one": ["sb"], "two": ["sb", "videopose"]}
    for name, stage in stages.items():
        kind = name.partition("_")[0]
        assert stage.options.get("model.guides") == guides.get(kind)
    assert set(cli.model.hparams["lifters"]) == {"sb", "videopose", "iganet", "mixste"}


def test_there_are_all_groups_of_the_paper():
    assert [path.stem for path in GROUPS] == [
        *("figure_1d", "figure_4ab", "figure_4c", "figure_4d", "figure_5", "figure_5_small"),
        *("table_1", "table_2"),
    ]


def test_the_sixteen_joints_of_relative_depth_are_the_published_ones_of_human36m():
    content = yaml.safe_load((EXPERIMENTS / "relative_depth/joints_of_mpii.yaml").read_text())
    names = {*content["model"]["init_args"].values(), *content["data"]["init_args"].values()}
    (name,) = names
    recording = skeleton("h36m32").joints
    # As they are numbered in the recording: no face (14), and no chest, neck and head top of MPII.
    published = {3, 2, 1, 6, 7, 8, 0, 12, 13, 15, 27, 26, 25, 17, 18, 19}
    assert set(skeleton(name).joints) == {recording[i] for i in published}
