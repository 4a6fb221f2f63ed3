"""The demo, small: every step of it, and the second run that reuses the first."""

import importlib.util
import re
import shutil
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parent.parent.parent


def load(name: str):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_demo_makes_a_page_and_its_second_run_trains_nothing(tmp_path, monkeypatch, capsys):
    shutil.copytree(ROOT / "experiments", tmp_path / "experiments")
    (tmp_path / "experiments/small.yaml").write_text(
        "data: {init_args: {frames_per_sequence: 6, batch_size: 64}}\n"
        "model: {init_args: {width: 16}}\n"
        "trainer: {max_epochs: 2, accelerator: cpu, enable_progress_bar: false}\n"
    )
    monkeypatch.chdir(tmp_path)
    demo = load("demo")
    monkeypatch.setattr(demo, "CONFIGS", (*demo.CONFIGS, "small"))

    demo.demo()
    page = (tmp_path / "runs/demo/index.html").read_text()
    assert page.count("<tr") == 1 + 15 + 2
    assert page.count("<figcaption>") == 6
    # Nothing is fetched: no script, style, image or font from elsewhere.
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", page)
    step = torch.load("runs/demo/checkpoints/last.ckpt", weights_only=True)["global_step"]

    demo.demo()
    again = torch.load("runs/demo/checkpoints/last.ckpt", weights_only=True)["global_step"]
    assert again == step
    assert "index.html" in capsys.readouterr().out


def test_per_sample_reference_of_the_benchmark_yields_the_same_examples():
    benchmark = load("benchmark")
    clips = benchmark._clips(count=2, frames=12)
    reference = benchmark.PerSample(clips, 9)
    bank = benchmark.PoseBank(
        clips, benchmark.Windows(9), benchmark.JOINTS, benchmark.JOINTS, ["Walking"], ["S1"]
    )
    batch = bank.batch(bank.rows)
    assert len(reference) == len(bank) == 24
    for i in range(24):
        sample = reference[i]
        for name in ("keypoints", "confidence", "pose"):
            assert torch.equal(torch.as_tensor(sample[name]), batch[name][i]), name
