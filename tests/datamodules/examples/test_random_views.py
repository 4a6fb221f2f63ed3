import dataclasses
import math

import pytest
import torch
from scipy import stats

from datamodules.examples.random_views import Examples, RandomViews
from lifting.cameras import camera_to_world, project
from lifting.errors import InputError
from lifting.skeletons import convert, skeleton
from lifting.windows import Windows
from tests.datamodules.examples.made_bank import H36M, made_bank, worlds

JOINTS = H36M, H36M
# Nothing but the camera is drawn.
STILL = {"bones": 0.0, "speed": (1.0, 1.0)}
WINDOW = Windows(9, 3, dilation=2)


def seen(bank, epoch=0, flip=None, joints=JOINTS, rows=None, **options):
    rows = bank.rows if rows is None else rows
    return RandomViews(**options).batch(Examples(bank, rows, joints, flip, epoch))


def in_world(batch):
    """Poses moved back by the camera of each example."""
    pose = batch["pose"]
    return camera_to_world(pose.flatten(1, 2), batch["camera"]).view_as(pose)


def many(epochs=20, **options):
    """Single frames in many views, one after the other."""
    bank = made_bank(Windows())
    batches = [seen(bank, epoch, **options) for epoch in range(epochs)]
    world = torch.cat([in_world(batch)[:, 0] for batch in batches])
    position = torch.cat([batch["camera"].position for batch in batches])
    return batches, world, position


def test_keypoints_are_the_poses_that_the_camera_of_the_batch_projects():
    batch = seen(made_bank(WINDOW))
    pixels = project(batch["pose"].flatten(1, 2).double(), batch["camera"].to(torch.float64))
    context = WINDOW.left // WINDOW.dilation
    found = batch["keypoints"][:, context : context + WINDOW.chunk]
    torch.testing.assert_close(found, pixels.view_as(found).float(), rtol=0, atol=0.01)
    assert batch["keypoints"].shape[1] == WINDOW.length
    assert (batch["confidence"] == 1).all()


def test_the_world_of_the_clip_is_recovered_with_z_up():
    bank = made_bank(Windows())
    batch = seen(bank, **STILL)
    world = torch.cat(worlds()).float()
    torch.testing.assert_close(in_world(batch)[:, 0], world, rtol=0, atol=1.0)


def test_rotations_are_proper_and_pictures_upright():
    batches, world, _ = many(4, roll=0.0)
    rotation = torch.cat([batch["camera"].rotation for batch in batches])
    identity = torch.eye(3).expand_as(rotation)
    torch.testing.assert_close(rotation @ rotation.mT, identity, rtol=0, atol=1e-5)
    assert (torch.linalg.det(rotation) > 0).all()
    # Without roll the horizon is level, and down in the picture is down in the world.
    assert rotation[:, 0, 2].abs().max() < 1e-5
    assert (rotation[:, 1, 2] < 0).all()
    # A person whose left is on the world's left is not mirrored.
    pose = torch.cat([batch["pose"][:, 0] for batch in batches])
    sides = (pose[:, H36M.index("left_hip")] - pose[:, H36M.index("right_hip")]).double()
    there = (world[:, H36M.index("left_hip")] - world[:, H36M.index("right_hip")]).double()
    torch.testing.assert_close(
        (rotation.double() @ there[..., None])[..., 0], sides, rtol=0, atol=0.01
    )


def test_elevation_azimuth_and_distance_are_spread_as_asked():
    _, world, position = many(20, elevation=(-20.0, 40.0), distance=(3000.0, 6000.0))
    away = position - world[:, H36M.root]
    distance = away.norm(dim=-1)
    elevation = torch.rad2deg(torch.asin(away[:, 2] / distance)).numpy()
    azimuth = torch.atan2(away[:, 1], away[:, 0]).numpy()
    assert stats.kstest(elevation, "triang", (0.5, -20, 60)).pvalue > 1e-3
    assert stats.kstest(azimuth, "uniform", (-math.pi, 2 * math.pi)).pvalue > 1e-3
    assert stats.kstest(distance.numpy(), "loguniform", (3000, 6000)).pvalue > 1e-3


def test_roll_is_normal_and_focal_lengths_are_those_of_telephones():
    batches, _, _ = many(20, off_axis=0.0, elevation=(0.0, 0.0))
    camera = [batch["camera"] for batch in batches]
    down = torch.cat([c.rotation @ torch.tensor([0.0, 0.0, -1.0]) for c in camera])
    # The camera is level, so that the picture's down turns by the roll alone.
    roll = torch.rad2deg(torch.atan2(-down[:, 0], down[:, 1])).numpy()
    assert stats.kstest(roll, "norm", (0, 3.5)).pvalue > 1e-3
    ratio = torch.cat([c.focal[:, 0] / c.size.amax(-1) for c in camera]).numpy()
    assert stats.kstest(ratio, "uniform", (0.65, 0.7)).pvalue > 1e-3


def test_people_are_anywhere_in_the_picture_or_in_its_middle():
    batches, _, _ = many(10, roll=0.0)
    where = torch.cat([b["keypoints"][:, 0, H36M.root] / b["camera"].size for b in batches])
    assert (where.quantile(0.1, dim=0) < torch.tensor([0.3, 0.4])).all()
    assert (where.quantile(0.9, dim=0) > torch.tensor([0.7, 0.6])).all()
    assert where.mean(0).sub(0.5).abs().max() < 0.03
    assert ((where > -0.1) & (where < 1.1)).all()
    batches, _, _ = many(2, off_axis=0.0)
    middle = torch.cat([b["keypoints"][:, 0, H36M.root] / b["camera"].size for b in batches])
    torch.testing.assert_close(middle, torch.full_like(middle, 0.5), rtol=0, atol=1e-3)


def bones(pose):
    parents, children = (list(ends) for ends in zip(*H36M.bones, strict=True))
    return pose[..., children, :] - pose[..., parents, :]


def test_every_bone_changes_by_up_to_a_tenth_alike_on_both_sides_and_keeps_its_direction():
    _, plain, _ = many(8, **STILL)
    _, other, _ = many(8, bones=0.1, speed=(1.0, 1.0))
    before, after = bones(plain.double()), bones(other.double())
    ratio = after.norm(dim=-1) / before.norm(dim=-1)
    ends = [child for _, child in H36M.bones]
    for left, right in H36M.mirror_pairs:
        torch.testing.assert_close(
            ratio[:, ends.index(left)], ratio[:, ends.index(right)], rtol=0, atol=1e-3
        )
    cosine = torch.cosine_similarity(before, after, dim=-1)
    assert cosine.min() > 1 - 1e-5
    for bone in range(len(ends)):
        assert stats.kstest(ratio[:, bone].numpy(), "uniform", (0.9, 0.2)).pvalue > 1e-4
    # Each for itself.
    knee, ankle = ends.index(H36M.index("left_knee")), ends.index(H36M.index("left_ankle"))
    assert abs(float(torch.corrcoef(ratio[:, [knee, ankle]].T)[0, 1])) < 0.15


def test_mirrored_examples_have_their_sides_exchanged_and_the_world_still_upright():
    bank = made_bank(Windows())
    flip = torch.arange(len(bank)) % 2 == 0
    plain, mirrored = (in_world(seen(bank, flip=f, **STILL)) for f in (None, flip))
    expected = plain[:, :, list(H36M.mirror)] * torch.tensor([-1.0, 1.0, 1.0])
    which = flip[:, None, None, None]
    torch.testing.assert_close(mirrored, torch.where(which, expected, plain), rtol=0, atol=1.0)


@pytest.mark.parametrize("speed", [0.6, 1.5])
def test_playback_is_faster_or_slower_and_stays_in_the_clip(speed):
    bank = made_bank(WINDOW)
    batch = seen(bank, speed=(speed, speed), bones=0.0)
    world = torch.stack(worlds()).float()
    clip, first = batch["clip"], bank.rows - bank.begin[batch["clip"]]
    for output in range(WINDOW.chunk):
        place = first + output * WINDOW.dilation * speed
        inside = place <= 39
        place = place.clamp(max=39)
        low = place.floor().long().clamp(max=38)
        part = (place - low)[:, None, None]
        expected = (1 - part) * world[clip, low] + part * world[clip, low + 1]
        torch.testing.assert_close(in_world(batch)[:, output], expected, rtol=0, atol=1.0)
        assert not (batch["valid"][:, output] & ~inside).any()


def test_without_another_speed_frames_are_those_of_the_bank():
    bank = made_bank(WINDOW)
    batch = seen(bank, **STILL)
    plain = bank.batch(bank.rows)
    found = batch["pose"] - batch["pose"][:, :, :1]
    # Turned: distances between joints stay.
    torch.testing.assert_close(
        torch.cdist(found, found),
        torch.cdist(plain["pose"], plain["pose"]),
        rtol=0,
        atol=1.0,
    )
    for name in ("valid", "clip", "frame", "subject", "action"):
        assert torch.equal(batch[name], plain[name])


def test_draws_depend_on_seed_epoch_and_frame_and_on_nothing_else_in_the_batch():
    bank, part = made_bank(WINDOW), made_bank(WINDOW, only=[1])
    whole = seen(bank, epoch=3)
    again = seen(bank, epoch=3, rows=bank.rows.flip(0)[:7])
    torch.testing.assert_close(again["keypoints"], whole["keypoints"].flip(0)[:7])
    alone = seen(part, epoch=3)
    torch.testing.assert_close(alone["keypoints"], whole["keypoints"][whole["clip"] == 1])
    assert torch.equal(seen(bank, epoch=3)["keypoints"], whole["keypoints"])
    for other in ({"epoch": 4}, {"epoch": 3, "seed": 1}):
        moved = seen(bank, **other)["keypoints"] - whole["keypoints"]
        assert (moved.abs().amax((1, 2, 3)) > 1).all()


def test_a_clip_may_keep_its_direction():
    bank = made_bank(Windows(3))
    batch = seen(bank, each="clip")
    for clip in range(3):
        rotation = batch["camera"].rotation[batch["clip"] == clip]
        assert torch.equal(rotation, rotation[:1].expand_as(rotation))
    first = [batch["camera"].rotation[batch["clip"] == clip][0] for clip in range(3)]
    assert not torch.allclose(first[0], first[1], atol=0.1)


def test_a_camera_that_would_stand_in_the_person_steps_back():
    batch = seen(made_bank(Windows(27)), distance=(1000.0, 1000.0), elevation=(45.0, 45.0))
    assert batch["pose"][..., 2].min() >= 499


def test_keypoints_of_another_joint_set_are_derived_from_the_poses():
    mpii = skeleton("mpii16")
    batch = seen(made_bank(Windows()), joints=(mpii, H36M))
    pixels = project(convert(batch["pose"][:, 0], "h36m17", "mpii16"), batch["camera"])
    torch.testing.assert_close(batch["keypoints"][:, 0], pixels, rtol=0, atol=0.01)
    with pytest.raises(InputError, match="nothing to derive left_eye"):
        seen(made_bank(Windows()), joints=(skeleton("coco17"), H36M))


def test_statistics_are_of_views_too():
    bank = made_bank(WINDOW)
    keypoints, pose = RandomViews().single_frames(bank, JOINTS)
    assert keypoints.shape == (120, 17, 2)
    assert pose.shape == (120, 17, 3)


def test_poses_are_needed():
    bank = made_bank(Windows())
    bank.pose = None
    with pytest.raises(InputError, match="Random views need 3D poses"):
        seen(bank)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("elevation", (50.0, -25.0), "elevation of random views is 50 to -25: give a range"),
        ("distance", (100.0, 2000.0), "distance of random views is 100 to 2000"),
        ("bones", 0.9, "bones of random views is 0.9"),
        ("speed", (0.0, 1.0), "speed of random views is 0 to 1"),
        ("roll", -1.0, "roll of random views is -1"),
    ],
)
def test_ranges_that_are_none_are_refused(option, value, message):
    with pytest.raises(InputError, match=message):
        RandomViews(**{option: value})
    assert option in {field.name for field in dataclasses.fields(RandomViews)}
