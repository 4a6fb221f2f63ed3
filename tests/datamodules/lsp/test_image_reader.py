"""Leeds Sports Pose with its photographs, both layouts."""

import numpy as np
import pytest

from datamodules.lsp.image_reader import read_lsp
from lifting.errors import InputError
from tests.datamodules.made_lsp import points, write_jpg, write_mat


def made(tmp_path, extended):
    xy, seen = points(3)
    # Within a picture of 400 by 300, whatever was drawn.
    xy = 20 + 200 * (xy - xy.min()) / np.ptp(xy)
    seen[:, :4] = True
    folder = write_mat(tmp_path / "joints.mat", xy, seen, extended=extended).parent
    for number in range(1, 4):
        write_jpg(folder / f"images/im{number:0{5 if extended else 4}}.jpg", 400, 300)
    return folder, xy, seen


@pytest.mark.parametrize(("extended", "code"), [(False, 1), (True, 0)])
def test_joint_that_is_not_seen_is_hidden_or_not_labelled(tmp_path, extended, code):
    folder, xy, seen = made(tmp_path, extended)
    found = read_lsp(folder)
    records = list(found.records)
    assert len(records) == 3
    for number, record in enumerate(records):
        assert record.visibility.tolist() == np.where(seen[number], 2, code).tolist()
        np.testing.assert_allclose(
            record.keypoints[seen[number]], xy[number, seen[number]], rtol=1e-6
        )
        assert (record.subject, record.size) == ("train", (400, 300))
        known = xy[number] if not extended else xy[number, seen[number]]
        more = 0.15 * np.ptp(known, axis=0)
        np.testing.assert_allclose(
            record.box[:2], np.maximum(known.min(0) - more, 0), rtol=1e-5, atol=1e-6
        )


def test_split_is_given_and_images_are_needed(tmp_path):
    folder, _, _ = made(tmp_path, True)
    assert {r.subject for r in read_lsp(folder, split="test").records} == {"test"}
    with pytest.raises(InputError, match="--split is 'val'"):
        read_lsp(folder, split="val")
    (folder / "images").rename(folder / "elsewhere")
    with pytest.raises(InputError, match="name the folder with --images"):
        read_lsp(folder)
    assert len(list(read_lsp(folder, folder / "elsewhere").records)) == 3


def test_images_are_held_out_evenly_and_always_the_same(tmp_path):
    xy, seen = points(10)
    xy = 20 + 200 * (xy - xy.min()) / np.ptp(xy)
    seen[:, 0] = True
    folder = write_mat(tmp_path / "joints.mat", xy, seen, extended=True).parent
    for number in range(1, 11):
        write_jpg(folder / f"images/im{number:05}.jpg", 400, 300)

    def held_out(count, **options):
        found = read_lsp(folder, held_out=count, **options)
        return [n for n, r in enumerate(found.records, 1) if r.subject == "val"]

    # One in the middle, and one of each half, third, ...
    assert held_out(0) == []
    assert held_out(1) == [6]
    assert held_out(2) == [3, 8]
    assert held_out(5) == [2, 4, 6, 8, 10]
    assert len(held_out(9)) == 9
    for wrong in (10, -1):
        with pytest.raises(InputError, match=f"--held_out is {wrong}, of 10 images"):
            held_out(wrong)
    with pytest.raises(InputError, match="of 0 images"):
        held_out(1, split="test")
