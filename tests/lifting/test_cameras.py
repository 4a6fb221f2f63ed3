import json
from dataclasses import fields
from importlib import resources

import h5py
import numpy as np
import pytest
import scipy.linalg
import torch
from scipy.spatial.transform import Rotation

from datamodules.safe_load import load_npz
from lifting.cameras import (
    TANGENTIAL_GAIN,
    Camera,
    back_project,
    calibrated_camera,
    camera_to_world,
    distort,
    nominal_camera,
    project,
    to_screen,
    undistort,
    world_to_camera,
)
from lifting.geometry import bone_lengths, mirror, quaternion_to_matrix
from lifting.skeletons import convert, skeleton

PARAMETERS = json.loads(resources.files("datamodules.h36m").joinpath("cameras.json").read_text())
NAMES = ("54138969", "55011271", "58860488", "60457274")
SUBJECTS = ("S1", "S5", "S6", "S7", "S8", "S9", "S11")
H36M = skeleton("h36m17")

# fx, fy, cx, cy, k1, k2, k3, p2, p1, width, height: the published table, to its decimals.
TABLE = {
    "54138969": "1145.0494 1143.7811 512.5415 515.4515 -.2070989 .2477752 -.0030752 "
    "-.0009757 -.0014245 1000 1002",
    "55011271": "1149.6757 1147.5917 508.8486 508.0649 -.1942136 .2404085 .0068200 "
    "-.0016190 -.0027409 1000 1000",
    "58860488": "1149.1407 1148.7990 519.8158 501.4026 -.2083382 .2554880 -.0024605 "
    ".0014844 -.0007600 1000 1000",
    "60457274": "1145.5114 1144.7739 514.9682 501.8820 -.1983841 .2183237 -.0089478 "
    "-.0005872 -.0018134 1000 1002",
}


def h36m_camera(subject, name, model="h36m"):
    values = PARAMETERS["intrinsics"][name] | PARAMETERS["extrinsics"][subject][name]
    values["tangential_gain"] = TANGENTIAL_GAIN[model]
    return Camera(**{k: torch.tensor(v, dtype=torch.float64) for k, v in values.items()})


def every_camera():
    return Camera.stack([h36m_camera("S1", name) for name in NAMES])


def people(*shape):
    """Points where the people of Human3.6M stand, camera frame."""
    return torch.randn(*shape, 17, 3, dtype=torch.float64) * 600 + torch.tensor([0.0, 0, 4500])


def project_h36m(point, name):
    """Human3.6M's model, one point: x' = x (1 + k1 r2 + k2 r4 + k3 r6 + q.x) + q r2."""
    fx, fy, cx, cy, k1, k2, k3, q1, q2 = _numbers(name)
    x, y = point[0] / point[2], point[1] / point[2]
    r2 = x * x + y * y
    factor = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3 + (q1 * x + q2 * y)
    return fx * (x * factor + q1 * r2) + cx, fy * (y * factor + q2 * r2) + cy


def project_opencv(point, name):
    """OpenCV's model, one point, from its documentation, with p2, p1 = q."""
    fx, fy, cx, cy, k1, k2, k3, p2, p1 = _numbers(name)
    x, y = point[0] / point[2], point[1] / point[2]
    r2 = x**2 + y**2
    radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    x_distorted = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x**2)
    y_distorted = y * radial + p1 * (r2 + 2 * y**2) + 2 * p2 * x * y
    return fx * x_distorted + cx, fy * y_distorted + cy


def _numbers(name):
    p = PARAMETERS["intrinsics"][name]
    return *p["focal"], *p["principal"], *p["radial"], *p["tangential"]


@pytest.mark.parametrize("name", NAMES)
def test_intrinsics_are_the_published_table(name):
    published = [float(number) for number in TABLE[name].split()]
    shipped = [*_numbers(name), *PARAMETERS["intrinsics"][name]["size"]]
    np.testing.assert_allclose(shipped, published, atol=5.1e-5)
    np.testing.assert_allclose(shipped[4:9], published[4:9], atol=5.1e-8)


def test_every_subject_has_four_cameras_that_stand_round_the_room():
    assert set(PARAMETERS["extrinsics"]) == set(SUBJECTS)
    for cameras in PARAMETERS["extrinsics"].values():
        assert set(cameras) == set(NAMES)
        for camera in cameras.values():
            rotation = np.array(camera["rotation"])
            np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
            assert scipy.linalg.det(rotation) == pytest.approx(1)
            # About as high as a man, metres off, upright: image-down is world-down.
            assert 1000 < camera["position"][2] < 2500
            assert 3000 < np.hypot(*camera["position"][:2]) < 7000
            assert rotation[1, 2] < -0.9
            centre = rotation @ (np.array([0.0, 0.0, 900.0]) - camera["position"])
            assert centre[2] > 3000
            assert np.abs(centre[:2] / centre[2]).max() < 0.3


@pytest.mark.parametrize(("model", "formula"), [("h36m", project_h36m), ("opencv", project_opencv)])
@pytest.mark.parametrize("name", NAMES)
def test_projection_is_the_formula_of_its_model(model, formula, name):
    points = people(3)
    camera = Camera.stack([h36m_camera("S1", name, model)] * 3)
    expected = [[formula(point, name) for point in pose] for pose in points.numpy()]
    np.testing.assert_allclose(project(points, camera), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("slope", "pixels"), [(0.1, 0.03), (0.3, 0.25), (0.4, 0.44)])
def test_the_two_lens_models_differ_by_the_published_pixels(slope, pixels):
    point = torch.tensor([[slope, slope, 1.0]], dtype=torch.float64)
    ours, theirs = (project(point, h36m_camera("S1", NAMES[0], m)) for m in ("h36m", "opencv"))
    assert (ours - theirs)[0, 0].abs().item() == pytest.approx(pixels, abs=0.006)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("model", TANGENTIAL_GAIN)
def test_undistortion_inverts_the_lens_over_the_whole_image(name, model):
    camera = h36m_camera("S1", name, model)
    width, height = camera.size.int().tolist()
    axes = [np.arange(0, n + 1, 8, dtype=float) for n in (width, height)]
    grid = torch.from_numpy(np.stack(np.meshgrid(*axes), -1).reshape(-1, 2))
    seen = (grid - camera.principal) / camera.focal
    again = distort(undistort(seen, camera), camera) * camera.focal + camera.principal
    assert (again - grid).norm(dim=-1).max() < 1e-3
    ideal = undistort(seen, camera)
    round_trip = undistort(distort(ideal, camera), camera)
    assert ((round_trip - ideal) * camera.focal).norm(dim=-1).max() < 1e-3


@pytest.mark.parametrize("iterations", [5, 40])
@pytest.mark.parametrize("radial", [(-0.4, 0, 0), (0.5, 0, 0), (2, 0, 0), (-0.25, 0.07, -0.01)])
@pytest.mark.parametrize("tangential", [(0.0, 0.0), (0.05, -0.05)])
def test_far_outside_of_a_strong_lens_points_stay_on_their_side(radial, tangential, iterations):
    camera = calibrated_camera(
        (1, 1), (0, 0), (1, 1), np.eye(3).tolist(), (0, 0, 0), radial, tangential
    )
    radius = torch.logspace(-1, 4, 60, dtype=torch.float64)
    angle = torch.linspace(0, 2 * torch.pi, 13, dtype=torch.float64)[:, None, None]
    seen = radius[:, None] * torch.cat([angle.cos(), angle.sin()], -1)
    found = undistort(seen, camera, iterations)
    length = found.norm(dim=-1)
    cosine = (found * seen).sum(-1) / length / radius
    assert (cosine > 0.6).all()
    assert (length / radius > 0.3).all()
    assert (length / radius < 3).all()
    # Who is farther out in the image is so in the world.
    if tangential == (0.0, 0.0):
        assert (length.diff(dim=-1) > 0).all()


def test_undistortion_in_float32_stays_within_a_hundredth_of_a_pixel():
    camera = h36m_camera("S1", NAMES[1]).to(torch.float32)
    seen = (1000 * torch.rand(500, 2) - camera.principal) / camera.focal
    error = (distort(undistort(seen, camera), camera) - seen) * camera.focal
    assert error.norm(dim=-1).max() < 1e-2


def test_world_to_camera_is_the_rotated_difference_and_comes_back():
    camera, points = every_camera(), 1000 * torch.randn(4, 17, 3, dtype=torch.float64)
    seen = world_to_camera(points, camera)
    for i, name in enumerate(NAMES):
        extrinsics = PARAMETERS["extrinsics"]["S1"][name]
        rotation, position = np.array(extrinsics["rotation"]), np.array(extrinsics["position"])
        for j in range(17):
            expected = rotation @ (points[i, j].numpy() - position)
            np.testing.assert_allclose(seen[i, j], expected, atol=1e-8)
    torch.testing.assert_close(camera_to_world(seen, camera), points)


def test_the_camera_of_a_quaternion_is_that_of_its_matrix():
    # VideoPose3D stores camera-to-world quaternions; the inverse of one is our rotation.
    rotation = every_camera().rotation
    stored = Rotation.from_matrix(rotation.mT.numpy()).as_quat(scalar_first=True)
    torch.testing.assert_close(quaternion_to_matrix(torch.from_numpy(stored)).mT, rotation)


def test_world_to_camera_in_autocast_keeps_its_precision():
    camera, points = every_camera().to(torch.float32), 1000 * torch.randn(4, 17, 3)
    expected = world_to_camera(points, camera)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(world_to_camera(points, camera), expected)


@pytest.mark.parametrize("model", TANGENTIAL_GAIN)
def test_the_mirrored_camera_sees_the_mirrored_pose_as_the_flipped_image(model):
    camera = Camera.stack([h36m_camera("S1", name, model) for name in NAMES])
    pose = people(4)
    pixels = project(pose, camera)
    flipped = pixels[:, list(H36M.mirror)].clone()
    flipped[..., 0] = camera.size[:, None, 0] - flipped[..., 0]
    torch.testing.assert_close(project(mirror(pose, H36M.mirror), camera.mirrored()), flipped)


def test_mirroring_a_camera_twice_is_identity_and_changes_no_input():
    camera, untouched = every_camera(), every_camera()
    again = camera.mirrored().mirrored()
    for field in fields(Camera):
        assert torch.equal(getattr(camera, field.name), getattr(untouched, field.name))
        torch.testing.assert_close(getattr(again, field.name), getattr(camera, field.name))


@pytest.mark.parametrize("model", TANGENTIAL_GAIN)
def test_back_projection_inverts_projection(model):
    camera = Camera.stack([h36m_camera("S1", name, model) for name in NAMES])
    slopes = 0.35 * (2 * torch.rand(4, 50, 2, dtype=torch.float64) - 1)
    depth = 2000 + 6000 * torch.rand(4, 50, dtype=torch.float64)
    points = torch.cat([slopes * depth[..., None], depth[..., None]], -1)
    found = back_project(project(points, camera), depth, camera)
    torch.testing.assert_close(found, points, rtol=0, atol=1e-6)


def test_clamping_limits_slopes_and_keeps_points_in_sight_as_they_are():
    camera = h36m_camera("S1", NAMES[0])
    points = torch.tensor([[3.0, -5.0, 1.0], [0.2, 0.3, 1.0]], dtype=torch.float64)
    limited = torch.tensor([[1.0, -1.0, 1.0], [0.2, 0.3, 1.0]], dtype=torch.float64)
    torch.testing.assert_close(project(points, camera, clamp=True), project(limited, camera))
    assert (project(points, camera) - project(limited, camera))[0].abs().min() > 100


def test_gradient_of_projection_is_that_of_finite_differences():
    camera = h36m_camera("S1", NAMES[3])
    points = (people() / 1000).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: project(x, camera), (points,))


@pytest.mark.parametrize("size", [(1000.0, 1002.0), (1920.0, 1080.0)])
def test_screen_coordinates_span_the_width_and_keep_the_aspect(size):
    width, height = size
    corners = torch.tensor([[0.0, 0.0], [width, height], [width / 2, height / 2]])
    screen = to_screen(corners, torch.tensor(size))
    expected = [[-1.0, -height / width], [1.0, height / width], [0.0, 0.0]]
    torch.testing.assert_close(screen, torch.tensor(expected))


def test_a_batch_of_cameras_is_indexed_stacked_and_cast_field_by_field():
    batch = every_camera()
    for i, name in enumerate(NAMES):
        single = h36m_camera("S1", name)
        for field in fields(Camera):
            assert torch.equal(getattr(batch[i], field.name), getattr(single, field.name))
    cast = batch[torch.tensor([2, 0])].to(torch.float32)
    assert {getattr(cast, field.name).dtype for field in fields(Camera)} == {torch.float32}
    torch.testing.assert_close(cast.focal, batch.focal[[2, 0]].float())


@pytest.mark.real
def test_parameters_are_those_of_the_published_camera_file(real_data):
    with h5py.File(real_data / "h36m/cameras.h5") as file:
        for subject in SUBJECTS:
            for index, name in enumerate(NAMES, 1):
                stored = file[f"subject{subject[1:]}/camera{index}"]
                assert "".join(chr(int(c)) for c in stored["Name"][()].ravel()) == name
                ours = PARAMETERS["intrinsics"][name] | PARAMETERS["extrinsics"][subject][name]
                np.testing.assert_array_equal(ours["focal"], stored["f"][()].ravel())
                np.testing.assert_array_equal(ours["principal"], stored["c"][()].ravel())
                np.testing.assert_array_equal(ours["radial"], stored["k"][()].ravel())
                np.testing.assert_array_equal(ours["tangential"], stored["p"][()].ravel()[::-1])
                np.testing.assert_array_equal(ours["position"], stored["T"][()].ravel())
                # HDF5 shows MATLAB's matrices transposed.
                np.testing.assert_array_equal(ours["rotation"], stored["R"][()].T)


@pytest.fixture(scope="module")
def walking(real_data):
    content = load_npz(real_data / "h36m/data_3d_h36m.npz")["positions_3d"]["S1"]["Walking"]
    world = 1000 * torch.from_numpy(np.asarray(content, np.float64))
    return convert(world, "h36m32", "h36m17")


@pytest.fixture(scope="module")
def detections(real_data):
    return load_npz(real_data / "h36m/data_2d_h36m_sh_pt_mpii.npz")["positions_2d"]["S1"]["Walking"]


@pytest.mark.slow(reason="reads all of Human3.6M")
@pytest.mark.real
def test_bones_of_a_real_sequence_keep_their_length(walking):
    lengths = bone_lengths(walking, H36M.bones)
    assert lengths.std(0).max() < 1.0
    thigh = lengths[:, [c for _, c in H36M.bones].index(H36M.index("left_knee"))]
    assert 350 < thigh.mean() < 550


@pytest.mark.slow(reason="reads all of Human3.6M")
@pytest.mark.real
@pytest.mark.parametrize("view", range(4))
def test_projected_poses_lie_on_the_detections(walking, detections, view):
    camera = h36m_camera("S1", NAMES[view])
    projected = project(world_to_camera(walking, camera), camera)
    detected = torch.from_numpy(np.asarray(detections[view], np.float64))[: len(projected), :, :2]
    mpii = skeleton("mpii16")
    common = [joint for joint in H36M.joints if joint in mpii.joints]
    assert len(common) == 13
    ours, theirs = projected[:, H36M.indices(common)], detected[:, mpii.indices(common)]
    distance = (ours - theirs).norm(dim=-1).median().item()
    assert 5 < distance < 10
    swapped = theirs[:, [common.index(H36M.joints[H36M.mirror[H36M.index(j)]]) for j in common]]
    assert (ours - swapped).norm(dim=-1).median() > 3 * distance


def test_the_nominal_camera_is_level_and_sees_half_its_image_at_half_its_focal_length():
    camera = nominal_camera(1080.0, 1920.0)
    ahead = torch.tensor([[0.0, 1000.0, 0.0], [0.0, 1000.0, 500.0], [500.0, 1000.0, 0.0]]).double()
    # The world's y is the depth, its z is up, and the focal length is the longer side.
    expected = torch.tensor([[540.0, 960.0], [540.0, 0.0], [1500.0, 960.0]]).double()
    torch.testing.assert_close(project(world_to_camera(ahead, camera), camera), expected)


def test_a_camera_without_a_lens_is_a_pinhole_of_its_calibration():
    camera = calibrated_camera([1100, 1200], (500, 400), (1000, 800), np.eye(3), [10, 0, -50])
    world = torch.tensor([[110.0, -200, 3950]], dtype=torch.float64)
    pixels = project(world_to_camera(world, camera), camera)
    expected = [500 + 1100 * 100 / 4000, 400 - 1200 * 200 / 4000]
    np.testing.assert_allclose(pixels[0], expected, rtol=1e-12)
    assert camera.size.tolist() == [1000, 800]


def test_a_calibrated_camera_keeps_its_lens_and_no_memory_of_its_arguments():
    focal = np.array([1100.0, 1200])
    options = {"radial": (0.1, 0.2, 0.3), "tangential": (0.01, 0.02), "lens": "h36m"}
    camera = calibrated_camera(focal, (500, 400), (1000, 800), np.eye(3), np.zeros(3), **options)
    focal[:] = 0
    assert camera.focal.tolist() == [1100, 1200]
    assert camera.radial.tolist() == [0.1, 0.2, 0.3]
    assert camera.tangential.tolist() == [0.01, 0.02]
    assert camera.tangential_gain.item() == TANGENTIAL_GAIN["h36m"]
    assert {x.dtype for x in vars(camera).values()} == {torch.float64}
