import itertools
import time
import tracemalloc

import pytest
import torch

from datamodules.relative_depth.labels import DepthLabels
from datamodules.relative_depth.pairs import DepthPairs
from datamodules.synthetic.poses import Synthetic
from lifting.errors import InputError
from lifting.skeletons import skeleton

pytestmark = pytest.mark.slow(reason="labels whole datasets", shapes=True)

FRAMES = 4000
CLIP = torch.arange(FRAMES) // 1000 * 7919 - 3
FRAME = torch.arange(FRAMES) % 1000


@pytest.fixture(scope="module")
def depth():
    return 300 * torch.randn(FRAMES, 17, generator=torch.Generator().manual_seed(0))


def by_frame(labels, depth, epoch=0):
    """For each frame what is said of each pair, as a dictionary."""
    given = labels.of(depth, CLIP[: len(depth)], FRAME[: len(depth)], epoch)
    assert given.compared.all()
    return [
        {tuple(p): r for p, r in zip(some.tolist(), said.tolist(), strict=True)}
        for some, said in zip(given.pairs, given.farther, strict=True)
    ]


def test_a_right_label_says_which_joint_is_farther(depth):
    depth = depth[:200]
    for truth, said in zip(depth, by_frame(DepthLabels("all"), depth), strict=True):
        assert set(said) == set(itertools.combinations(range(17), 2))
        for (a, b), r in said.items():
            assert r == (1 if truth[a] > truth[b] else -1)


def test_a_frame_keeps_its_pair_in_every_epoch_batch_and_order(depth):
    labels = DepthLabels(pairs=1, noise="crowd")
    whole = by_frame(labels, depth)
    assert by_frame(labels, depth, epoch=9) == whole
    some = torch.randperm(FRAMES, generator=torch.Generator().manual_seed(1))[:50]
    given = labels.of(depth[some], CLIP[some], FRAME[some], 3)
    for i, index in enumerate(some.tolist()):
        assert {tuple(given.pairs[i, 0].tolist()): given.farther[i, 0].item()} == whole[index]


def test_pairs_are_drawn_evenly_and_without_repetition(depth):
    counts = dict.fromkeys(itertools.combinations(range(17), 2), 0)
    for said in by_frame(DepthLabels(pairs=17), depth):
        assert len(said) == 17
        for pair in said:
            counts[pair] += 1
    expected = FRAMES * 17 / 136
    deviation = (expected * (1 - 17 / 136)) ** 0.5
    assert max(abs(count - expected) for count in counts.values()) < 4 * deviation


def test_more_pairs_are_the_fewer_ones_and_others(depth):
    one, many = by_frame(DepthLabels(1), depth), by_frame(DepthLabels(17), depth)
    assert all(few.items() <= more.items() for few, more in zip(one, many, strict=True))


def test_a_step_sees_some_of_the_pairs_anew_each_epoch(depth):
    stored = by_frame(DepthLabels(5), depth)
    now, later = (by_frame(DepthLabels(5, per_step=1), depth, epoch) for epoch in (0, 1))
    assert all(n.items() <= s.items() for n, s in zip(now, stored, strict=True))
    same = sum(n == x for n, x in zip(now, later, strict=True)) / FRAMES
    assert same == pytest.approx(1 / 5, abs=0.03)


def test_joints_within_the_tolerance_are_equally_far(depth):
    depth = depth[:200]
    for truth, said in zip(
        depth, by_frame(DepthLabels("all", tolerance=100.0), depth), strict=True
    ):
        for (a, b), r in said.items():
            gap = (truth[a] - truth[b]).item()
            assert r == (0 if abs(gap) <= 100 else 1 if gap > 0 else -1)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_share_of_wrong_labels(depth, share):
    right = by_frame(DepthLabels("all"), depth)
    said = by_frame(DepthLabels("all", noise=share), depth)
    wrong = sum(r[p] != s[p] for r, s in zip(right, said, strict=True) for p in r)
    assert wrong / (136 * FRAMES) == pytest.approx(share, abs=0.003)


@pytest.mark.parametrize(("gap", "right"), [(0.01, 0.5), (200.0, 0.75), (400.0, 1.0), (900.0, 1.0)])
def test_the_crowd_is_right_as_often_as_it_was_found_to_be(gap, right):
    """50 percent at 0 cm, 1.25 percent more for each centimetre (specification A1.5)."""
    depth = torch.tensor([0.0, gap]).repeat(FRAMES, 1)
    given = DepthLabels("all", noise="crowd").of(depth, CLIP, FRAME, 0)
    assert (given.farther == -1).double().mean().item() == pytest.approx(right, abs=0.03)


@pytest.mark.slow(reason="labels that many frames")
def test_a_million_and_a_half_frames_take_seconds_and_little_memory():
    """The original's lists of tuples took tens of gigabytes (specification E1)."""
    count = 1_559_752
    clip, frame, depth = torch.zeros(count).long(), torch.arange(count), torch.zeros(count, 17)
    labels = DepthLabels(pairs=1)
    tracemalloc.start()
    started = time.perf_counter()
    kept = [
        labels.of(depth[s], clip[s], frame[s], 0)
        for s in (slice(i, i + 8192) for i in range(0, count, 8192))
    ]
    seconds = time.perf_counter() - started
    python = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    tensors = sum(x.numel() * x.element_size() for k in kept for x in vars(k).values())
    assert python + tensors < 200e6
    # Five where nothing else runs; all labels at once, of which an epoch needs one batch at a time.
    assert seconds < 50


def test_mirrored_examples_say_the_same_of_the_joints_that_have_changed_sides():
    h36m = skeleton("h36m17")
    pairs = torch.tensor([[[h36m.index("left_wrist"), h36m.index("head")]]]).repeat(2, 1, 1)
    given = DepthPairs(pairs, torch.ones(2, 1).to(torch.int8), torch.ones(2, 1).bool())
    kept, changed = given.mirrored(torch.tensor([False, True]), h36m).pairs
    assert kept.tolist() == pairs[0].tolist()
    assert changed.tolist() == [[h36m.index("right_wrist"), h36m.index("head")]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pairs": 0}, "pairs is 0: give at least 1, or all"),
        ({"per_step": 0}, "per_step is 0"),
        ({"tolerance": -1.0}, "tolerance is -1.0"),
        ({"noise": 1.5}, "noise is 1.5: give a fraction from 0 to 1, or crowd"),
        ({"noise": "crowd", "tolerance": 1.0}, "leave one out"),
    ],
)
def test_refuses(options, message):
    with pytest.raises(InputError, match=message):
        DepthLabels(**options)


def data(folder, **options):
    module = Synthetic(str(folder), frames_per_sequence=6, **options)
    module.prepare_data()
    module.setup("fit")
    return module


def batches(module):
    return [module.on_after_batch_transfer(batch, 0) for batch in module.train_dataloader()]


def test_labels_of_a_datamodule_agree_with_its_poses(synthetic_folder):
    module = data(synthetic_folder, depth_labels=DepthLabels("all"), flip=0.5, batch_size=64)
    batch = batches(module)[0]
    depth = batch["pose"][:, 0, :, 2]
    gap = depth.gather(1, batch["pairs"][..., 0]) - depth.gather(1, batch["pairs"][..., 1])
    assert torch.equal(batch["farther"].float(), gap.sign())
    assert batch["compared"].all()


def test_a_mirrored_frame_is_compared_at_the_joints_that_it_is_compared_at_unmirrored(
    synthetic_folder,
):
    said = {}
    for flip in (0.0, 1.0):
        module = data(synthetic_folder, depth_labels=DepthLabels(1), flip=flip, batch_size=64)
        said[flip] = {
            (clip.item(), frame.item()): (pair[0].tolist(), farther.item())
            for batch in batches(module)
            for clip, frame, pair, farther in zip(
                *(batch[k] for k in ("clip", "frame", "pairs", "farther")), strict=True
            )
        }
    mirror = skeleton("h36m17").mirror
    common = said[0.0].keys() & said[1.0].keys()
    assert len(common) > 100
    for key in common:
        (a, b), r = said[0.0][key]
        assert said[1.0][key] == ([mirror[a], mirror[b]], r)


def test_labels_are_for_training_only_and_for_single_frames(synthetic_folder):
    module = data(synthetic_folder, depth_labels=DepthLabels(1))
    batch = next(iter(module.val_dataloader()))
    assert "pairs" not in module.on_after_batch_transfer(batch, 0)
    with pytest.raises(InputError, match=r"need --data\.receptive_field 1"):
        Synthetic(str(synthetic_folder), depth_labels=DepthLabels(1), receptive_field=3)
