"""The clip store: what is written is read, and what is wrong with a clip or a file is named."""

import json
import subprocess
import sys
from dataclasses import fields, replace

import h5py
import numpy as np
import pytest
import torch

from datamodules.safe_load import open_hdf5
from datamodules.store import contents
from datamodules.store.clips import (
    FORMAT_VERSION,
    ClipStore,
    ClipWriter,
)
from lifting.cameras import Camera
from lifting.errors import InputError
from tests.datamodules.store.made_clips import INFO, KEY, camera, keypoints, poses, write
from tests.left_over import left_over


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.h5"


def files(path):
    return sorted(p.name for p in path.parent.iterdir())


def test_what_was_written_is_read(path):
    second = replace(KEY, subject="S9", sequence="Posing", action="Posing", fps=29.97, frames=3)
    with ClipWriter(path, INFO) as store:
        store.add_camera("S1", "front", camera(1))
        store.add_camera("S9", "front", camera(2))
        store.add(KEY, {"gt": keypoints(), "cpn": keypoints(seed=2)}, poses())
        store.add(second, {"cpn": keypoints(3)}, frames=np.array([4, 9, 11]))
    with ClipStore(path) as store:
        assert store.info == INFO
        assert store.keys == [KEY, second]
        np.testing.assert_array_equal(store.pose(KEY), poses())
        np.testing.assert_array_equal(store.keypoints(KEY, "gt"), keypoints())
        np.testing.assert_array_equal(store.keypoints(KEY, "cpn"), keypoints(seed=2))
        assert store.pose(KEY).dtype == store.keypoints(KEY, "gt").dtype == np.float32
        assert store.pose(second) is None
        assert store.has(KEY, "gt")
        assert not store.has(second, "gt")
        assert store.frames(KEY).tolist() == list(range(8))
        assert store.frames(second).tolist() == [4, 9, 11]
        for key, seed in ((KEY, 1), (second, 2)):
            for field in fields(Camera):
                read = getattr(store.camera(key), field.name)
                assert torch.equal(read, getattr(camera(seed), field.name))
                assert read.dtype == torch.float64
    assert files(path) == ["store.h5"]


def test_clips_are_searched_for_once_until_the_file_changes(path, monkeypatch):
    opened = []
    monkeypatch.setattr(contents, "open_hdf5", lambda path: opened.append(path) or open_hdf5(path))
    longer = replace(KEY, frames=9)
    for keys in ((KEY,), (longer,)):
        write(path, keys)
        assert ClipStore(path).keys == [*keys]
        assert len(opened) == 1
        assert ClipStore(path).keys == [*keys]
        assert len(opened) == 1
        opened.clear()


def test_missing_folders_are_made(tmp_path):
    path = write(tmp_path / "a" / "b" / "store.h5")
    assert ClipStore(path).keys == [KEY]


def test_the_description_counts_clips_and_frames_by_subject(path):
    keys = [
        replace(KEY, subject=subject, sequence=sequence, camera=name, frames=frames)
        for subject, sequence, frames in (("S11", "a", 4), ("S9", "a", 1000), ("S9", "b", 234))
        for name in ("front", "back")
    ]
    lines = ClipStore(write(path, keys)).describe().splitlines()
    assert lines[0] == str(path)
    header = [line.split(maxsplit=1) for line in lines[1:4]]
    assert header == [
        ["skeleton", "h36m17"],
        ["2D", "sources gt (h36m17), cpn (coco17)"],
        ["origin", "a made-up recording"],
    ]
    assert [line.split() for line in lines[5:]] == [
        ["subject", "sequences", "clips", "frames"],
        ["S9", "2", "4", "2,468"],
        ["S11", "1", "2", "8"],
        ["all", "6", "2,476"],
    ]


def test_long_names_of_subjects_keep_the_columns_of_the_description_in_line(path):
    keys = [replace(KEY, subject=name) for name in ("S1", "somebody_with_a_long_name")]
    lines = ClipStore(write(path, keys)).describe().splitlines()[5:]
    assert len({len(line) for line in lines}) == 1


def test_the_digest_depends_on_what_the_store_was_made_of(path, tmp_path):
    digest = ClipStore(write(path)).digest
    assert digest == ClipStore(write(tmp_path / "same.h5")).digest
    others = [
        write(tmp_path / "a.h5", info=replace(INFO, inputs={"raw.npz": "cd" * 32})),
        write(tmp_path / "b.h5", keys=(replace(KEY, frames=9),)),
        write(tmp_path / "c.h5", info=replace(INFO, skeleton="mpi3dhp17")),
    ]
    digests = {digest, *(ClipStore(other).digest for other in others)}
    assert len(digests) == 4


@pytest.mark.parametrize("error", [ValueError, InputError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("older", [False, True])
def test_an_interrupted_writer_leaves_an_older_store_and_nothing_else(path, error, older):
    before = write(path).read_bytes() if older else None

    def interrupted():
        with ClipWriter(path, replace(INFO, origin="new")) as store:
            store.add(KEY, {"gt": keypoints()}, poses())
            assert len(files(path)) == 1 + older
            raise error("stop")

    with pytest.raises(error):
        interrupted()
    assert files(path) == (["store.h5"] if older else [])
    if older:
        assert path.read_bytes() == before


def test_a_refused_clip_leaves_nothing_behind(path):
    with pytest.raises(InputError, match="given twice"):
        write(path, keys=(KEY, KEY))
    assert files(path) == []


def test_the_rest_of_a_killed_writer_is_removed(path):
    left_over(path).write_text("half of something")
    assert ClipStore(write(path)).keys == [KEY]
    assert files(path) == ["store.h5"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"store.h5: cannot be written .*choose another place"):
        write(tmp_path / "file" / "store.h5")
    with pytest.raises(InputError, match="cannot be written"):
        write(tmp_path / ("x" * 300))


def test_keypoints_are_checked_against_the_joint_set_of_their_source(path):
    info = replace(INFO, sources={"sh": "mpii16"})
    words = r"expected \(frames, 16, 3\).*'mpii16'"
    with pytest.raises(InputError, match=words), ClipWriter(path, info) as store:
        store.add(KEY, {"sh": keypoints()})


@pytest.mark.parametrize(
    ("key", "points", "words"),
    [
        (replace(KEY, frames=9), {"gt": keypoints(9)}, "8 frames of poses for a clip of 9"),
        (KEY, {}, "no keypoints"),
        (replace(KEY, sequence="a/b"), {"gt": keypoints()}, "a name holds a '/'"),
    ],
)
def test_clips_that_could_not_be_read_back_are_refused(path, key, points, words):
    with pytest.raises(InputError, match=words), ClipWriter(path, INFO) as store:
        store.add(key, points, poses())


def test_a_clip_given_twice_is_refused(path):
    with pytest.raises(InputError, match="S1/Walking 1/front: given twice"):
        write(path, keys=(KEY, KEY))


def test_an_unknown_source_or_camera_is_named(path):
    with ClipWriter(path, INFO) as writer:
        writer.add(KEY, {"gt": keypoints(), "cpn": keypoints()})
    with ClipStore(path) as store:
        with pytest.raises(InputError, match=r"no 2D source 'sh' in clips/S1/.*it has cpn, gt"):
            store.keypoints(KEY, "sh")
        with pytest.raises(InputError, match="has no camera for clips/S1/Walking 1/front"):
            store.camera(KEY)


def test_shards_are_merged_down_to_the_single_view(path, tmp_path):
    views = [replace(KEY, camera=name) for name in ("front", "back", "side")]
    shards = [write(tmp_path / f"{view.camera}.part", keys=(view,)) for view in views]
    with ClipWriter(path, INFO) as store:
        for shard in [*shards, shards[0]]:
            with open_hdf5(shard) as file:
                store.copy_from(file)
    with ClipStore(path) as merged:
        assert sorted(key.camera for key in merged.keys) == ["back", "front", "side"]
        for key in merged.keys:
            np.testing.assert_array_equal(merged.pose(key), poses())
            torch.testing.assert_close(merged.camera(key).focal, camera().focal)


def test_a_foreign_hdf5_file_is_refused(path):
    with h5py.File(path, "w") as file:
        file["positions"] = np.zeros(3)
    with pytest.raises(InputError, match="an HDF5 file, but no clip store"):
        ClipStore(path)


def test_another_format_version_is_refused(path):
    with h5py.File(write(path), "r+") as file:
        file.attrs["format_version"] = FORMAT_VERSION + 1
    with pytest.raises(InputError, match=f"version {FORMAT_VERSION + 1}, .* {FORMAT_VERSION}; "):
        ClipStore(path)


def _without(name):
    def damage(file):
        del file.attrs[name]

    return damage


def _with(name, value):
    def damage(file):
        file.attrs[name] = value

    return damage


DAMAGES = {
    "no version": _without("format_version"),
    "no skeleton": _without("skeleton"),
    "no sources": _without("sources"),
    "sources are no JSON": _with("sources", "{"),
    "sources are no table": _with("sources", json.dumps(3)),
    "inputs are a number": _with("inputs", 3),
    "no clips": lambda file: file.pop("clips"),
    "clips are an array": lambda file: file.pop("clips") and file.create_dataset("clips", data=[1]),
    "a clip is empty": lambda file: file.create_group("clips/S1/Walking 1/back"),
    "no keypoints": lambda file: [
        file.pop(f"{KEY.path}/keypoints"),
        file.create_group(f"{KEY.path}/keypoints"),
    ],
    "no rate": lambda file: file[KEY.path].attrs.pop("fps"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_store_is_an_input_error(path, damage):
    with h5py.File(write(path), "r+") as file:
        DAMAGES[damage](file)
    with pytest.raises(InputError) as caught:
        ClipStore(path)
    assert str(caught.value) == f"{path}: damaged or incomplete; prepare it again."


def test_a_truncated_store_is_an_input_error_wherever_it_ends(path):
    whole = write(path).read_bytes()
    for end in range(0, len(whole), max(1, len(whole) // 100)):
        path.write_bytes(whole[:end])
        with pytest.raises(InputError, match="damaged or not an HDF5 file"):
            ClipStore(path)


def test_a_missing_store_is_named(path):
    with pytest.raises(InputError, match="there is no such file"):
        ClipStore(path)


FILL = """
import os, resource, signal, sys
import numpy as np
from datamodules.store.clips import ClipKey, ClipWriter, StoreInfo
from lifting.errors import explain

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path, clips, *limits = sys.argv[1:]
pose = np.random.default_rng(0).normal(0, 150, (40, 17, 3))
for limit in limits:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
    try:
        with ClipWriter(path, StoreInfo("h36m17", {"gt": "h36m17"}, "", "")) as store:
            for i in range(int(clips)):
                store.add(ClipKey("S1", f"{i}", "a", "c", 50.0, 40), {"gt": pose}, pose)
        print(limit, "written", flush=True)
    except Exception as error:
        print(limit, explain(error), sorted(os.listdir(os.path.dirname(path))), flush=True)
"""


@pytest.mark.parametrize(
    ("clips", "limits"),
    [(0, [0, 96, 500]), (4, [0, 96, 500, 2000, 4000, 9000, 20000, 33000, 60000, 75000])],
)
def test_a_full_disk_ends_in_a_sentence_and_leaves_an_older_store_alone(
    path, clips, limits, tmp_path_factory
):
    before = write(path).read_bytes()
    program = tmp_path_factory.mktemp("program") / "fill.py"
    program.write_text(FILL)
    command = [sys.executable, str(program), str(path), str(clips), *map(str, limits)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    sentence = f"The disk is full while writing {path}: free some space and run the same command"
    assert done.stdout.splitlines() == [f"{n} {sentence} again. ['store.h5']" for n in limits]
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert path.read_bytes() == before


@pytest.mark.parametrize("value", [3.0, [1.0, 2, 3], "wide"])
def test_a_camera_of_another_shape_is_refused(path, value):
    with h5py.File(write(path), "r+") as file:
        file["cameras/S1/front"].attrs["size"] = value
    with ClipStore(path) as store, pytest.raises(InputError, match="a camera is damaged; prepare"):
        store.camera(KEY)


@pytest.mark.parametrize("name", ["pose", "keypoints/gt"])
@pytest.mark.parametrize(
    "values", [np.zeros((8, 16, 3), "f4"), np.zeros((7, 17, 3)), np.zeros(8, int)]
)
def test_an_array_of_another_shape_is_refused(path, name, values):
    with h5py.File(write(path), "r+") as file:
        del file[f"{KEY.path}/{name}"]
        file[f"{KEY.path}/{name}"] = values
    with ClipStore(path) as store:
        # The number of frames of a clip is that of its first source.
        (key,) = store.keys
        other = "pose" if len(values) == 7 else name
        with pytest.raises(InputError, match=f"store.h5: '{KEY.path}/{other}' "):
            store.pose(key) if other == "pose" else store.keypoints(key, "gt")


def test_a_clip_that_is_there_by_a_link_to_another_file_is_none(path, tmp_path):
    whole = write(tmp_path / "other.h5")
    with h5py.File(write(path), "r+") as file:
        del file["clips"]
        file["clips"] = h5py.ExternalLink(str(whole), "/clips")
    with pytest.raises(InputError, match="damaged or incomplete"):
        ClipStore(path)
