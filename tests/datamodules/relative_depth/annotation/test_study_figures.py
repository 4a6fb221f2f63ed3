"""Figures of a simulated study, against the raw answers counted one by one."""

import json
from collections import defaultdict

import matplotlib.pyplot as plt
import numpy as np
import pytest

from datamodules.relative_depth.annotation.answers import Sheet, write_answers
from datamodules.relative_depth.annotation.simulated_annotations import simulate
from datamodules.relative_depth.annotation.simulated_annotators import answer_all, make_annotators
from datamodules.relative_depth.annotation.study import read_study
from datamodules.relative_depth.annotation.study_figures import StudyFigures
from datamodules.relative_depth.annotation_file import write_relative_depth
from datamodules.relative_depth.labels import DepthLabels
from datamodules.store.clips import ClipStore
from datamodules.synthetic.procedural import clips as synthetic_clips
from lifting.errors import InputError
from lifting.skeletons import skeleton

H36M = skeleton("h36m17")
SAME = {"neck": "thorax", "head_top": "head"}
NAMES = (
    *("easiest_and_hardest", "risk_curve", "image_difficulty", "true_distance"),
    *("risk_against_distance", "annotators_skill", "annotators_bias"),
    *("accuracy_against_distance", "annotators_accuracy", "expert_agreement"),
)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A store, annotations of 80 of its frames, and the answers of six people to each pair."""
    folder = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synthetic_clips, "SEQUENCES", ("Walking", "Sitting"))
        synthetic_clips.write_store(str(folder / "human.h5"), 0, 12, ("S1", "S9"))
    made = simulate(folder / "human.h5", 80, DepthLabels(5, noise="crowd"), frame="level")
    write_relative_depth(folder / "depth.json", made.annotated, made.attribution)
    sheets = answer_all(made.annotated, made.depth, make_annotators(8), 6)
    write_answers(folder / "answers.json", sheets)
    return folder


@pytest.fixture(scope="module")
def figures(folder):
    study = read_study(folder / "answers.json", folder / "human.h5")
    return StudyFigures(study, width=50.0, frame="level")


@pytest.fixture(scope="module")
def raw(folder):
    """Every answer: who, image, green and pink joint, whether pink, and steps from pink to green."""
    poses = {}
    with ClipStore(folder / "human.h5") as store:
        for key in store.keys:
            turn = store.camera(key).rotation.numpy()
            for row, pose in enumerate(store.pose(key).astype(float)):
                poses[f"{key.subject}_{key.sequence}_{key.camera}_{row}"] = pose, turn
    rows = []
    for name, sheet in json.loads((folder / "answers.json").read_text())["annotators"].items():
        for answer in sheet["answers"]:
            pose, turn = poses[answer["image"]]
            green, pink = (SAME.get(answer[end], answer[end]) for end in ("first", "second"))
            step = pose[H36M.index(green)] - pose[H36M.index(pink)]
            ahead = turn[2, :2] / np.hypot(*turn[2, :2])
            rows.append(
                {
                    "name": name,
                    "pair": (answer["image"], *sorted((green, pink))),
                    "sign": 1 if green < pink else -1,
                    "pink": answer["nearer"] == "second",
                    "camera": step[2],
                    "level": (turn.T @ step)[:2] @ ahead,
                }
            )
    return rows


def correct(row, frame):
    # Pink is nearer where green is farther.
    return row["pink"] == (row[frame] > 0)


def line(axes, label):
    (found,) = (x for x in axes.lines if x.get_label() == label)
    return found.get_xdata(), found.get_ydata()


def binned(pairs):
    """Middles of bins of 5 cm, and the mean in each."""
    bins = defaultdict(list)
    for distance, value in pairs:
        bins[int(distance // 50)].append(value)
    return [5 * b + 2.5 for b in sorted(bins)], [np.mean(bins[b]) for b in sorted(bins)]


def test_every_figure_is_drawn(figures):
    drawn = dict(figures.draw())
    assert tuple(drawn) == NAMES
    assert not [name for name, figure in drawn.items() if isinstance(figure, str)]


def test_accuracy_over_distance_is_that_of_the_raw_answers(figures, raw):
    figure = figures.accuracy_against_distance()
    for axes, frame in zip(figure.axes, ("camera", "level"), strict=True):
        single = binned([(abs(row[frame]), correct(row, frame)) for row in raw])
        np.testing.assert_allclose(line(axes, "single answers"), single)
        votes = defaultdict(list)
        for row in raw:
            votes[row["pair"]].append((row["sign"] * (2 * row["pink"] - 1), row))
        majority = []
        for given in votes.values():
            total, row = sum(vote for vote, _ in given), given[0][1]
            if total:
                truth = row["sign"] * row[frame]
                majority.append((abs(row[frame]), (total > 0) == (truth > 0)))
        np.testing.assert_allclose(line(axes, "majority"), binned(majority))
        assert 0 < len(votes) - len(majority) < 200
        x, y = line(axes, "published crowd")
        np.testing.assert_allclose(y, np.minimum(50 + 1.25 * x, 100) / 100, atol=1e-12)
        assert x[0] == 0


def test_people_who_judge_as_if_level_are_right_more_often_there(figures, raw):
    camera, level = figures.accuracies()
    for text, frame in ((camera, "camera"), (level, "level")):
        share = np.mean([correct(row, frame) for row in raw])
        assert f"{share:.1%} of {len(raw):,} single answers" in text
    shares = [
        float(text.split(" single")[0].split(": ")[1].split("%")[0]) for text in (camera, level)
    ]
    assert shares[1] > shares[0] + 1
    assert "majority" in level
    assert "merged" in level


def test_skill_bias_and_accuracy_are_those_of_each_annotator(figures, raw):
    names = figures.study.answers.names
    assert len(names) == 8
    positive, negative, bias, share = {}, {}, {}, {}
    for name in names:
        own = [row for row in raw if row["name"] == name]
        positive[name] = np.mean([row["pink"] for row in own if row["level"] > 0])
        negative[name] = np.mean([not row["pink"] for row in own if row["level"] < 0])
        bias[name] = np.mean([row["pink"] for row in own]) - np.mean([r["level"] > 0 for r in own])
        share[name] = {f: np.mean([correct(r, f) for r in own]) for f in ("camera", "level")}
    (dots,) = figures.annotators_skill().axes[0].collections
    expected = [(negative[name], positive[name]) for name in names]
    np.testing.assert_allclose(dots.get_offsets(), expected)

    axes = figures.annotators_bias().axes[0]
    found = [text.get_text() for text in axes.get_yticklabels()]
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == sorted(widths)
    np.testing.assert_allclose(widths, [bias[name] for name in found])

    axes = figures.annotators_accuracy().axes[0]
    means = [x.get_xdata()[0] for x in axes.lines]
    expected = [np.mean([share[n][f] for n in names]) for f in ("camera", "level")]
    np.testing.assert_allclose(means, expected)


def test_distances_and_risks_are_those_of_every_pair(figures, raw):
    distance = {row["pair"]: (abs(row["camera"]), abs(row["level"])) for row in raw}
    assert len(distance) == 400
    axes = figures.true_distance().axes[0]
    means = [x.get_xdata()[0] for x in axes.lines]
    np.testing.assert_allclose(means, np.mean(list(distance.values()), 0) / 10)

    figure = figures.risk_against_distance()
    x, risk = line(figure.axes[1], "pairs")
    np.testing.assert_allclose(sorted(x), sorted(level / 10 for _, level in distance.values()))
    np.testing.assert_array_equal(risk, figures.study.risk)
    expected = binned(zip(10 * x, risk, strict=True))
    np.testing.assert_allclose(line(figure.axes[1], "mean"), expected)

    kept, mean = line(figures.risk_curve().axes[0], "mean risk")
    assert len(kept) == 400
    assert mean[-1] == pytest.approx(risk.mean())
    assert mean[99] == pytest.approx(np.sort(risk)[:100].mean())
    _, wrong = line(figures.risk_curve().axes[0], "wrong, by the poses")
    (text,) = (t for t in figures.accuracies() if "level" in t)
    merged = float(text.split("%")[-2].split(" ")[-1])
    assert wrong[-1] == pytest.approx(1 - merged / 100, abs=6e-4)

    by_image = defaultdict(list)
    for (image, _, _), value in zip(figures.study.pairs, risk, strict=True):
        by_image[image].append(value)
    difficulty = {image: np.mean(values) for image, values in by_image.items()}
    (mean,) = (x.get_xdata()[0] for x in figures.image_difficulty().axes[0].lines)
    assert mean == pytest.approx(np.mean(list(difficulty.values())))
    shown = [a for part in figures.easiest_and_hardest().subfigs for a in part.axes]
    titles = [axes.get_title().split("\n")[0] for axes in shown]
    in_order = sorted(difficulty, key=lambda image: difficulty[image])
    for title, image, choose in zip(
        titles, in_order[:5] + in_order[:-6:-1], [min] * 5 + [max] * 5, strict=True
    ):
        expected = f"risk {difficulty[image]:.1%}, this pair {choose(by_image[image]):.1%}"
        assert title == expected


def test_matrix_is_of_all_annotators_or_of_experts_and_the_crowd(figures, folder, raw):
    axes = figures.expert_agreement().axes[0]
    assert [t.get_text() for t in axes.get_xticklabels()] == [
        *figures.study.answers.names,
        "merged",
    ]
    study = read_study(folder / "answers.json", experts=["annotator_1", "annotator_8"])
    axes = StudyFigures(study).expert_agreement().axes[0]
    labels = [t.get_text() for t in axes.get_yticklabels()]
    assert labels == ["annotator_1", "annotator_8", "crowd"]
    said = {
        name: {r["pair"]: r["sign"] * (2 * r["pink"] - 1) for r in raw if r["name"] == name}
        for name in labels
    }
    both = said["annotator_1"].keys() & said["annotator_8"].keys()
    alike = np.mean([said["annotator_1"][p] == said["annotator_8"][p] for p in both])
    texts = {t.get_position(): t.get_text() for t in axes.texts}
    assert texts[1, 0].startswith(f"{alike:.0%}\n")
    assert texts[0, 1].endswith(f"\n{len(both)}")


def reasons(study):
    return {name: why for name, why in StudyFigures(study).draw() if isinstance(why, str)}


def test_what_is_not_known_is_left_out_with_the_reason(folder, tmp_path):
    found = reasons(read_study(folder / "answers.json"))
    assert "joints are is not known" in found.pop("easiest_and_hardest")
    unknown = {"true_distance", "risk_against_distance"}
    unknown |= {"accuracy_against_distance", "annotators_accuracy"}
    assert found.keys() == unknown
    assert all("give --source" in reason for reason in found.values())

    people = {"annotators_skill", "annotators_bias", "annotators_accuracy", "expert_agreement"}
    found = reasons(read_study(folder / "depth.json"))
    assert found.keys() == people | unknown
    assert all("do not say who" in found[name] for name in people)
    # With poses merged annotations give all but what is of people.
    assert reasons(read_study(folder / "depth.json", folder / "human.h5")).keys() == people

    content = json.loads((folder / "depth.json").read_text())
    for image in content["images"]:
        for annotation in image["anns"]:
            del annotation["risk"], annotation["prob"]
    (tmp_path / "bare.json").write_text(json.dumps(content))
    found = reasons(read_study(tmp_path / "bare.json"))
    assert found.keys() == set(NAMES)
    assert "neither risk nor prob" in found["risk_curve"]


def test_one_annotator_agrees_with_nobody_and_many_are_too_many(folder, tmp_path):
    made = simulate(folder / "human.h5", 4, DepthLabels(2))
    for people, reason in ((1, "one annotator only"), (16, "more than 15 annotators")):
        sheets = answer_all(made.annotated, made.depth, make_annotators(people), 16)
        write_answers(tmp_path / "a.json", sheets)
        assert reason in reasons(read_study(tmp_path / "a.json"))["expert_agreement"]


def test_somebody_who_was_asked_of_one_colour_alone_has_no_skill(folder, tmp_path):
    made = simulate(folder / "human.h5", 2, DepthLabels(1))
    sheets = answer_all(made.annotated, made.depth, make_annotators(1), 1)
    ((name, sheet),) = sheets.items()
    write_answers(tmp_path / "a.json", {name: Sheet(0, 1, sheet.answers[:1])})
    assert "both colours" in reasons(read_study(tmp_path / "a.json"))["annotators_skill"]


def test_wrong_options_are_refused(figures):
    for width, frame, message in (
        (0.0, "camera", "--bin is 0"),
        (float("nan"), "camera", "--bin is nan"),
        (50.0, "world", "--frame is 'world'"),
    ):
        with pytest.raises(InputError, match=message):
            StudyFigures(figures.study, width, frame)
