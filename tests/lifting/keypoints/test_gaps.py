import numpy as np
import pytest
import torch
from scipy.interpolate import interp1d

from lifting.keypoints.gaps import fill_gaps


@pytest.fixture
def clip():
    generator = torch.Generator().manual_seed(0)
    points = 1000 * torch.rand(40, 6, 2, generator=generator)
    seen = torch.rand(40, 6, generator=generator) > 0.5
    seen[:, 2] = False
    seen[:, 3] = True
    seen[:, 4] = torch.arange(40) == 17
    return points, seen


def test_what_is_missing_lies_on_the_line_between_its_neighbours(clip):
    points, seen = clip
    filled = fill_gaps(points, seen).numpy()
    for joint in (0, 1, 5):
        frames = np.flatnonzero(seen[:, joint].numpy())
        known = points[frames, joint].numpy()
        line = interp1d(frames, known, axis=0, bounds_error=False, fill_value=(known[0], known[-1]))
        np.testing.assert_allclose(filled[:, joint], line(np.arange(40)), rtol=1e-5)


def test_what_is_seen_stays_and_what_never_is_becomes_nan(clip):
    points, seen = clip
    filled = fill_gaps(points, seen)
    assert torch.equal(filled[seen], points[seen])
    assert filled[:, 2].isnan().all()
    assert torch.equal(filled[:, 4], points[17, 4].expand(40, 2))


def test_what_is_not_seen_is_not_looked_at(clip):
    points, seen = clip
    spoilt = points.clone()
    spoilt[~seen] = torch.nan
    assert torch.equal(fill_gaps(points, seen)[:, :2], fill_gaps(spoilt, seen)[:, :2])
