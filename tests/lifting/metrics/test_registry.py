"""Every metric has one entry, which says the same wherever its name is used."""

from pathlib import Path

import pytest

from lifting.metrics import Evaluation, KeypointEvaluation
from lifting.metrics.keypoint_evaluation import LiftedEvaluation
from lifting.metrics.mpi_inf_3dhp import COLUMNS
from lifting.metrics.registry import explanation, families, find, title, with_unit
from tests.lifting.made_metrics import PER_FRAME

PAGE = Path(__file__).parents[3] / "docs/metrics.md"
ENTRIES = [metric for family in families().values() for metric in family]


def test_every_metric_that_an_evaluation_measures_has_an_entry():
    lifted = LiftedEvaluation(["a"], "lsp14", ["sb", "vp", "mix"], ["sb"])
    names = [*Evaluation(["a"]).metrics, *lifted.metrics, *COLUMNS]
    assert {"mpjve", "cps", "epe", "mpjpe_truth_sb", "pa_mpjpe_median"} <= set(names)
    assert not [name for name in names if find(name) is None]


def test_a_name_of_several_families_has_one_unit_and_direction_and_is_shown_alike():
    for metric in ENTRIES:
        first = find(metric.name)
        assert (first.unit, first.arrow) == (metric.unit, metric.arrow), metric.name
        assert (first.console, first.card) == (metric.console, metric.card), metric.name


def test_every_metric_of_single_frames_has_an_independent_reference():
    evaluation = Evaluation(["a"])
    assert set(PER_FRAME) == set(evaluation.metrics) - {"mpjve", "acceleration"}


def test_validation_is_of_the_entries_that_say_so():
    poses, keypoints = (
        Evaluation(["a"], full=False),
        KeypointEvaluation(["a"], "lsp14", full=False),
    )
    assert list(poses.metrics) == ["mpjpe", "pa_mpjpe", "mirrored"]
    assert list(keypoints.metrics) == ["epe", "pdj"]


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("test/nll_full", "nll_<part>"),
        ("mpjpe_truth_mix", "mpjpe_truth_<lifter>"),
        ("mpjpe_unseen", "mpjpe_unseen"),
        ("pck_Head", "pck_<group>"),
        ("pck_Total", "pck_Total"),
    ],
)
def test_names_of_parts_are_covered_by_the_longest_pattern(name, entry):
    assert find(name).name == entry


def test_unknown_metric_is_called_by_its_name_alone():
    assert find("novelty") is None
    assert with_unit("val/novelty") == "validation novelty"
    assert with_unit("val/epe") == "validation EPE, pixels ↓"
    assert explanation("val/novelty") == ""


@pytest.mark.parametrize("metric", ENTRIES, ids=lambda metric: metric.name)
def test_no_name_of_a_column_is_shown_to_people(metric):
    """Titles are words, and explanations name other metrics by theirs."""
    assert "_" not in metric.title
    family = next(f for f in families().values() if metric in f)
    columns = [m.name for m in family]
    text = explanation(metric.name, columns)
    assert "`" not in text
    assert "*" not in text
    assert not [name for name in columns if "_" in name and name in text]
    assert title(metric.name, columns).split(",")[0] == metric.title.split(",")[0]


def test_titles_of_one_table_differ():
    for metrics in families().values():
        titles = [title(metric.name, [m.name for m in metrics]) for metric in metrics]
        assert len(set(titles)) == len(titles)


def test_a_name_of_several_families_is_called_as_in_the_one_that_is_measured():
    completion = ["pa_mpjpe", "n_mpjpe", "pck", "pa_mpjpe_hidden"]
    assert with_unit("pck", completion) == "N-PCK@150, % ↑"
    assert explanation("pck", completion) == "N-PCK@150: PCK after the scale of N-MPJPE"
    assert with_unit("pck", ["epe", "pckh", "pck"]) == "PCK@0.2, % ↑"
    assert with_unit("pck", ["mpjpe", "pck", "auc"]) == with_unit("pck") == "PCK@150, % ↑"


def test_titles_of_parts_name_the_part():
    assert title("nll_left_arm") == "NLL, left arm"
    assert title("mpjpe_truth_sb", ["epe"]) == "MPJPE, truth through sb"
    assert title("pck_Head") == "PCK, Head"


def test_tables_of_the_documentation_are_the_registry():
    page = PAGE.read_text()
    for family, metrics in families().items():
        rows = [
            f"| `{m.name}` | {m.title} | {m.unit} | {m.arrow} | {m.explanation} |" for m in metrics
        ]
        head = ["| column | shown as | unit | better | definition |", "|---|---|---|---|---|"]
        table = "\n".join([*head, *rows])
        assert table in page, f"{family}:\n{table}"
