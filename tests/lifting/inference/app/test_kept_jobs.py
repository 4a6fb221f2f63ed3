"""The jobs that are kept, within their room."""

import pytest

from lifting.errors import InputError
from lifting.inference.app.kept_jobs import KeptJobs
from lifting.inference.app.refusals import NoRoomError


def given(jobs, count, name="a.json"):
    with jobs.used() as job:
        jobs.reserve(job, name)
        jobs.claim(job, count)
    return job


def test_the_last_ones_used_are_kept(tmp_path):
    jobs = KeptJobs(tmp_path, 100)
    first, second = given(jobs, 40), given(jobs, 40)
    with jobs.used(first.key):
        third = given(jobs, 60)
    assert jobs.find(second.key) is None
    assert {path.name for path in tmp_path.iterdir()} == {first.key, third.key}
    with pytest.raises(InputError, match="not here any more"), jobs.used(second.key):
        pass


def test_what_is_in_use_makes_no_room(tmp_path):
    jobs = KeptJobs(tmp_path, 100)
    with jobs.used() as job:
        jobs.reserve(job, "a")
        jobs.claim(job, 60)
        with jobs.used() as other:
            jobs.check_room(other, 40)
            with pytest.raises(NoRoomError, match="no room"):
                jobs.check_room(other, 41)
            with pytest.raises(NoRoomError, match="no room"):
                jobs.claim(other, 41)
        # To which nothing came.
        assert jobs.find(other.key) is None
        jobs.release(job, 30)
        jobs.claim(job, 70)
    assert job.bytes == 100


def test_results_are_called_after_their_source_and_no_other(tmp_path):
    jobs = KeptJobs(tmp_path)
    kept = [given(jobs, 1) for _ in range(5)]
    sources = ["walk.json", "Walk.npz", "walk.json", "walk.json", "poses"]
    titles = [jobs.title(job, source) for job, source in zip(kept, sources, strict=True)]
    assert titles == ["walk", "Walk_npz", "walk_json", "walk_2", "poses"]
    assert jobs.title(kept[2], "walk.json") == "walk_json"
