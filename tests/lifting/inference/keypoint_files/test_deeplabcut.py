"""DeepLabCut's csv and h5."""

import pickle

import h5py
import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.keypoint_files import read_tracks
from lifting.inference.options import ReadOptions
from tests.lifting.inference.keypoint_files import made_keypoints as made
from tests.lifting.inference.keypoint_files.test_joint_names import FULL_HUMAN

SCORER = "DLC_resnet50_walkMay1"
ANNA, BEN = made.person(14), made.person(14, seed=1, at=(200, 300))


def columns(people, parts):
    """The columns of a file, as pandas has them."""
    who = [(SCORER,)] if people is None else [(SCORER, name) for name in people]
    return [(*w, part, axis) for w in who for part in parts for axis in ("x", "y", "likelihood")]


def rows(*people):
    return np.concatenate([points.reshape(len(points), -1) for points in people], 1)


def csv(path, heading, values, people):
    names = ["scorer", *(["individuals"] if people else []), "bodyparts", "coords"]
    lines = [
        ",".join([name, *row]) for name, row in zip(names, zip(*heading, strict=True), strict=True)
    ]
    for number, row in enumerate(values):
        cells = ["" if np.isnan(value) else str(value) for value in row]
        lines.append(",".join([str(number), *cells]))
    path.write_text("\n".join(lines) + "\n")
    return path


def h5(path, heading, values, people):
    """What ``DataFrame.to_hdf(path, "df_with_missing", format="table")`` writes, as far as read."""
    with h5py.File(path, "w") as file:
        group = file.create_group("df_with_missing")
        group.attrs["pandas_type"] = np.bytes_(b"frame_table")
        group.attrs["non_index_axes"] = np.bytes_(pickle.dumps([(1, heading)], protocol=0))
        dtype = [("index", "<i8"), ("values_block_0", "<f8", (values.shape[1],))]
        table = np.zeros(len(values), dtype)
        table["index"], table["values_block_0"] = np.arange(len(values)), values
        group["table"] = table
    return path


@pytest.mark.parametrize("write", [csv, h5])
def test_one_person_by_names(write, tmp_path):
    values = rows(ANNA)
    values[2, :3] = np.nan
    path = write(tmp_path / f"walk.{write.__name__}", columns(None, FULL_HUMAN), values, None)
    (track,) = read_tracks(path, ReadOptions(**made.SIDES))
    assert (track.name, track.skeleton) == ("person", "lsp14")
    seen = np.ones((6, 14), bool)
    seen[2, 0] = False
    assert (track.seen == seen).all()
    np.testing.assert_allclose(track.keypoints[seen], ANNA[seen][:, :2])
    np.testing.assert_allclose(track.confidence[seen], ANNA[seen][:, 2])


@pytest.mark.parametrize("write", [csv, h5])
def test_several_people(write, tmp_path):
    names = ["anna", "ben"]
    path = write(tmp_path / "walk.csv", columns(names, FULL_HUMAN), rows(ANNA, BEN), names)
    path = path.rename(tmp_path / f"walk.{write.__name__}")
    tracks = read_tracks(path, ReadOptions())
    assert [track.name for track in tracks] == names
    for track, points in zip(tracks, (ANNA, BEN), strict=True):
        np.testing.assert_allclose(track.keypoints, points[..., :2])


def test_animals_and_damage_are_refused(tmp_path):
    mouse = csv(tmp_path / "m.csv", columns(None, ["snout", "tail"]), rows(ANNA[:, :2]), None)
    with pytest.raises(InputError, match=r"m\.csv: tracks snout, tail, which are not the joints"):
        read_tracks(mouse, ReadOptions())
    for text in ("scorer,a\n", "scorer,a\nbodyparts,b\ncoords,x\nnine,1\n"):
        mouse.write_text(text)
        with pytest.raises(InputError, match=r"m\.csv"):
            read_tracks(mouse, ReadOptions())
    broken = h5(tmp_path / "m.h5", columns(None, FULL_HUMAN), rows(ANNA), None)
    with h5py.File(broken, "r+") as file:
        file["df_with_missing"].attrs["non_index_axes"] = np.bytes_(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(InputError, match=r"m\.h5: refused"):
        read_tracks(broken, ReadOptions())
    with h5py.File(broken, "r+") as file:
        del file["df_with_missing"].attrs["non_index_axes"]
    with pytest.raises(InputError, match=r"m\.h5: is no table of frames as DeepLabCut"):
        read_tracks(broken, ReadOptions())
