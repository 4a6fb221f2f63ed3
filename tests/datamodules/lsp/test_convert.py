"""Leeds Sports Pose: both layouts of joints.mat, the .npz, the annotations, and what is refused."""

import numpy as np
import pytest
import torch
from scipy.io import savemat

from datamodules import LSP
from datamodules.lsp.convert import convert
from datamodules.store.clips import ClipStore
from lifting.errors import InputError
from tests.datamodules.made_lsp import (
    NAMES,
    annotations,
    points,
    refused,
    write_jpg,
    write_json,
    write_mat,
)

pytestmark = pytest.mark.slow(reason="converts datasets", shapes=True)


def stored(path):
    """Keypoints by (split, image)."""
    with ClipStore(path) as store:
        return {(k.subject, k.sequence): store.keypoints(k, "gt")[0] for k in store.keys}


@pytest.mark.parametrize("count", [3, 14])
def test_both_layouts_are_told_apart_by_shape(tmp_path, count):
    xy, seen = points(count)
    convert(write_mat(tmp_path / "a/joints.mat", xy, seen, extended=False), tmp_path / "a.h5")
    convert(write_mat(tmp_path / "b/joints.mat", xy, seen, extended=True), tmp_path / "b.h5")
    lsp, extended = stored(tmp_path / "a.h5"), stored(tmp_path / "b.h5")
    assert set(lsp) == {("train", f"im{n:04}") for n in range(1, count + 1)}
    assert set(extended) == {("train", f"im{n:05}") for n in range(1, count + 1)}
    for number in range(count):
        one, other = lsp["train", f"im{number + 1:04}"], extended["train", f"im{number + 1:05}"]
        # Occluded joints of LSP have a place; joints of LSP-extended that are not seen have none.
        np.testing.assert_allclose(one[:, :2], xy[number], rtol=1e-6)
        np.testing.assert_array_equal(one[:, 2] == 1, seen[number])
        np.testing.assert_array_equal(other[:, 2] == 1, seen[number])
        np.testing.assert_allclose(other[seen[number], :2], xy[number, seen[number]], rtol=1e-6)
        middle = np.mean([xy[number, j] for j in range(14) if seen[number, j]], 0)
        for joint in np.flatnonzero(~seen[number]):
            np.testing.assert_allclose(other[joint, :2], middle, rtol=1e-5)


def test_images_from_1001_on_are_for_testing_and_an_option_says_otherwise(tmp_path):
    xy, seen = points(1002)
    raw = write_mat(tmp_path / "joints.mat", xy, seen, extended=False)
    convert(raw, tmp_path / "out.h5")
    names = set(stored(tmp_path / "out.h5"))
    assert {name for split, name in names if split == "test"} == {"im1001", "im1002"}
    assert len(names) == 1002
    xy, seen = points(4)
    raw = write_mat(tmp_path / "b/joints.mat", xy, seen, extended=True)
    convert(raw, tmp_path / "b.h5", split="test")
    assert {split for split, _ in stored(tmp_path / "b.h5")} == {"test"}


def test_image_without_a_labelled_joint_is_left_out_and_reported(tmp_path):
    xy, seen = points(3)
    seen[1] = False
    raw = write_mat(tmp_path / "joints.mat", xy, seen, extended=True)
    report = convert(raw, tmp_path / "out.h5")
    assert {name for _, name in stored(tmp_path / "out.h5")} == {"im00001", "im00003"}
    assert "no joint labelled: im00002" in report


def test_camera_has_the_size_of_the_image_where_there_is_one(tmp_path):
    xy, seen = points(2)
    folder = write_mat(tmp_path / "raw/joints.mat", xy, seen, extended=False).parent
    write_jpg(folder / "images/im0001.jpg", 160, 210)
    write_jpg(folder / "images/im0002.jpg", 300, 140)
    convert(folder, tmp_path / "out.h5")
    with ClipStore(tmp_path / "out.h5") as store:
        assert store.info.skeleton == "lsp14"
        sizes = {k.sequence: store.camera(k).size.tolist() for k in store.keys}
        assert sizes == {"im0001": [160, 210], "im0002": [300, 140]}


def test_camera_is_nominal_without_images(tmp_path):
    xy = np.full((2, 14, 2), 50.0)
    xy[:, 0], xy[:, 1] = (30, 40), (90, 140)
    xy[1, :2, 0] -= 28
    raw = write_mat(tmp_path / "joints.mat", xy, np.ones((2, 14), bool), extended=False)
    convert(raw, tmp_path / "out.h5")
    with ClipStore(tmp_path / "out.h5") as store:
        sizes = {k.sequence: store.camera(k).size.tolist() for k in store.keys}
    # The person in the middle: 30 + 90 by 40 + 140; beyond 62 there is a tenth of 100 at least. Both
    # up to the next multiple of 16.
    assert sizes == {"im0001": [128, 192], "im0002": [80, 192]}


def test_npz_has_its_own_split(tmp_path):
    xy, seen = points(3)
    np.savez(
        tmp_path / "lsp.npz",
        joints=np.concatenate([xy, seen[..., None]], -1),
        imgname=np.array(["images/im0001.jpg", "images/im0007.jpg", "images/im0002.jpg"]),
        split=np.array(["train", "test", "train"]),
    )
    convert(tmp_path / "lsp.npz", tmp_path / "out.h5")
    found = stored(tmp_path / "out.h5")
    assert set(found) == {("train", "im0001"), ("test", "im0007"), ("train", "im0002")}
    np.testing.assert_allclose(found["test", "im0007"][:, :2], xy[1], rtol=1e-6)


def test_annotations_alone_make_a_store(tmp_path):
    xy, seen = points(3)
    content = annotations(xy, seen, [[], [], []], train=lambda number: number != 2)
    convert(write_json(tmp_path / "depth.json", content), tmp_path / "out.h5")
    found = stored(tmp_path / "out.h5")
    assert set(found) == {("train", "im0001"), ("test", "im0002"), ("train", "im0003")}
    np.testing.assert_allclose(found["test", "im0002"][:, :2], xy[1], rtol=1e-6)
    np.testing.assert_array_equal(found["test", "im0002"][:, 2] == 1, seen[1])


PAIRS = [
    [("left_wrist", "neck", "neck"), ("head_top", "right_knee", "head_top")],
    [],
    [("left_hip", "right_ankle", "right_ankle")],
    [("neck", "left_knee", "neck")],
]


@pytest.fixture
def prepared(tmp_path):
    xy, seen = points(4)
    content = annotations(xy, seen, PAIRS, train=lambda number: number < 4)
    path = write_json(tmp_path / "depth.json", content)
    convert(path, tmp_path / "lsp.h5")
    return {"store": str(tmp_path / "lsp.h5"), "annotations": str(path)}


def of_names(batch, row):
    """What a row of a batch says, as (first, second, +1 or -1)."""
    slots = batch["compared"][row].nonzero().squeeze(-1)
    return [
        (*(NAMES[j] for j in batch["pairs"][row, slot]), int(batch["farther"][row, slot]))
        for slot in slots
    ]


def gather(data, split, flip=None):
    loader = data.train_dataloader() if split == "train" else data.test_dataloader()
    index = next(iter(loader))
    rows = data.bank(split).rows
    return data.on_after_batch_transfer(index._replace(rows=rows, flip=flip), 0)


def test_batch_has_the_pairs_of_its_images_and_train_only_annotated_ones(prepared):
    data = LSP(**prepared, batch_size=2, flip=0.0)
    data.setup("fit")
    data.setup("test")
    batch = gather(data, "train")
    assert [data.bank("train").keys[i].sequence for i in batch["clip"]] == ["im0001", "im0003"]
    assert of_names(batch, 0) == [("left_wrist", "neck", 1), ("head_top", "right_knee", -1)]
    assert of_names(batch, 1) == [("left_hip", "right_ankle", 1)]
    assert batch["pairs"].shape == (2, 2, 2)
    assert batch["farther"].dtype == torch.int8
    assert batch["farther"].tolist() == [[1, -1], [1, 0]]
    test = gather(data, "test")
    assert of_names(test, 0) == [("neck", "left_knee", -1)]


def test_mirrored_image_has_mirrored_pairs(prepared):
    data = LSP(**prepared, batch_size=2)
    data.setup("fit")
    plain = gather(data, "train")
    flipped = gather(data, "train", torch.tensor([True, False]))
    assert of_names(flipped, 0) == [("right_wrist", "neck", 1), ("head_top", "left_knee", -1)]
    assert of_names(flipped, 1) == of_names(plain, 1)
    # A joint and its mirrored namesake are the same point of the photograph.
    width = plain["camera"].size[0, 0]
    for slot in range(2):
        for end in range(2):
            before = plain["keypoints"][0, 0, plain["pairs"][0, slot, end]]
            after = flipped["keypoints"][0, 0, flipped["pairs"][0, slot, end]]
            torch.testing.assert_close(after, torch.stack([width - before[0], before[1]]))
    # The bank itself stays as it was.
    assert of_names(gather(data, "train"), 0) == of_names(plain, 0)


def test_risky_annotations_can_be_left_out(prepared):
    data = LSP(**prepared, max_risk=0.01, batch_size=2, flip=0.0)
    data.setup("fit")
    batch = gather(data, "train")
    assert [len(of_names(batch, row)) for row in range(2)] == [1, 1]
    assert batch["pairs"].shape[1] == 1


def test_without_annotations_there_are_no_pairs_and_every_image_is_trained_on(prepared):
    data = LSP(store=prepared["store"], batch_size=2)
    data.setup("fit")
    assert len(data.bank("train")) == 3
    assert "pairs" not in gather(data, "train")


def test_annotations_of_another_dataset_are_refused(prepared, tmp_path):
    xy, seen = points(1)
    content = annotations(xy, seen, [PAIRS[0]])
    content["images"][0]["im_file"] = "images/other.jpg"
    path = write_json(tmp_path / "other.json", content)
    data = LSP(store=prepared["store"], annotations=str(path))
    with pytest.raises(InputError, match=r"other\.json: no annotation of an image of .*lsp\.h5"):
        data.setup("fit")
    with pytest.raises(InputError, match=r"--data\.max_risk needs --data\.annotations"):
        LSP(store=prepared["store"], max_risk=0.1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda j: j[:2], r"'joints' is \(2, 14, 3\), expected \(3, 14, images\)"),
        (lambda j: j.ravel(), r"'joints' is \(1, 126\), expected"),
        (lambda j: np.where(j == 1, 2, j), r"the third row of 'joints' is not of 0 and 1"),
        (lambda j: np.where(np.isclose(j, j[0, 0, 1]), np.nan, j), r"a joint of 'im0002' is NaN"),
        (lambda j: np.array(["x"]), r"'joints': no array of numbers"),
    ],
)
def test_wrong_mat_is_refused(tmp_path, change, message):
    xy, seen = points(3)
    joints = np.concatenate([xy, ~seen[..., None]], -1).T
    savemat(tmp_path / "joints.mat", {"joints": change(joints)})
    refused(tmp_path / "joints.mat", tmp_path / "out/lsp.h5", r"joints\.mat: .*" + message)


def test_damaged_and_missing_files_are_refused(tmp_path):
    out = tmp_path / "out/lsp.h5"
    (tmp_path / "joints.mat").write_bytes(b"no file of this kind")
    refused(tmp_path / "joints.mat", out, r"joints\.mat: damaged or not a \.mat file")
    refused(tmp_path / "gone.mat", out, r"gone\.mat: there is no such file")
    (tmp_path / "joints.txt").write_text("1 2")
    refused(tmp_path / "joints.txt", out, r"neither a \.mat nor an \.npz nor a \.json")
    xy, seen = points(2)
    raw = write_mat(tmp_path / "raw/joints.mat", xy, seen, extended=False)
    refused(raw, out, r"--split is 'val': choose one of train, test", split="val")
    refused(raw, out, r"there is no such folder of images", images=tmp_path / "none")
    refused(raw, out, r"There is no skeleton 'lsp15'|lsp15", skeleton="lsp15")
    write_jpg(tmp_path / "pictures/im0001.jpg", 100, 100)
    refused(raw, out, r"pictures: no im0002\.jpg", images=tmp_path / "pictures")
    (tmp_path / "pictures/im0002.jpg").write_bytes(b"GIF89a")
    refused(raw, out, r"im0002\.jpg: damaged or no picture", images=tmp_path / "pictures")
    np.savez(tmp_path / "lsp.npz", joints=np.zeros((1, 13, 3)), imgname=["a"], split=["train"])
    refused(tmp_path / "lsp.npz", out, r"'joints' is \(1, 13, 3\), expected \(images, 14, 3\)")
    np.savez(tmp_path / "lsp.npz", joints=np.zeros((1, 14, 3)), imgname=["a"], split=["val"])
    refused(tmp_path / "lsp.npz", out, r"'split' holds something else than train and test")


@pytest.mark.slow(reason="reads all of LSP")
@pytest.mark.real
def test_real_files_are_read(real_data, tmp_path):
    convert(real_data / "lsp/lsp2000_joints14.npz", tmp_path / "lsp.h5")
    with ClipStore(tmp_path / "lsp.h5") as store:
        split = [key.subject for key in store.keys]
        assert (split.count("train"), split.count("test")) == (1000, 1000)
    convert(real_data / "lsp/lspet400", tmp_path / "lspet.h5")
    found = stored(tmp_path / "lspet.h5")
    assert len(found) == 400
    assert sum(int(rows[:, 2].sum()) for rows in found.values()) == 4866
