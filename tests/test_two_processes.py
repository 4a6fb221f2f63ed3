"""Every method trained and tested by two processes, and by one with twice the batch."""

import pytest

from tests.made_methods import LIFTERS
from tests.made_trainings import METHODS, trained, trained_by_two, write_stages

pytestmark = [
    pytest.mark.slow(reason="trains every method in two processes"),
    # They share trainings.
    pytest.mark.xdist_group("two_processes"),
]

# Losses that are no mean over examples, or random numbers that each process draws for itself.
OTHERWISE = {
    "batch normalisation": {
        *("GuidedDetector", "HeatmapDetector", "MotionAGFormer"),
        *("RelativeDepth", "RelativeDepthTwin"),
        *("SemiSupervisedVideoPose3D", "SimpleBaseline", "VideoPose3D"),
    },
    "the spread of the elevations": {"ElePose", "LInKs"},
}
# The score of a critic has a bias, which nothing but rounding moves, by Adam's whole step.
OF_A_BIAS = {"train/realism_pose", "train/generator_loss"}
ALIKE = set(METHODS) - set.union(*OTHERWISE.values())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trainings")
    write_stages(folder)
    return folder


@pytest.fixture(scope="module")
def two(folder):
    return trained_by_two(METHODS, folder)


@pytest.mark.parametrize("name", METHODS)
def test_two_processes_train_and_test_as_one_does(name, two, folder):
    ours, theirs = (of_process[name] for of_process in two)
    losses = [of_process.pop("losses") for of_process in (ours, theirs)]
    assert ours == theirs
    one = trained(name, folder, 1)
    assert ours["statistics"] == one["statistics"]
    assert one["val"].keys() == ours["val"].keys()
    # Frames that both processes had would count twice.
    assert ours["test"] == pytest.approx(one["test"], rel=1e-6)
    assert bool(ours["test"]) == (name in LIFTERS)
    if name in ALIKE:
        assert ours["val"] == pytest.approx(one["val"], rel=1e-6)
        for loss in losses[0].keys() - OF_A_BIAS:
            mean = (losses[0][loss] + losses[1][loss]) / 2
            assert mean == pytest.approx(one["losses"][loss], rel=1e-5, abs=1e-6), loss
