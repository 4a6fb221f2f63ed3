import numpy as np
import pytest
import torch

from datamodules.examples.detector_noise import DetectorNoise
from lifting.errors import InputError
from lifting.skeletons import skeleton

H36M = skeleton("h36m17")
EXAMPLES, FRAMES = 1200, 27
# Noise alone: on every example, in the joints' own definitions, and nothing missing.
ALONE = {"share": 1.0, "sets": ("own",), "missing": 0.0, "outside": 0.0}
SIZE = torch.tensor([1000.0, 900.0])

# A person of 400 px from head to feet, in the middle of the picture.
_PLACES = {
    **{"pelvis": (0, 20), "spine": (0, -40), "thorax": (0, -100), "face": (0, -140)},
    **{"head": (0, -190), "hip": (25, 20), "knee": (30, 110), "ankle": (35, 210)},
    **{"shoulder": (45, -90), "elbow": (75, -20), "wrist": (70, 40)},
}


def person(examples=EXAMPLES, frames=FRAMES):
    place = [
        (x * (1 if joint.startswith("left") else -1) + 500, y + 500)
        for joint, (x, y) in ((j, _PLACES[j.split("_")[-1]]) for j in H36M.joints)
    ]
    return torch.tensor(place, dtype=torch.float32).expand(examples, frames, 17, 2)


def noisy(keypoints=None, epoch=0, clip=None, confidence=None, **options):
    keypoints = person() if keypoints is None else keypoints
    count = len(keypoints)
    seen = torch.ones(keypoints.shape[:3]) if confidence is None else confidence
    clip = torch.arange(count) * 7919 if clip is None else clip
    noise = DetectorNoise(**options)
    size = SIZE.expand(count, 2)
    return noise(keypoints, seen, size, H36M, clip, torch.arange(count), epoch)


def of_extent(found, keypoints=None):
    """Displacements in parts of the person's extent, which is 400 px."""
    return (found - (person() if keypoints is None else keypoints)) / 400


def column(x, part):
    """Both sides' joints of a part, or the one of the middle."""
    return x[:, :, [i for i, j in enumerate(H36M.joints) if j.split("_")[-1] == part]]


@pytest.fixture(scope="module")
def alone():
    return of_extent(noisy(**ALONE)[0])


@pytest.mark.parametrize(
    ("part", "median", "worst", "tail"),
    [
        # What is measured of Stacked Hourglass, with generous room.
        ("knee", (0.012, 0.035), (0.09, 0.2), 0.2),
        ("ankle", (0.015, 0.04), (0.1, 0.2), 0.22),
        ("wrist", (0.013, 0.035), (0.12, 0.24), 0.25),
        ("elbow", (0.01, 0.03), (0.04, 0.12), 0.1),
        ("hip", (0.018, 0.045), (0.05, 0.11), 0.08),
        ("thorax", (0.01, 0.035), (0.03, 0.08), 0.05),
    ],
)
def test_medians_and_tails_are_those_of_a_detector(alone, part, median, worst, tail):
    distance = column(alone, part).norm(dim=-1).flatten().numpy()
    middle, high, highest = np.quantile(distance, [0.5, 0.95, 0.99])
    assert median[0] < middle < median[1]
    assert worst[0] < high < worst[1]
    assert tail < highest < 0.6


@pytest.mark.parametrize("part", ["pelvis", "knee", "ankle", "spine", "wrist", "head"])
def test_noise_is_mostly_slow(alone, part):
    error = column(alone, part).clamp(-0.3, 0.3)
    early, late = error[:, :-5].flatten(), error[:, 5:].flatten()
    # Five frames of 30 a second are 0.17 s.
    assert 0.65 < float(torch.corrcoef(torch.stack([early, late]))[0, 1]) < 0.9
    # A part of it is new in every frame.
    step = torch.corrcoef(torch.stack([error[:, :-1].flatten(), error[:, 1:].flatten()]))
    assert step[0, 1] < 0.97


def test_noise_of_the_joints_own_definitions_has_no_direction():
    found = of_extent(noisy(**ALONE, exchanged=0.0)[0])
    assert found.mean((0, 1)).abs().max() < 0.006


def test_noise_without_amount_leaves_what_is_exact():
    found, seen = noisy(**ALONE, amount=0.0, exchanged=0.0)
    torch.testing.assert_close(found, person(), rtol=0, atol=1e-3)
    assert (seen > 0.05).all()


def test_noise_grows_with_the_person():
    small = person() / 2
    double = noisy(**ALONE)[0] - person()
    torch.testing.assert_close(noisy(small, **ALONE)[0] - small, double / 2, rtol=0, atol=1e-2)


def test_it_is_put_on_a_share_of_the_examples_and_white_noise_on_half_of_the_others():
    found, seen = noisy(exchanged=0.0, missing=0.0)
    moved = of_extent(found).norm(dim=-1).amax((1, 2))
    clean = moved < 1e-5
    assert abs(float(clean.double().mean()) - 0.2) < 0.04
    other = (seen == 1).all(-1).all(-1)
    assert abs(float(other.double().mean()) - 0.4) < 0.05
    white = of_extent(found)[other & ~clean]
    assert abs(float(white.std()) - 0.015) < 5e-4
    early, late = white[:, :-1].flatten(), white[:, 1:].flatten()
    assert abs(float(torch.corrcoef(torch.stack([early, late]))[0, 1])) < 0.01


def test_limbs_are_exchanged_whole_for_a_while_or_in_single_frames():
    found = noisy(**ALONE | {"amount": 0.0}, exchanged=1.0)[0]
    moved = of_extent(found).norm(dim=-1) > 1e-5
    assert not column(moved, "pelvis").any()
    frames = moved.any(-1).sum(1)
    assert (frames >= 1).all()
    assert 0.3 < float((frames == FRAMES).double().mean()) < 0.55
    assert 0.2 < float((frames == 1).double().mean()) < 0.45
    ends = {end: column(moved, end).any(-1).any(-1) for end in ("ankle", "wrist")}
    assert (ends["ankle"] | ends["wrist"]).all()
    assert not (ends["ankle"] & ends["wrist"]).all()
    # What moved lies exactly where the other side's joint is.
    other = person()[:, :, list(H36M.mirror)]
    torch.testing.assert_close(found[moved], other[moved], rtol=0, atol=1e-3)
    # In some, both joints of a pair lie on one side.
    both = column(moved, "ankle")
    exchanged, double = both.all(-1), both.sum(-1) == 1
    assert exchanged.any()
    assert double.any()


def test_what_is_missing_has_confidence_zero_and_lies_anywhere():
    found, seen = noisy(share=1.0, missing=1.0, sets=("own",), exchanged=0.0)
    lost = seen == 0
    assert 0.7 < float(lost.flatten(1).any(1).double().mean()) <= 1
    assert (seen[~lost] >= 0.05).all()
    apart = of_extent(found).norm(dim=-1)
    assert apart[lost].median() > 3 * apart[~lost].median()
    # Half of the body now and then, a limb, and never all.
    legs = torch.cat([column(lost, part) for part in ("knee", "ankle")], -1).all(-1)
    arms = lost[:, :, H36M.part("left_arm")].all(-1)
    assert 0.02 < float(legs.any(1).double().mean()) < 0.4
    assert 0.02 < float(arms.any(1).double().mean()) < 0.4
    assert lost.sum(-1).max() < 13
    assert not (noisy(share=1.0, missing=0.0)[1] == 0).any()


def test_what_lies_outside_the_picture_is_missing_in_some_examples():
    keypoints = person() + torch.tensor([0.0, 400.0])
    outside = (keypoints[..., 1] > 900).any(1)
    for part, expected in ((0.0, 0.0), (0.5, 0.5), (1.0, 1.0)):
        options = ALONE | {"outside": part}
        lost = noisy(keypoints, **options)[1] == 0
        assert torch.equal(lost.any(1) & ~outside, torch.zeros_like(outside))
        assert abs(float(lost.any(1)[outside].double().mean()) - expected) < 0.04


def test_a_joint_that_was_not_seen_stays_unseen():
    confidence = torch.ones(EXAMPLES, FRAMES, 17)
    confidence[:, 3, 5] = 0
    assert (noisy(confidence=confidence)[1][:, 3, 5] == 0).all()


def test_confidence_falls_with_the_displacement_but_not_in_step(alone):
    _, seen = noisy(**ALONE)
    apart = alone.norm(dim=-1).flatten()
    near, far = seen.flatten()[apart < 0.02], seen.flatten()[apart > 0.2]
    assert near.mean() > far.mean() + 0.2
    assert (far > 0.8).double().mean() > 0.05


def test_one_frame_is_noisy_too():
    one = person(frames=1)
    distance = of_extent(noisy(one, **ALONE)[0], one).norm(dim=-1)
    assert 0.012 < distance.median() < 0.04
    assert 0.05 < distance.flatten().quantile(0.95) < 0.2


def test_noise_depends_on_seed_epoch_clip_and_frame_alone():
    clip = torch.arange(EXAMPLES) * 7919
    whole = noisy(epoch=2)
    part = noisy(person(7), epoch=2, clip=clip[:7])
    for found, all_of_it in zip(part, whole, strict=True):
        torch.testing.assert_close(found, all_of_it[:7], rtol=0, atol=1e-3)
    assert torch.equal(noisy(epoch=2)[0], whole[0])
    for other in ({"epoch": 3}, {"epoch": 2, "seed": 1}, {"epoch": 2, "clip": clip + 1}):
        assert not torch.isclose(noisy(**other)[0], whole[0]).all(-1).any(-1).any(-1).all()
    assert torch.equal(noisy(epoch=1, fixed=True)[0], noisy(epoch=4, fixed=True)[0])


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("share", 1.5, "Detector noise has share 1.5: give a part from 0 to 1"),
        ("missing", -0.1, "Detector noise has missing -0.1"),
        ("amount", -1.0, "Detector noise has amount -1: give 0 or more"),
        ("sets", (), "no joint sets: give 'own' at least"),
    ],
)
def test_options_that_are_none_are_refused(option, value, message):
    with pytest.raises(InputError, match=message):
        DetectorNoise(**{option: value})
