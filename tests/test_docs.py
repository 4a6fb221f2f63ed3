"""The pages of the documentation: their examples work, their links and paths exist."""

import csv
import importlib
import inspect
import re
import runpy
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch

import datamodules
import lifting.methods
from datamodules.h36m.raw import read_detections
from datamodules.safe_load import load_npz
from datamodules.store.clips import ClipStore
from datamodules.synthetic.procedural import clips as synthetic_clips
from lifting.checkpoints import read_checkpoint
from lifting.cli.main import run as run_command
from lifting.cli.training import run
from lifting.metrics.registry import poses
from lifting.skeletons import SKELETONS
from tests.datamodules import made_npz
from tests.lifting import made_metrics
from tests.lifting.inference.keypoint_files import made_keypoints
from tests.lifting.made_checkpoints import make
from tests.lifting.metrics import test_evaluation, test_registry
from tests.made_lifters import save
from tests.notebooks import NOTEBOOKS, page_text

pytestmark = pytest.mark.slow(reason="runs the commands of the guides")

ROOT = Path(__file__).parent.parent
PAGES = [
    *(
        ROOT / name
        for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "experiments/README.md")
    ),
    *(*sorted((ROOT / "docs").rglob("*.md")), *NOTEBOOKS),
]
FILE_BLOCK = re.compile(r"^```(?:python|yaml)\n# (\S+/\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
REPOSITORY_PATH = re.compile(
    r"(?<![\w/])(?:callbacks|datamodules|docs|experiments|lifting|scripts|tests)/[\w/]+\.(?:yaml|py|sbatch|md)"
)

# A run of seconds: the overlay every example is trained with.
TINY = [
    *("--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"),
    *("--trainer.enable_model_summary", "false", "--wandb", "disabled"),
]


def write_blocks(page: str, folder: Path) -> None:
    """Write every code block of a page that names a file to that file, under a folder."""
    for path, content in FILE_BLOCK.findall((ROOT / "docs" / page).read_text()):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)


def experiment(name: str) -> list[str]:
    return ["-c", str(ROOT / "experiments" / f"{name}.yaml")]


def last_row(path: Path) -> dict[str, str]:
    with path.open() as stream:
        return list(csv.DictReader(stream))[-1]


def run_tests_of(path: Path, folder: Path) -> int:
    """Call the test functions of a file, giving a folder to those that want one."""
    tests = {n: f for n, f in runpy.run_path(str(path)).items() if n.startswith("test_")}
    for name, test in tests.items():
        test(*(folder / name for _ in inspect.signature(test).parameters))
    return len(tests)


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """An empty folder to run in, whose packages extend the real ones."""
    for package, name in ((lifting.methods, "lifting/methods"), (datamodules, "datamodules")):
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path / name)])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_method_of_the_guide_trains_tests_and_passes_its_own_tests(workplace, monkeypatch):
    write_blocks("add_a_method.md", workplace)
    importlib.import_module("lifting.methods.linear_lifter")
    # Three of the seven people in three of the thirty sequences.
    monkeypatch.setattr(synthetic_clips, "SEQUENCES", ("Walking", "Sitting", "Greeting"))
    synthetic_clips.write_store("data/synthetic_seed0_8frames.h5", 0, 8, ("S1", "S8", "S9"))
    run(
        [
            "fit",
            *experiment("base"),
            *experiment("data/synthetic"),
            *("-c", "experiments/supervised/linear_lifter.yaml"),
            *("--data.frames_per_sequence", "8", "--data.batch_size", "16"),
            *("--data.train_subjects", "[S1]", "--data.test_subjects", "[S9]"),
            *("--model.lr", "0.03", "--trainer.max_epochs", "6", "--run", "linear"),
            *TINY,
        ]
    )
    tested = run(["test", "--run", "linear", *TINY])
    trained = tested.model.test_result.frame_mean["mpjpe"]
    assert float(last_row(Path("runs/linear/test.csv"))["mpjpe"]) == pytest.approx(trained)

    # Before training it returns the mean pose, whose error is known without it.
    bank = tested.datamodule.bank("test")
    truth = (bank.pose - bank.pose[:, :1])[bank.selected].double()
    mean = tested.model.standardise_pose.mean.cpu().double()
    assert trained < 0.85 * (truth - mean).norm(dim=-1).mean().item()

    tests = workplace / "tests/lifting/methods/test_linear_lifter.py"
    assert run_tests_of(tests, workplace) == 2


def test_dataset_of_the_guide_is_prepared_trained_on_and_passes_its_own_tests(workplace):
    write_blocks("add_a_dataset.md", workplace)
    studio = importlib.import_module("datamodules.studio.poses")
    tests = workplace / "tests/datamodules/studio/test_poses.py"
    runpy.run_path(str(tests))["write_raw"](workplace / "raw")
    runpy.run_path(str(workplace / "lifting/cli/prepare_studio.py"))["studio"]("raw")
    with ClipStore("data/studio.h5") as store:
        assert {k.action for k in store.keys} == set(studio.ACTIONS)
    cli = run(
        [
            "fit",
            *experiment("base"),
            *("-c", "experiments/data/studio.yaml"),
            *experiment("supervised/simple_baseline"),
            *("--model.width", "16", "--data.batch_size", "8"),
            *("--trainer.max_epochs", "1", "--run", "studio"),
            *TINY,
        ]
    )
    # 12 frames of two actions, seen by one camera, in batches of 8.
    assert cli.trainer.global_step == 3
    assert torch.isfinite(cli.trainer.callback_metrics["val/mpjpe"])
    assert run_tests_of(tests, workplace) == 2


def test_metric_of_the_guide_is_a_column_of_test_console_and_report(workplace, monkeypatch, capsys):
    page = (ROOT / "docs/add_a_metric.md").read_text()
    entry, reference = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    [metric] = eval(entry, vars(poses))
    monkeypatch.setattr(poses, "POSES", (*poses.POSES, metric))
    [(name, values)] = eval(f"{{{reference}}}", vars(made_metrics)).items()
    assert name == metric.name
    monkeypatch.setitem(made_metrics.PER_FRAME, name, values)
    test_registry.test_every_metric_of_single_frames_has_an_independent_reference()
    check = test_evaluation.test_metric_is_the_mean_over_frames_and_groups_however_they_are_batched
    check(name)
    monkeypatch.setitem(made_metrics.PER_FRAME, name, made_metrics.PER_FRAME["mpjpe"])
    with pytest.raises(AssertionError):
        check(name)

    monkeypatch.setattr(synthetic_clips, "SEQUENCES", ("Walking", "Sitting", "Greeting"))
    synthetic_clips.write_store("data/synthetic_seed0_8frames.h5", 0, 8, ("S1", "S8", "S9"))
    small = ["--data.frames_per_sequence", "8", "--data.batch_size", "16", "--model.width", "16"]
    subjects = ["--data.train_subjects", "[S1]", "--data.test_subjects", "[S9]"]
    once = ["--trainer.max_epochs", "1", "--run", "first", *TINY]
    base = [*experiment("base"), *experiment("data/synthetic")]
    run(["fit", *base, *experiment("supervised/simple_baseline"), *small, *subjects, *once])
    capsys.readouterr()
    test, report = commands_after(page, "Any run shows it")
    obey(test)
    assert metric.title in " ".join(capsys.readouterr().out.split())
    with Path("runs/first/test.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 5
    assert all(0 < float(row[name]) < float(row["mpjpe"]) for row in rows)
    obey(report)
    assert f"{metric.title}, mm ↓" in Path("runs/first/report.html").read_text()


def test_2d_source_of_the_data_page_is_read(workplace):
    page = (ROOT / "docs/data/h36m.md").read_text()
    block = next(b for b in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "savez" in b)
    exec(block, {})
    detections = read_detections(workplace / "data_2d_h36m_mine.npz")
    assert detections.skeleton == "coco17"
    assert list(detections.poses) == [("S1", "Walking 1")]


def test_page_of_the_pages_page_is_written(workplace):
    exec(re.search(r"```python\n(.*?)```", (ROOT / "docs/pages.md").read_text(), re.DOTALL)[1], {})
    text = Path("walk.html").read_text()
    assert "<h1>Two methods</h1>" in text
    assert text.count("data:image/jpeg") == 50


def obey(command: list[str], *extra: str) -> None:
    """Run a command of a page in this process."""
    program, *words = command
    assert program == "lifting"
    if words[0] in ("fit", "validate", "test", "predict"):
        run([*words, *extra, *TINY])
    else:
        run_command(words)


def commands_after(page: str, words: str) -> list[list[str]]:
    """Return the commands of the first block of a page after some words of it."""
    block = re.search(r"```bash\n(.*?)```", page[page.index(words) :], re.DOTALL)
    assert block is not None
    return [shlex.split(line) for line in block[1].replace("\\\n", " ").splitlines()]


def test_data_of_one_s_own_are_prepared_lifted_and_trained_on(workplace, monkeypatch):
    page = (ROOT / "docs/data/custom.md").read_text()
    (workplace / "experiments").symlink_to(ROOT / "experiments")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(next(b for b in blocks if "data_2d_custom_mine" in b), {})

    # The network trained elsewhere: on three people of the synthetic human.
    monkeypatch.setattr(synthetic_clips, "SEQUENCES", ("Walking", "Sitting", "Greeting"))
    synthetic_clips.write_store("data/synthetic_seed0_8frames.h5", 0, 8, ("S1", "S8", "S9"))
    small = ["--data.batch_size", "16", "--model.width", "16", "--trainer.max_epochs", "1"]
    run(
        [
            *("fit", *experiment("base"), *experiment("data/synthetic")),
            *(*experiment("supervised/simple_baseline"), "--data.frames_per_sequence", "8"),
            *("--data.source", "sh", "--data.train_subjects", "[S1]"),
            *("--data.test_subjects", "[S9]", "--run", "sb_sh", *small, *TINY),
        ]
    )
    for command in commands_after(page, "Lift keypoints with a network"):
        obey(command)
    predictions = load_npz(Path("runs/videos/predictions.npz"))
    names = [(who, "walk 1", "cam0") for who in ("anna", "ben", "cleo")]
    assert [tuple(clip) for clip in predictions["clips"].tolist()] == names
    assert predictions["pose"].shape == (3 * 60, 17, 3)

    for command in commands_after(page, "Or train on your poses"):
        obey(command, *(small if "fit" in command else []))
    assert np.isfinite(float(last_row(Path("runs/mine/test.csv"))["mpjpe"]))
    assert Path("runs/mine/predictions.html").is_file()
    report = Path("data/custom.report.txt").read_text()
    assert "85 of 3,060 keypoints were missing" in report
    assert "WARNING" not in report

    [fine_tune] = commands_after(page, "## Fine-tuning")
    obey(fine_tune, *small)
    before, after = (
        read_checkpoint(f"runs/{run}/checkpoints/last.ckpt") for run in ("mine", "finer")
    )
    name = "standardise_keypoints.mean"
    assert torch.equal(after["state_dict"][name], before["state_dict"][name])
    assert before["image_side"] == 1920


def test_humaneva_in_made_up_files_is_prepared_and_trained_on(workplace):
    (workplace / "experiments").symlink_to(ROOT / "experiments")
    cameras = dict(zip(("C1", "C2"), made_npz.RIG.values(), strict=True))
    subjects = {name: cameras for name in ("S1", "S2", "S3")}
    poses = {
        f"{part}/{name}": {"Walking 1 chunk0": made_npz.person("S1", "Walking", 6, "humaneva15")}
        for part in ("Train", "Validate")
        for name in subjects
    }
    keypoints = made_npz.filmed(poses, cameras)
    made_npz.write_2d(workplace / "data_2d_humaneva15_gt.npz", keypoints, joints="humaneva15")
    made_npz.write_3d(workplace / "data_3d_humaneva15.npz", poses)
    described = {"fps": 60, "subjects": subjects}
    made_npz.write_cameras(workplace / "humaneva_cameras.json", described)
    page = (ROOT / "docs/data/humaneva.md").read_text()
    prepare, fit = commands_after(page, "# HumanEva")
    obey(prepare)
    small = ["--data.batch_size", "12", "--model.width", "16", "--trainer.max_epochs", "1"]
    obey(fit, *small)
    obey(["lifting", "test", "--run", "humaneva"])
    row = last_row(Path("runs/humaneva/test.csv"))
    assert np.isfinite(float(row["mpjpe"]))
    with Path("runs/humaneva/test.csv").open() as stream:
        assert "Walking" in stream.read()


# The page's file does not tell how large its images are.
@pytest.mark.filterwarnings("ignore::lifting.errors.InputWarning")
def test_keypoints_of_one_s_own_are_lifted_as_the_page_says(workplace):
    page = (ROOT / "docs/predict.md").read_text()
    checkpoint = Path("runs/vp3d/checkpoints/best.ckpt")
    checkpoint.parent.mkdir(parents=True)
    save(make("video_pose_3d"), checkpoint)
    points = made_keypoints.person(17, 20)
    np.savez("walk.npz", keypoints=points)
    content: dict = {}
    exec(re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0], content)
    assert content["lifted"].pose.shape == (20, 17, 3)
    assert content["lifted"].trajectory.shape == (20, 3)
    people = [(t, p, who) for who in (1, 2) for t, p in enumerate(points + 9.0 * (who - 1))]
    people = [(t, np.minimum(p, [1e9, 1e9, 1.0]), who) for t, p, who in people]
    made_keypoints.alphapose(Path("alphapose-results.json"), people)
    for command in commands_after(page, "## From the command line"):
        assert command[:2] == ["lifting", "lift"]
        run_command(command[1:])
    assert load_npz(Path("alphapose-results_3d.npz"))["tracks"].tolist() == ["1", "2"]
    assert load_npz(Path("one.npz"))["pose"].shape == (20, 17, 3)


def anchor(heading: str) -> str:
    """Return the anchor that renderers of Markdown give to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page):
    for link in LINK.findall(page_text(page)):
        if link.startswith(("http://", "https://")):
            continue
        path, _, section = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{page.name}: {link}"
        if section:
            headings = {anchor(h) for h in HEADING.findall(page_text(target))}
            assert section in headings, f"{page.name}: {link}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_of_the_repository_that_a_page_names_exist(page):
    # The guides name files that their reader is about to write.
    written = {path for path, _ in FILE_BLOCK.findall(page_text(page))}
    named = set(REPOSITORY_PATH.findall(page_text(page))) - written
    missing = [path for path in named if not (ROOT / path).exists()]
    assert not missing


def test_table_of_joint_sets_is_that_of_the_code():
    rows = [
        f"| `{s.name}` | {len(s)} | {s.joints[s.root]} | {', '.join(s.joints)} |"
        for s in SKELETONS.values()
    ]
    page = (ROOT / "docs/conventions.md").read_text()
    assert "\n".join(rows) in page
    assert len(re.findall(r"^\| `\w+` \| \d+ \|", page, re.MULTILINE)) == len(SKELETONS)
