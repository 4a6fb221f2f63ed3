"""Every metric has one entry, which says the same wherever its name is used."""

from pathlib import Path

import pytest

from lifting.metrics import Evaluation, KeypointEvaluation
from lifting.metrics.keypoint_evaluation import LiftedEvaluation
from lifting.metrics.mpi_inf_3dhp import COLUMNS
from lifting.metrics.registry import families, find, with_unit
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
    assert with_unit("val/novelty") == "val/novelty"
    assert with_unit("val/epe") == "val/epe, pixels ↓"


def test_tables_of_the_documentation_are_the_registry():
    page = PAGE.read_text()
    for family, metrics in families().items():
        rows = [f"| `{m.name}` | {m.unit} | {m.arrow} | {m.explanation} |" for m in metrics]
        table = "\n".join(["| column | unit | better | definition |", "|---|---|---|---|", *rows])
        assert table in page, f"{family}:\n{table}"
