"""Lifting in one call: what it returns is what an evaluation of the same clip predicts."""

import warnings

import numpy as np
import pytest
import torch
from lightning import Trainer

from datamodules import CustomPoses
from datamodules.store.clips import ClipKey, ClipWriter, StoreInfo
from lifting.cameras import Camera, nominal_camera, project
from lifting.errors import InputError, InputWarning
from lifting.inference.prediction import lift, load_lifter
from lifting.inference.smoothing import smooth as smoothed
from lifting.keypoints.input_range import InputRange
from lifting.methods.bases.lifter import Lifter
from lifting.skeletons import skeleton
from lifting.skeletons.occlusion import Status
from tests.lifting.made_checkpoints import METHODS, flow, make
from tests.made_lifters import save

pytestmark = pytest.mark.slow(reason="lifts with every kind of method", shapes=True)

FRAMES = 40
SIZE = (1920, 1080)
H36M17 = skeleton("h36m17")
WINDOWED = {"video_pose_3d", "causal", "windowed_lstm", "poseformer_v2", "temporal_gan"}


@pytest.fixture(scope="module")
def person():
    """A person that drifts across the image, its joints about where they are: pixels, COCO."""
    generator = torch.Generator().manual_seed(1)
    body = torch.tensor([800.0, 500.0]) + 120 * torch.randn(17, 2, generator=generator)
    steps = 5 * torch.randn(FRAMES, 17, 2, generator=generator)
    return (body + steps.cumsum(0)).numpy()


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A function that writes the checkpoint of a method."""
    folder = tmp_path_factory.mktemp("checkpoints")

    def write(name, **options):
        return save(make(name, **options), folder / f"{name}.ckpt")

    return write


def evaluated(method, person, folder, confidence=None, **data):
    """What ``Trainer.predict`` says of a store that holds the person."""
    confidence = (
        np.ones((len(person), 17, 1), np.float32) if confidence is None else confidence[..., None]
    )
    info = StoreInfo("h36m17", {"mine": "coco17"}, "made up", "none")
    with ClipWriter(folder / "store.h5", info) as store:
        store.add_camera("me", "phone", nominal_camera(*map(float, SIZE)))
        key = ClipKey("me", "walk", "walk", "phone", 30.0, len(person))
        store.add(key, {"mine": np.concatenate([person, confidence], -1).astype(np.float32)})
    module = CustomPoses(store=str(folder / "store.h5"), source="mine", eval_batch_size=7, **data)
    trainer = Trainer(
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    parts = trainer.predict(method, datamodule=module)
    joined = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
    order = joined["frame"].argsort()
    assert joined["frame"][order].tolist() == list(range(len(person)))
    return {name: value[order].numpy() for name, value in joined.items()}


def windows_of(name):
    """Options of the data with which a method is evaluated."""
    if name == "mixste":
        return {"chunk": 9}
    if name == "lstm":
        return {"receptive_field": 9, "chunk": 9}
    if name in WINDOWED or name == "semi_supervised":
        return {"receptive_field": 9, "test_chunk": 6, "causal": name == "causal"}
    return {}


@pytest.mark.parametrize("flip_test", [False, True])
@pytest.mark.parametrize("name", METHODS)
def test_it_is_what_an_evaluation_predicts(name, flip_test, person, tmp_path):
    if name == "occlusion" and flip_test:
        pytest.skip("has no mirrored twin")
    method = make(name, flip_test=flip_test)
    method.image_side = 1000.0 if method.sees_pixels else None
    expected = evaluated(method, person, tmp_path, **windows_of(name))
    lifted = lift(person, method, size=SIZE, flip_test=flip_test, device="cpu")
    assert lifted.pose.shape == (FRAMES, 17, 3)
    assert lifted.pose.dtype == np.float32
    assert np.abs(expected["pose"]).max() > 10
    np.testing.assert_allclose(lifted.pose, expected["pose"], rtol=1e-4, atol=1e-2)
    assert (lifted.skeleton, lifted.trajectory, lifted.fps) == ("h36m17", None, None)
    assert lifted.known.all()


def test_what_is_missing_is_so_in_the_view_of_the_person_as_in_an_evaluation(person, tmp_path):
    method = make("video_pose_3d", view="person", missing=True)
    confidence = np.ones((FRAMES, 17))
    confidence[:, 9] = 0
    confidence[5:9, 11:] = 0
    windows = windows_of("video_pose_3d")
    expected = evaluated(method, person, tmp_path, confidence, **windows)["pose"]
    lifted = lift(person, method, size=SIZE, confidence=confidence, device="cpu")
    np.testing.assert_allclose(lifted.pose, expected, rtol=1e-4, atol=1e-2)
    whole = lift(person, method, size=SIZE, device="cpu").pose
    assert np.abs(whole - lifted.pose).max() > 1


@pytest.mark.parametrize("name", ["semi_supervised", "temporal_gan"])
def test_a_method_that_finds_the_root_says_where_it_is(name, person, checkpoint, tmp_path):
    expected = evaluated(make(name), person, tmp_path, **windows_of(name))["trajectory"]
    lifted = lift(person, checkpoint(name), size=SIZE, trajectory=True, device="cpu")
    np.testing.assert_allclose(lifted.trajectory, expected, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("name", ["video_pose_3d", "mixste"])
def test_dilated_windows_are_cut_as_in_evaluation(name, person, checkpoint, tmp_path):
    expected = evaluated(make(name), person, tmp_path, dilation=2, **windows_of(name))
    lifted = lift(person, checkpoint(name), size=SIZE, dilation=2, device="cpu")
    np.testing.assert_allclose(lifted.pose, expected["pose"], rtol=1e-4, atol=1e-2)
    plain = lift(person, checkpoint(name), size=SIZE, device="cpu")
    assert np.abs(plain.pose - lifted.pose).max() > 0.1


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("batch_frames", [1, 100])
def test_how_much_goes_through_at_once_does_not_matter(name, batch_frames, person, checkpoint):
    method = load_lifter(checkpoint(name))
    whole = lift(person, method, size=SIZE, device="cpu")
    pieces = lift(person, method, size=SIZE, batch_frames=batch_frames, device="cpu")
    np.testing.assert_allclose(pieces.pose, whole.pose, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("name", ["video_pose_3d", "causal", "semi_supervised", "temporal_gan"])
def test_a_recording_lifted_piece_by_piece_is_that_lifted_whole(
    name, person, checkpoint, monkeypatch
):
    whole = lift(person, checkpoint(name), size=SIZE, device="cpu")
    monkeypatch.setattr("lifting.methods.bases.sequence_lifter.PREDICTION_CHUNK", 7)
    pieces = lift(person, checkpoint(name), size=SIZE, device="cpu")
    np.testing.assert_allclose(pieces.pose, whole.pose, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("name", METHODS)
def test_a_single_frame_is_lifted(name, person, checkpoint):
    lifted = lift(person[0], checkpoint(name), size=SIZE, device="cpu")
    standing = lift(person[:1].repeat(20, 0), checkpoint(name), size=SIZE, device="cpu")
    assert lifted.pose.shape == (1, 17, 3)
    if name not in ("mixste", "lstm"):  # their context is of another length
        np.testing.assert_allclose(lifted.pose[0], standing.pose[10], rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("missing", ["nan", "unsure"])
def test_missing_keypoints_are_those_of_other_frames_and_not_known(missing, person, checkpoint):
    joints = skeleton("coco17")
    wrist, hip = joints.indices(["left_wrist", "left_hip"])
    confidence, given = np.ones((FRAMES, 17), np.float32), person.copy()
    holes = np.zeros((FRAMES, 17), bool)
    holes[10:13, wrist] = holes[5, hip] = holes[20] = True
    given[holes] = np.nan if missing == "nan" else -3
    confidence[holes] = 1 if missing == "nan" else 0
    filled = person.copy()
    for frame in (10, 11, 12):
        share = (frame - 9) / 4
        filled[frame, wrist] = (1 - share) * person[9, wrist] + share * person[13, wrist]
    filled[5, hip] = (person[4, hip] + person[6, hip]) / 2
    filled[20] = (person[19] + person[21]) / 2
    expected = lift(filled, checkpoint("video_pose_3d"), size=SIZE)
    lifted = lift(given, checkpoint("video_pose_3d"), size=SIZE, confidence=confidence)
    np.testing.assert_allclose(lifted.pose, expected.pose, rtol=1e-4, atol=1e-2)
    unknown = np.zeros((FRAMES, 17), bool)
    unknown[20] = True
    unknown[10:13, H36M17.index("left_wrist")] = True
    unknown[5, H36M17.indices(["left_hip", "pelvis", "spine"])] = True
    assert np.array_equal(~lifted.known, unknown)


def test_what_is_occluded_is_completed_where_the_method_can(person, checkpoint, tmp_path):
    confidence = np.ones((FRAMES, 17), np.float32)
    confidence[3, skeleton("coco17").indices(["left_elbow", "left_wrist"])] = 0.1
    confidence[7, skeleton("coco17").index("right_ankle")] = 0
    confidence[9] = 0
    expected = evaluated(make("occlusion"), person, tmp_path, confidence=confidence)
    lifted = lift(
        np.concatenate([person, confidence[..., None]], -1), checkpoint("occlusion"), size=SIZE
    )
    np.testing.assert_allclose(lifted.pose, expected["pose"], rtol=1e-4, atol=1e-2)
    seen = np.isin(expected["status"], [Status.LIFTED, Status.DEPTH_COMPLETED])
    assert np.array_equal(lifted.known, seen)
    assert np.isnan(lifted.pose[9]).all()
    assert not lifted.known[9].any()
    hidden = [H36M17.joints[j] for j in np.flatnonzero(~lifted.known[3])]
    assert hidden == ["left_elbow", "left_wrist"]
    # What is not seen in any frame is completed as well.
    never = person.copy()
    never[:, skeleton("coco17").index("right_knee")] = np.nan
    completed = lift(never, checkpoint("occlusion"), size=SIZE)
    assert np.isfinite(completed.pose).all()
    assert not completed.known[:, H36M17.index("right_knee")].any()


def test_the_root_is_where_the_pose_projects_onto_its_keypoints(person):
    """A method whose pose does not depend on its input, seen by a camera in a known place."""
    method = make("video_pose_3d", keypoint_skeleton="h36m17")
    with torch.no_grad():
        for name, parameter in method.named_parameters():
            if "last" not in name or "weight" in name:
                parameter.zero_()
    pose = torch.from_numpy(lift(person, method, size=SIZE, skeleton="h36m17").pose)
    assert pose.std() > 1
    place = torch.linspace(-500, 500, FRAMES)[:, None] * torch.tensor([1.0, 0.2, 2.0])
    place = place + torch.tensor([0.0, 0.0, 5000.0])
    camera = nominal_camera(*map(float, SIZE)).to(torch.float32)
    keypoints = project(pose + place[:, None], camera)
    lifted = lift(keypoints, method, skeleton="h36m17", camera=camera, trajectory=True)
    np.testing.assert_allclose(lifted.trajectory, place.numpy(), rtol=0, atol=2)


@pytest.mark.parametrize("smooth", ["one_euro", "savgol"])
def test_smoothing_is_of_poses_and_places_over_time(smooth, person, checkpoint):
    options = {"size": SIZE, "fps": 50.0, "trajectory": True}
    rough = lift(person, checkpoint("simple_baseline"), **options)
    soft = lift(person, checkpoint("simple_baseline"), smooth=smooth, **options)
    pose, place = (
        smoothed(torch.from_numpy(x), smooth, 50.0) for x in (rough.pose, rough.trajectory[:, None])
    )
    np.testing.assert_allclose(soft.pose, pose.numpy(), rtol=1e-5, atol=1e-2)
    np.testing.assert_allclose(soft.trajectory, place[:, 0].numpy(), rtol=1e-5, atol=1e-2)
    assert np.abs(np.diff(soft.pose, 2, 0)).mean() < 0.5 * np.abs(np.diff(rough.pose, 2, 0)).mean()
    assert not soft.pose[:, H36M17.root].any()
    assert soft.fps == 50.0


@pytest.mark.parametrize("src", ["openpose25", "halpe26", "mediapipe33", "mpii16", "h36m17"])
def test_keypoints_of_any_known_skeleton_are_converted_by_name(src, checkpoint):
    joints = skeleton(src)
    points = 500 + 100 * np.random.default_rng(0).normal(size=(3, len(joints), 2))
    moved = points.copy()
    moved[:, joints.index("right_knee")] += 50
    method = load_lifter(checkpoint("iganet"))
    seen = {}
    method.register_forward_pre_hook(lambda _, given: seen.update(x=given[0]))
    lift(points, method, skeleton=src, size=SIZE)
    before = seen["x"]
    lift(moved, method, skeleton=src, size=SIZE)
    shift = torch.zeros(17, 2)
    shift[H36M17.index("right_knee")] = 50
    torch.testing.assert_close((seen["x"] - before).view(3, 17, 2), shift.expand(3, 17, 2))


def test_every_lifter_of_the_suite_can_be_named_by_a_checkpoint(checkpoint):
    for name in METHODS:
        assert isinstance(load_lifter(checkpoint(name)), Lifter)


WRONG = {
    "wrong count": (dict(skeleton="openpose25"), "17 joints, 'openpose25' has 25"),
    "unknown skeleton": (dict(skeleton="coco18"), "no skeleton 'coco18'"),
    "no size": (dict(size=None), "either size"),
    "both": (dict(camera=nominal_camera(9.0, 8.0)), "either size"),
    "bad size": (dict(size=(0, 100)), r"size is \(0, 100\)"),
    "no size at all": (dict(size=(100,)), "size is"),
    "fps": (dict(fps=-1.0), "fps is -1"),
    "no fps": (dict(smooth="one_euro"), "give fps"),
    "filter": (dict(smooth="kalman"), "'kalman'"),
    "confidence": (dict(confidence=np.ones((FRAMES, 16))), "one number per keypoint"),
    "scale": (dict(confidence=np.full((FRAMES, 17), 90)), "from 0 to 1"),
    "dilation": (dict(dilation=0), "dilation is 0"),
    "device": (dict(device="abacus"), "device is 'abacus'"),
    "batch": (dict(batch_frames=0), "batch_frames is 0"),
    "nobody": (dict(confidence=np.zeros((FRAMES, 17))), "show nobody"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_in_one_sentence(case, person, checkpoint):
    options, words = WRONG[case]
    with pytest.raises(InputError, match=words):
        lift(person, checkpoint("video_pose_3d"), **{"size": SIZE} | options)


@pytest.mark.parametrize(
    ("keypoints", "words"),
    [
        (np.zeros((4, 17, 4)), "give \\(frames, 17, 2\\)"),
        (np.zeros((0, 17, 2)), "at least one frame"),
        (np.zeros(17), "give"),
        (np.full((4, 17, 2), np.nan), "show nobody"),
        (np.full((4, 17, 2), 0.5), "not normalised"),
        ([["a"] * 2] * 17, "no array of numbers"),
        ([[1.0], [1.0, 2.0]], "no array of numbers"),
    ],
)
def test_what_is_no_keypoints_is_refused(keypoints, words, checkpoint):
    with pytest.raises(InputError, match=words):
        lift(keypoints, checkpoint("video_pose_3d"), size=SIZE)


def test_a_joint_that_nothing_tells_is_named(person, checkpoint):
    given = person.copy()
    given[:, skeleton("coco17").index("left_ear")] = np.nan
    with pytest.raises(InputError, match=r"to tell head from.*OcclusionCompletion"):
        lift(given, checkpoint("video_pose_3d"), size=SIZE)


def test_a_checkpoint_of_another_skeleton_is_refused(person, checkpoint, tmp_path):
    method = make("simple_baseline", keypoint_skeleton="coco17")
    path = save(method, tmp_path / "coco.ckpt")
    assert lift(person, path, size=SIZE).pose.shape == (FRAMES, 17, 3)
    with pytest.raises(InputError, match=r"coco.ckpt: lifts keypoints of 'coco17'.*left_eye"):
        lift(person, path, size=SIZE, skeleton="h36m17")


def test_a_checkpoint_that_lifts_nothing_is_refused(person, tmp_path, checkpoint):
    path = save(flow(), tmp_path / "flow.ckpt")
    with pytest.raises(InputError, match=r"flow.ckpt: is of a PoseFlows.*VideoPose3D"):
        lift(person, path, size=SIZE)
    with pytest.raises(InputError, match="no such checkpoint"):
        lift(person, tmp_path / "none.ckpt", size=SIZE)
    content = torch.load(checkpoint("iganet"), weights_only=True)
    for change in (
        {"lifting": {}},
        {"lifting": {"method": "Lifter"}},
        {"lifting": 3},
        {"hyper_parameters": {"depth_of_sea": 3}},
        {"hyper_parameters": 3},
        {"state_dict": {}},
    ):
        torch.save(content | change, tmp_path / "bad.ckpt")
        with pytest.raises(InputError, match=r"bad.ckpt"):
            lift(person, tmp_path / "bad.ckpt", size=SIZE)


def test_a_method_without_a_mirrored_twin_says_so(person, checkpoint):
    with pytest.raises(InputError, match=r"occlusion.ckpt.*no mirrored twin"):
        lift(person, checkpoint("occlusion"), size=SIZE, flip_test=True)
    with pytest.raises(InputError, match="load_lifter"):
        lift(person, make("iganet"), size=SIZE, flip_test=True)


def test_pixels_count_as_those_of_images_as_large_as_in_training(person, tmp_path):
    method = make("simple_baseline")
    method.image_side = 1000.0
    trained = save(method, tmp_path / "trained.ckpt")
    method.image_side = None
    imported = save(method, tmp_path / "imported.ckpt")
    as_trained = lift(person * 1000 / 1920, imported, size=(1000, 562.5)).pose
    for zoom in (1, 0.3, 2):
        size = tuple(zoom * side for side in SIZE)
        found = lift(zoom * person, trained, size=size, trajectory=True)
        np.testing.assert_allclose(found.pose, as_trained, atol=0.05)
        # The distance of a guessed camera does not depend on how many pixels there are.
        expected = lift(person, trained, size=SIZE, trajectory=True).trajectory
        np.testing.assert_allclose(found.trajectory, expected, rtol=1e-3)
    as_it_is = lift(person, imported, size=SIZE).pose
    assert np.abs(as_it_is - as_trained).max() > 10
    camera = nominal_camera(*map(float, SIZE))
    np.testing.assert_allclose(lift(person, trained, camera=camera).pose, as_trained, atol=0.05)


def test_keypoints_unlike_those_of_training_are_warned_of(person, tmp_path):
    method = make("video_pose_3d")
    camera = Camera.stack([nominal_camera(*map(float, SIZE)).to(torch.float32)])
    method.input_range = InputRange.of(torch.from_numpy(person[None]).float(), camera)
    path = save(method, tmp_path / "trained.ckpt")
    with warnings.catch_warnings():
        warnings.simplefilter("error", InputWarning)
        lift(person, path, size=SIZE, skeleton="h36m17")
        # As large a share of a larger image.
        lift(2 * person, path, size=tuple(2 * s for s in SIZE), skeleton="h36m17")
    small = person.copy()
    small[:, 6] += (0, 900)
    said = (
        r"trained.ckpt: left ankle lies \d+\.\d standard deviations from where it was .*VideoPose3D"
    )
    with pytest.warns(InputWarning, match=said):
        lift(small, path, size=SIZE, skeleton="h36m17")
    with pytest.warns(InputWarning, match="standard deviations"):
        lift(person / 4, path, size=SIZE, skeleton="h36m17")
    viewed = save(make("video_pose_3d", view="person"), tmp_path / "viewed.ckpt")
    with warnings.catch_warnings():
        warnings.simplefilter("error", InputWarning)
        lift(person / 4, viewed, size=SIZE, skeleton="h36m17")


def test_keypoints_that_nobody_can_have_are_missing(person, checkpoint):
    lifter = load_lifter(checkpoint("simple_baseline", view="person"))
    broken, missing = person.copy(), person.copy()
    broken[4, 9], missing[4, 9] = 1e9, np.nan
    with pytest.warns(InputWarning, match="keypoints: left wrist lies far outside the image"):
        pose = lift(broken, lifter, size=SIZE).pose
    np.testing.assert_array_equal(pose, lift(missing, lifter, size=SIZE).pose)
