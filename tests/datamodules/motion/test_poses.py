import pytest
import torch
import yaml

from datamodules import Motion
from datamodules.examples.detector_noise import DetectorNoise
from datamodules.examples.random_views import RandomViews
from datamodules.motion.convert import convert
from lifting.cameras import project
from lifting.cli.main import run
from lifting.errors import InputError
from tests.datamodules.motion.made_motion_files import CLIPS, write_motion

pytestmark = pytest.mark.slow(reason="converts files and trains on them", shapes=True)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("motion")
    write_motion(folder / "a.npz")
    convert([folder / "a.npz"], folder / "motion.h5")
    return str(folder / "motion.h5")


def test_known_subjects_are_held_out_and_all_others_are_trained_on(store):
    data = Motion(store=store)
    data.setup("fit")
    assert data.subjects["val"] == ["cmu12"]
    assert data.subjects["test"] == []
    assert data.subjects["train"] == ["anna", "cmu05"]
    named = Motion(store=store, train_subjects=["cmu05"], val_subjects=["anna"])
    named.setup("fit")
    assert (named.subjects["train"], named.subjects["val"]) == (["cmu05"], ["anna"])
    # Whoever is named is not held out besides.
    trained = Motion(store=store, train_subjects=["cmu12"], val_subjects=["anna"])
    trained.setup("fit")
    assert trained.subjects["test"] == []


def test_whoever_is_not_known_must_be_named(tmp_path):
    write_motion(tmp_path / "a.npz", CLIPS[2:])
    convert([tmp_path / "a.npz"], tmp_path / "out.h5")
    with pytest.raises(InputError, match=r"cmu12 .* not in it to validate on; name others"):
        Motion(store=str(tmp_path / "out.h5")).setup("fit")


def test_a_missing_store_says_how_to_make_it(tmp_path):
    with pytest.raises(InputError, match="lifting prepare motion FILES --out"):
        Motion(store=str(tmp_path / "none.h5")).setup("fit")


def batches(store, count=3, epochs=2, resume=None, **options):
    options = {
        "receptive_field": 9,
        "batch_size": 4,
        "train_views": RandomViews(),
        "train_detector": DetectorNoise(),
        "train_frames": "all",
    } | options
    data = Motion(store=store, **options)
    data.setup("fit")
    if resume is not None:
        data.load_state_dict(resume)
    loader = data.train_dataloader()
    found = []
    for _ in range(epochs):
        for batch in loader:
            found.append(data.on_after_batch_transfer(batch, 0))
            if len(found) == count:
                return found, data.state_dict()
    return found, data.state_dict()


def test_a_resumed_run_sees_the_views_and_the_noise_it_would_have_seen(store):
    whole, _ = batches(store, count=7)
    first, state = batches(store, count=3)
    rest, _ = batches(store, count=4, resume=state)
    for found, expected in zip([*first, *rest], whole, strict=True):
        assert torch.equal(found["keypoints"], expected["keypoints"])
        assert torch.equal(found["confidence"], expected["confidence"])
        assert torch.equal(found["pose"], expected["pose"])


def test_noise_is_put_on_what_the_drawn_camera_sees(store):
    (clean,), _ = batches(store, count=1, train_detector=None)
    (noisy,), _ = batches(store, count=1, train_detector=DetectorNoise(share=1.0))
    pixels = project(clean["pose"][:, 0], clean["camera"])
    torch.testing.assert_close(clean["keypoints"][:, 4], pixels, rtol=0, atol=0.01)
    torch.testing.assert_close(noisy["pose"], clean["pose"])
    assert (noisy["keypoints"] != clean["keypoints"]).any(-1).any(-1).all()


def test_validation_sees_the_same_views_every_time(store):
    data = Motion(store=store, test_views=RandomViews(each="clip"), val_frames="all")
    data.setup("fit")
    first, second = (
        data.on_after_batch_transfer(next(iter(data.val_dataloader())), 0) for _ in range(2)
    )
    assert torch.equal(first["keypoints"], second["keypoints"])
    rotation = first["camera"].rotation
    assert torch.equal(rotation, rotation[:1].expand_as(rotation))
    stored = Motion(store=store, val_frames="all")
    stored.setup("fit")
    plain = stored.on_after_batch_transfer(next(iter(stored.val_dataloader())), 0)
    assert not torch.allclose(plain["keypoints"], first["keypoints"], atol=1.0)


def test_the_command_and_the_experiment_train_a_lifter(tmp_path, monkeypatch, store):
    from tests.test_experiments import EXPERIMENTS, configs

    given = yaml.safe_load((EXPERIMENTS / "data/motion.yaml").read_text())["data"]["init_args"]
    assert given["train_views"] == given["train_detector"] == {}
    monkeypatch.chdir(tmp_path)
    write_motion(tmp_path / "a.npz")
    run(["prepare", "motion", "a.npz"])
    assert (tmp_path / "data/motion.report.txt").is_file()
    paths = (EXPERIMENTS / f"{p}.yaml" for p in ("base", "data/motion", "debug"))
    method = EXPERIMENTS / "supervised/simple_baseline.yaml"
    run(
        [
            *("fit", *configs(*paths, method), "--run", "runs/motion"),
            *("--data.batch_size", "8", "--model.width", "16", "--wandb", "disabled"),
            *("--trainer.accelerator", "cpu", "--trainer.max_epochs", "1"),
            *("--trainer.limit_train_batches", "2", "--trainer.detect_anomaly", "false"),
            *("--trainer.enable_progress_bar", "false", "--pictures", "false"),
        ]
    )
    assert (tmp_path / "runs/motion/checkpoints/best.ckpt").is_file()
