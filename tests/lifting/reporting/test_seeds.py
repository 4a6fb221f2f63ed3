"""Tests of runs that differ in nothing but the seed."""

import re
from pathlib import Path

import pytest
import yaml

from lifting.reporting import gather, write_report
from lifting.reporting.seeds import seed_groups
from tests.made_runs import provenance, write_run


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(name, seed=0, everything=None, model=None, data=None, **more):
    """Write a run with one seed for everything, and any other options."""
    folder = write_run(
        Path("runs") / name,
        model={"seed": seed, **(model or {})},
        data={"seed": seed, **(data or {})},
        **more,
    )
    edit(folder, seed_everything=seed if everything is None else everything)
    (folder / "checkpoints").mkdir()
    (folder / "checkpoints/best.ckpt").touch()
    return folder


def edit(folder, **options):
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | options))


def grouped(*folders):
    return [[run.label for run in group] for group in seed_groups(gather(folders))]


def test_runs_of_other_seeds_are_one_group_and_those_of_other_options_another():
    folders = [write(f"{lr}_{seed}", seed, model={"lr": lr}) for lr in (1, 2) for seed in (0, 1)]
    assert grouped(*folders) == [["1_0", "1_1"], ["2_0", "2_1"]]
    assert grouped(folders[0], folders[3]) == []


def test_one_seed_of_three_is_enough_to_differ():
    first = write("a")
    assert grouped(first, write("b", model={"seed": 5})) == [["a", "b"]]
    assert grouped(first, write("c", everything=5)) == [["a", "c"]]


def test_the_same_seed_twice_is_no_group():
    assert grouped(write("a"), write("b"), write("c", 1)) == []


@pytest.mark.parametrize(
    ("option", "values", "grouped_still"),
    [("model.lr", [0.1, 0.001], False), ("trainer.devices", [[0], [1]], True)],
)
def test_a_rate_that_was_another_for_some_of_the_way_is_another_run(option, values, grouped_still):
    resumed = [provenance("fit") | {"step": 40, "changed": {option: values}}]
    folders = write("a"), write("b", 1, starts=resumed)
    assert bool(grouped(*folders)) is grouped_still


def test_names_and_records_are_of_no_consequence():
    first, second = write("a"), write("b", 1)
    edit(second, wandb="disabled", wandb_group="x", project="another", pictures=False)
    edit(second, progress_every=5.0)
    assert grouped(first, second) == [["a", "b"]]
    edit(second, trainer={"max_epochs": 3}, ckpt_path=None)
    assert grouped(first, second) == []


def test_options_of_a_test_alone_part_runs():
    starts = [provenance("fit"), provenance("test") | {"changes": {"model.flip_test": True}}]
    assert grouped(write("a"), write("b", 1, starts=starts)) == []


def test_checkpoints_of_earlier_stages_are_known_by_their_runs():
    flows = [write(f"flow{seed}", seed) for seed in (0, 1)]
    flows.append(write("other", 0, model={"lr": 7}))
    best = [f"{flow}/checkpoints/best.ckpt" for flow in flows]
    zero, one, other = (
        write(f"lifter{n}", seed, model={"flow": best[n]}) for n, seed in ((0, 0), (1, 1), (2, 2))
    )
    assert grouped(zero, one) == [["lifter0", "lifter1"]]
    assert grouped(zero, one, other) == [["lifter0", "lifter1"]]
    # Of one seed, on flows of two.
    assert grouped(zero, write("lifter3", 0, model={"flow": best[1]})) == [["lifter0", "lifter3"]]
    assert grouped(zero, write("lifter4", 1, model={"flow": "gone.ckpt"})) == []


def test_the_averages_have_a_row_for_them_next_to_the_single_ones():
    folders = [write(f"sb{seed}", seed, scale=1 + seed / 10) for seed in range(3)]
    runs = gather([*folders, write("alone", 3, model={"lr": 7})])
    write_report(Path("page.html"), runs, {})
    text = Path("page.html").read_text().replace("<wbr>", "")
    table = text[text.index('aria-label="action average"') :]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", table[: table.index("</table>")])
    cells = [re.sub(r"</td>", "|", row) for row in rows]
    cells = [re.sub(r"<[^>]+>", "", row).split("|")[:5] for row in cells]
    assert [row[0] for row in cells[1:]] == [
        *("sb0", "sb1", "sb2", "sb*, mean ± sd of 3 seeds", "alone"),
    ]
    # 45, 49.5 and 54 mm.
    assert cells[4][1:] == ["SimpleBaseline", "6", "49.5 ± 4.5", "87.5 ± 0.0"]
    # The best is marked among single runs, in the rows where they have come to stand.
    marked = [index for index, row in enumerate(rows) if "<td class" in row or "<td title" in row]
    assert marked == [1, 5]
