"""The demo, small: every step of it, and the second run that reuses the first."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from lifting.cli.demo import demo

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow(reason="trains five stages")
def test_demo_makes_a_page_and_its_second_run_trains_nothing(
    tmp_path, monkeypatch, capsys, give_synthetic
):
    give_synthetic(tmp_path / "data")
    shutil.copytree(ROOT / "experiments", tmp_path / "experiments")
    path = tmp_path / "experiments/links/demo.yaml"
    plan = yaml.safe_load(path.read_text())
    plan["options"] |= {
        "data.frames_per_sequence": 6,
        "data.train_frames": "all",
        "data.batch_size": 64,
        "data.test_frames": "all",
        "trainer.limit_train_batches": 4,
        "trainer.accelerator": "cpu",
    }
    for stage in plan["stages"].values():
        stage["options"]["trainer.max_epochs"] = 2
        stage["options"] |= {k: 16 for k in stage["options"] if "width" in k or "hidden" in k}
    path.write_text(yaml.safe_dump(plan, sort_keys=False))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    demo()
    page = (tmp_path / "runs/demo/index.html").read_text()
    # Two tables of fifteen actions and one of nine cases, each with a head and two averages.
    assert page.count("<tr>") + page.count('<tr class="average">') == 2 * (1 + 15 + 2) + 1 + 9 + 2
    assert page.count("<figcaption>") == 3
    assert page.count("<video") == 1
    (data,) = re.findall(r'<script type="application/json" id="clips">(.*?)</script>', page)
    moving, hidden = json.loads(data)["clips"]
    names = [method["name"] for method in moving["methods"]]
    assert names == ["left, right", "legs, torso", "all parts", "person", "left arm hidden"]
    # The three joints of an arm, in each of the six frames.
    assert [len(method["hidden"] or []) for method in moving["methods"]] == [0, 0, 0, 0, 3 * 6]
    assert len(hidden["notes"]) == 6
    assert hidden["notes"][0] == "whole"
    # Nothing is fetched: no script, style, image or font from elsewhere.
    assert not re.search(r'<(script|link|img)[^>]+(src|href)="(?!data:)', page)
    stages = sorted((tmp_path / "runs/demo").glob("*/checkpoints/last.ckpt"))
    assert len(stages) == 5
    times = [path.stat().st_mtime_ns for path in stages]

    demo()
    assert [path.stat().st_mtime_ns for path in stages] == times
    assert "index.html" in capsys.readouterr().out
