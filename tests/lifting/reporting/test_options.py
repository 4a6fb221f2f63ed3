"""Options that differ, and origins."""

from lifting.reporting.gathering import gather
from lifting.reporting.options import differences, origins, shared
from tests.made_runs import provenance, write_csv, write_run


def test_only_options_that_differ_are_listed(tmp_path):
    first = write_run(tmp_path / "a", data={"actions": ["Walking", "Sitting"]})
    second = write_run(tmp_path / "b", method="VideoPose3D", model={"lr": 0.1, "taps": [3, 3]})
    found = differences(gather([first, second]))
    assert found == [
        {"option": "data.actions", "a": '["Walking", "Sitting"]', "b": "–"},
        {
            "option": "model.class_path",
            "a": "SimpleBaseline",
            "b": "VideoPose3D",
        },
        {"option": "model.lr", "a": "0.001", "b": "0.1"},
        {"option": "model.taps", "a": "–", "b": "[3, 3]"},
    ]
    everywhere, somewhere = shared(found)
    assert [row["option"] for row in everywhere] == ["model.class_path", "model.lr"]
    assert [row["option"] for row in somewhere] == ["data.actions", "model.taps"]
    assert (
        differences(
            gather([first, write_run(tmp_path / "c", data={"actions": ["Walking", "Sitting"]})])
        )
        == []
    )


def test_origins_are_those_of_the_last_start(tmp_path):
    dirty = provenance("fit", commit="0123456789abcdef")
    dirty["code"]["modified"] = True
    dirty["frozen"] = {"flow": "abcdefabcdefabc"}
    mirrored = provenance("test") | {"changes": {"model.flip_test": True}}
    starts = [provenance("fit"), dirty, mirrored]
    first = write_run(tmp_path / "a", starts=starts, model={"seed": 3})
    rows = [{"step": n, "train/examples_per_second": v} for n, v in enumerate((5, 1000.4, 9000))]
    write_csv(first / "logs/version_1/metrics.csv", rows)
    second = write_run(tmp_path / "b", starts=())
    facts = {row[""]: (row["a"], row["b"]) for row in origins(gather([first, second]))}
    assert facts == {
        "folder": (str(first), str(second)),
        "seed": ("seed_everything 0, model.seed 3, data.seed 0", "0"),
        "starts": ("2 fit, 1 test", "–"),
        "commit": ("trained 0123456789, files modified; tested 1234567890", "–"),
        "machine": ("1 x CPU, x86_64, 1 threads", "–"),
        "libraries": ("Python 3.11.7, torch 2.13.0, lightning 2.6.6", "–"),
        "data": ("synthetic.h5 feedbeefca", "–"),
        "options beside the configuration": ("trained –; tested model.flip_test True", "–"),
        "earlier stages": ("trained flow abcdefabcd; tested –", "–"),
        "examples per second, median": ("1,000", "–"),
    }


def test_an_option_that_changed_on_the_way_is_not_told_as_its_last_value_alone(tmp_path):
    resumed = provenance("fit") | {"step": 40, "changed": {"model.lr": [0.01, 0.001]}}
    starts = [provenance("fit") | {"step": 0}, resumed]
    first, second = write_run(tmp_path / "a", starts=starts), write_run(tmp_path / "b")
    assert differences(gather([first, second])) == [
        {"option": "model.lr", "a": "0.01; from step 40 0.001", "b": "0.001"}
    ]


def test_a_prediction_with_options_of_its_own_is_told(tmp_path):
    mirrored = provenance("predict") | {"changes": {"model.flip_test": True}}
    rows = origins(gather([write_run(tmp_path / "a", starts=[provenance("fit"), mirrored])]))
    facts = {row[""]: row["a"] for row in rows}
    assert facts["options of predict beside the configuration"] == "model.flip_test True"
