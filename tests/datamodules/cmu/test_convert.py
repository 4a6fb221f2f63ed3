"""CMU motion capture becomes a clip store seen by virtual cameras, and is trained on."""

import math
import warnings

import h5py
import numpy as np
import pytest
import torch

from datamodules import CMU
from datamodules.cmu.actions import action_of
from datamodules.cmu.convert import convert
from datamodules.cmu.raw import read_amc, read_bvh, read_npz
from datamodules.motion.raw import read_motion
from datamodules.store.clips import ClipStore
from lifting.cli.training import run
from lifting.skeletons import skeleton
from tests.datamodules.made_cmu import NPZ_PARENTS, write_amc, write_bvh, write_npz
from tests.test_experiments import EXPERIMENTS, configs

# The trials of the old npz, with the joints as they are now.
PRESENT = "motion_h36m17_present122.npz"

pytestmark = pytest.mark.slow(reason="converts datasets", shapes=True)


def seen(key, store):
    """Poses of a clip, brought back to the world, and its keypoints."""
    camera = store.camera(key)
    rotation, position = camera.rotation.numpy(), camera.position.numpy()
    return store.pose(key) @ rotation + position, store.keypoints(key, "gt"), camera


def check(out, world, subject="S02", number="01"):
    with ClipStore(out) as store:
        keys = [k for k in store.keys if (k.subject, k.sequence) == (subject, number)]
        assert len(keys) == 4
        for key in keys:
            found, keypoints, camera = seen(key, store)
            np.testing.assert_allclose(found, world, atol=0.01)
            inside = (world - camera.position.numpy()) @ camera.rotation.numpy().T
            pixels = inside[..., :2] / inside[..., 2:] * camera.focal.numpy()
            np.testing.assert_allclose(
                keypoints[..., :2], pixels + camera.principal.numpy(), atol=0.01
            )
            assert (keypoints[..., 2] == 1).all()
            assert inside[..., 2].min() > 1000
            assert keypoints[..., :2].min() > 20
            assert keypoints[..., :2].max() < 980


def test_amc_becomes_every_fourth_pose_in_the_world(tmp_path):
    world = write_amc(tmp_path / "raw", frames=9)
    convert([tmp_path / "raw"], tmp_path / "out.h5")
    check(tmp_path / "out.h5", world[::4])
    with ClipStore(tmp_path / "out.h5") as store:
        assert {(k.action, k.fps, k.frames) for k in store.keys} == {("walk", 30.0, 3)}
        assert [k.camera for k in store.keys] == [f"01_view{i}" for i in range(4)]
        assert store.info.skeleton == "h36m17"
        assert store.info.sources == {"gt": "h36m17"}
        assert set(store.info.inputs) == {"02.asf", "02_01.amc"}
        assert "EIA-0196217" in store.info.origin
        assert "may not resell" in store.info.licence


@pytest.mark.parametrize("six", [False, True])
@pytest.mark.parametrize("naming", ["daz", "motionbuilder"])
def test_bvh_gets_its_thorax_back_and_loses_its_t_pose(tmp_path, naming, six):
    world = write_bvh(tmp_path / "raw", naming=naming, six=six)
    convert([tmp_path / "raw"], tmp_path / "out.h5", fps=120.0)
    check(tmp_path / "out.h5", world)


def test_bvh_with_a_thorax_and_without_a_t_pose_stays_as_it_is(tmp_path):
    world = write_bvh(tmp_path / "raw", lift=3.3, t_pose=False)
    convert([tmp_path / "raw"], tmp_path / "out.h5", fps=60.0)
    check(tmp_path / "out.h5", world[::2])


def test_an_npz_keeps_its_poses(tmp_path):
    trials = write_npz(tmp_path / "cmu.npz", {("S07", "04"): 6, ("S144", "33"): 5})
    convert([tmp_path / "cmu.npz"], tmp_path / "out.h5")
    check(tmp_path / "out.h5", 1000.0 * trials["S07"]["04"], "S07", "04")
    convert([tmp_path / "cmu.npz"], tmp_path / "slow.h5", fps=15.0)
    check(tmp_path / "slow.h5", 1000.0 * trials["S144"]["33"][::2], "S144", "33")
    assert skeleton("h36m17").parents == NPZ_PARENTS


def earlier(world):
    """Poses with the joints of earlier conversions, and the spine that can be told from them."""
    joints = skeleton("h36m17")
    old = world.copy()
    spine, pelvis = joints.index("spine"), joints.root
    old[:, pelvis] += [0, 0, 100]
    for side in ("left", "right"):
        elbow, wrist = joints.index(f"{side}_elbow"), joints.index(f"{side}_wrist")
        old[:, wrist] = world[:, elbow] + (world[:, wrist] - world[:, elbow]) * 2 / 3
    known = world.copy()
    known[:, spine] = (old[:, pelvis] + old[:, spine]) / 2
    return old, known


def test_an_npz_with_the_joints_of_earlier_conversions_is_mended(tmp_path):
    world = write_amc(tmp_path / "raw", frames=9)
    old, known = earlier(world)
    write_npz(tmp_path / "old.npz", {("S02", "01"): old / 1000, ("S02", "02"): old[::-1] / 1000})
    report = convert([tmp_path / "old.npz"], tmp_path / "out.h5")
    assert "old.npz: 2 trials had the joints of earlier conversions" in report
    check(tmp_path / "out.h5", known)
    write_npz(tmp_path / "new.npz", {("S02", "01"): world / 1000})
    assert "earlier" not in convert([tmp_path / "new.npz"], tmp_path / "out.h5")
    check(tmp_path / "out.h5", world)


def test_a_store_of_an_earlier_version_is_named(tmp_path):
    write_npz(tmp_path / "cmu.npz", TRIALS)
    convert([tmp_path / "cmu.npz"], tmp_path / "cmu.h5")
    data = CMU(store=str(tmp_path / "cmu.h5"), **SPLIT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data.setup("fit")
    with h5py.File(tmp_path / "cmu.h5", "r+") as file:
        file.attrs["origin"] = file.attrs["origin"].partition(" Joints, version 2")[0]
    with pytest.warns(UserWarning, match="those of an earlier version"):
        CMU(store=str(tmp_path / "cmu.h5"), **SPLIT).setup("test")
    prior = {"prior_store": str(tmp_path / "cmu.h5"), "prior_subjects": ["S35"]}
    convert([tmp_path / "cmu.npz"], tmp_path / "new.h5")
    with pytest.warns(UserWarning, match="those of an earlier version"):
        CMU(store=str(tmp_path / "new.h5"), **prior, **SPLIT).setup("fit")


def test_the_best_file_of_a_trial_is_read(tmp_path):
    world = write_amc(tmp_path / "raw" / "a", frames=8)
    write_bvh(tmp_path / "raw" / "b", seed=5)
    other = write_bvh(tmp_path / "raw" / "b", "113_25", seed=6)
    write_npz(tmp_path / "raw" / "c.npz", {("S02", "01"): 6, ("S35", "17"): 4})
    report = convert([tmp_path / "raw"], tmp_path / "out.h5")
    assert "given twice, not read here: S02 01 of 02_01.bvh, S02 01 of c.npz" in report
    check(tmp_path / "out.h5", world[::4])
    check(tmp_path / "out.h5", other[::4], "S113", "25")
    with ClipStore(tmp_path / "out.h5") as store:
        actions = {(k.subject, k.action) for k in store.keys}
    assert actions == {("S02", "walk"), ("S35", "run"), ("S113", "motion")}


def test_the_frame_rate_of_amc_is_what_the_option_says(tmp_path):
    world = write_amc(tmp_path / "raw", frames=9)
    convert([tmp_path / "raw"], tmp_path / "out.h5", amc_fps=60.0)
    check(tmp_path / "out.h5", world[::2])


def test_the_frame_rate_of_a_trial_is_what_the_option_says(tmp_path):
    write_amc(tmp_path / "raw", "60_01", frames=9)
    other = write_amc(tmp_path / "raw", "61_01", frames=9)
    slow = write_bvh(tmp_path / "raw", "61_02", frames=9)
    rates = {"60": 60.0, "S61_02": 30.0}
    report = convert([tmp_path / "raw"], tmp_path / "out.h5", trial_fps=rates)
    assert report.endswith(
        "recorded at frames per second: 30 (1 trials), 60 (1 trials), 120 (1 trials)"
    )
    check(tmp_path / "out.h5", other[::2], "S60", "01")
    check(tmp_path / "out.h5", other[::4], "S61", "01")
    check(tmp_path / "out.h5", slow, "S61", "02")


@pytest.mark.real
def test_real_bvh_of_six_channels_is_that_of_three(cases):
    folder = cases / "bvh_with_six_channels_a_joint"
    three, six = (read_bvh(folder / kind / "02_01.bvh").world for kind in ("three", "six"))
    np.testing.assert_allclose(six, three, atol=1e-6)


def test_a_trial_has_the_same_cameras_whatever_others_there_are(tmp_path):
    write_npz(tmp_path / "one.npz", {("S07", "04"): 6})
    write_npz(tmp_path / "two.npz", {("S07", "04"): 6, ("S07", "05"): 9})
    stores = {}
    for name, options in (("one", {}), ("two", {}), ("two", {"seed": 1}), ("two", {"views": 2})):
        out = tmp_path / f"{len(stores)}.h5"
        convert([tmp_path / f"{name}.npz"], out, **options)
        with ClipStore(out) as store:
            positions = {k.path: store.camera(k).position for k in store.keys}
        stores[len(stores)] = positions
    for path, position in stores[0].items():
        assert torch.equal(position, stores[1][path])
        assert not torch.equal(position, stores[2][path])
    assert len(stores[1]) == 8
    assert len(stores[3]) == 4


def test_actions_are_those_of_the_index():
    assert action_of("S16", "35") == "run"
    assert action_of("S16", "15") == "walk"
    assert action_of("S16", "05") == "jump"
    assert action_of("S01", "14") == "playground"
    of_35 = {number: action_of("S35", f"{number:02}") for number in range(1, 35)}
    assert [n for n, action in of_35.items() if action == "run"] == list(range(17, 27))
    assert [n for n, action in of_35.items() if action == "motion"] == [27]


# One trial for each of the splits, and others to train on.
TRIALS = {("S01", "01"): 24, ("S35", "17"): 24, ("S12", "01"): 12, ("S02", "01"): 12}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cmu")
    write_npz(folder / "cmu.npz", TRIALS)
    convert([folder / "cmu.npz"], folder / "cmu.h5")
    return str(folder / "cmu.h5")


SPLIT = {"val_subjects": ["S12"], "test_subjects": ["S02"]}


def test_who_is_not_named_is_trained_on(store):
    data = CMU(store=store, **SPLIT)
    data.setup("fit")
    data.setup("test")
    assert data.subjects == {
        "train": ["S01", "S35"],
        "unlabelled": [],
        "prior": [],
        "val": ["S12"],
        "test": ["S02"],
    }
    assert len(data.bank("train")) == 4 * 48
    assert len(data.bank("val")) == len(data.bank("test")) == 4 * 12
    named = CMU(store=store, train_subjects=["S35"], **SPLIT)
    named.setup("fit")
    assert len(named.bank("train")) == 4 * 24


def test_the_default_split_keeps_people_apart():
    data = CMU()
    assert not set(data.subjects["val"]) & set(data.subjects["test"])
    assert data.subjects["train"] == []
    assert data.store == "data/cmu.h5"


@pytest.mark.slow(reason="trains six stages")
def test_every_stage_of_links_and_a_supervised_lifter_train_and_test(store, tmp_path):
    def fit_and_test(method, name, *options):
        paths = (EXPERIMENTS / f"{p}.yaml" for p in ("base", "data/cmu", method, "debug"))
        run(
            [
                *("fit", *configs(*paths), "--run", str(tmp_path / name)),
                *("--data.store", store, "--data.batch_size", "16"),
                *("--data.val_subjects", "[S12]", "--data.test_subjects", "[S02]"),
                *("--trainer.accelerator", "cpu", "--trainer.max_epochs", "1"),
                *("--trainer.limit_train_batches", "2", "--trainer.detect_anomaly", "false"),
                *("--trainer.enable_progress_bar", "false", "--pictures", "false", *options),
            ]
        )
        cli = run(["test", "--run", str(tmp_path / name)])
        assert all(math.isfinite(v) for v in cli.trainer.callback_metrics.values())
        return str(tmp_path / name / "checkpoints" / "best.ckpt")

    fit_and_test("supervised/simple_baseline", "sb", "--model.width", "16")
    full = fit_and_test("unsupervised/full_flow", "full", "--model.hidden", "16")
    parts = fit_and_test("unsupervised/part_flows", "parts", "--model.hidden", "16")
    earlier = ("--model.full_flow", full, "--model.part_flows", parts)
    fit_and_test("unsupervised/leg_torso", "links", "--model.width", "32", *earlier)


@pytest.mark.real
def test_asf_and_bvh_of_a_real_trial_agree(real_data):
    folder = real_data / "cmu_mocap"
    asf, bvh = read_amc(folder / "02_01.amc"), read_bvh(folder / "02_01.bvh")
    assert asf.world.shape == bvh.world.shape == (343, 17, 3)
    apart = np.linalg.norm(asf.world - bvh.world, axis=-1)
    # The thorax bone is put back upright: 0.5 mm beside, and so is all above it.
    assert apart.mean() < 0.3
    assert apart.max() < 0.5


@pytest.mark.real
def test_the_real_npz_holds_the_real_trials(real_data):
    folder = real_data / "cmu_mocap"
    trials = {(t.subject, t.number): t for t in read_npz(folder / "data_3d_cmu_h36m17.npz")}
    assert len(trials) == 122
    assert len({subject for subject, _ in trials}) == 29
    assert sum(len(t.world) for t in trials.values()) == 34_224
    assert not {s for split in (CMU().subjects["val"], CMU().subjects["test"]) for s in split} - {
        subject for subject, _ in trials
    }
    for path in ("02_01.bvh", "35_01.bvh"):
        mine = read_bvh(folder / path)
        theirs = trials[mine.subject, mine.number]
        assert theirs.mended
        # It begins with the second frame, and was rounded to half precision.
        apart = np.linalg.norm(mine.world[1::4] - theirs.world, axis=-1)
        spine = skeleton("h36m17").index("spine")
        assert np.delete(apart, spine, 1).max() < 0.3
        assert np.median(apart[:, spine]) < 15


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "read", "first"), [("02_01.amc", read_amc, 0), ("35_01.bvh", read_bvh, 1)]
)
def test_the_joints_are_those_that_were_derived_elsewhere(real_data, file, read, first):
    mine = read(real_data / "cmu_mocap" / file)
    trials = {c.name: c for c in read_motion(real_data / "motion" / PRESENT).clips}
    theirs = trials[f"{mine.subject[1:]}_{mine.number}"].world
    shown = mine.world[first::4]
    # They stand elsewhere in the room, and are rounded to half a millimetre.
    apart = (shown - shown[:, :1]) - (theirs - theirs[:, :1])
    assert np.linalg.norm(apart, axis=-1).max() < 0.8


@pytest.mark.slow(reason="converts the whole of CMU")
@pytest.mark.real
def test_the_real_store_looks_like_people_seen_by_human36m(real_data, tmp_path):
    report = convert([real_data / "cmu_mocap"], tmp_path / "out.h5")
    assert "given twice, not read here: S02 01 of 02_01.bvh" in report
    data = CMU(store=str(tmp_path / "out.h5"))
    data.setup("fit")
    data.setup("test")
    keypoints, pose = data.training_frames()
    assert keypoints.shape[0] > 90_000
    heights = keypoints[..., 1].amax(1) - keypoints[..., 1].amin(1)
    assert 250 < float(heights.median()) < 450
    joints = skeleton("h36m17")
    pelvis, head = joints.index("pelvis"), joints.index("head")
    upright = (pose[:, head, 1] < pose[:, pelvis, 1]).double().mean()
    assert upright > 0.99
