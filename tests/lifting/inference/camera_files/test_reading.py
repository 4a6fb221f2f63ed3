"""Calibrations of several programs; projections are OpenCV's (cv2.projectPoints of the same numbers)."""

import re

import numpy as np
import pytest
import torch

from lifting.cameras import project, world_to_camera
from lifting.errors import InputError
from lifting.inference.camera_files import read_calibration

# As cv2.FileStorage writes it.
OPENCV = """%YAML:1.0
---
calibration_time: "Mon 30 Nov"
image_width: 1920
image_height: 1080
camera_matrix: !!opencv-matrix
   rows: 3
   cols: 3
   dt: d
   data: [ 1.5005e+03, 0., 960.25, 0., 1490.75, 539.5, 0., 0., 1. ]
distortion_coefficients: !!opencv-matrix
   rows: 1
   cols: 5
   dt: d
   data: [ -0.20999999999999999, 0.070000000000000007,
       0.0011999999999999999, -0.00080000000000000004,
       -0.010999999999999999 ]
avg_reprojection_error: 0.31
"""
# The same camera, turned by (0.3, -1.1, 0.2) and moved, as Pose2Sim writes it.
POSE2SIM = """[left]
name = "left"
size = [ 1920, 1080]
matrix = [ [ 1500.5, 0.0, 960.25], [ 0.0, 1490.75, 539.5], [ 0.0, 0.0, 1.0]]
distortions = [ -0.21, 0.07, 0.0012, -0.0008, -0.011]
rotation = [ 0.3, -1.1, 0.2]
translation = [ 0.1, -0.2, 0.5]
fisheye = false

[right]
name = "right"
size = [ 1920, 1080]
matrix = [ [ 1000.0, 0.0, 960.0], [ 0.0, 1000.0, 540.0], [ 0.0, 0.0, 1.0]]
distortions = [ 0.0, 0.0, 0.0, 0.0]
rotation = [ 0.0, 0.0, 0.0]
translation = [ 0.0, 0.0, 0.0]
fisheye = true

[metadata]
adjusted = false
"""
ROS = """image_width: 1920
image_height: 1080
camera_name: narrow
distortion_model: plumb_bob
camera_matrix: {rows: 3, cols: 3, data: [1500.5, 0, 960.25, 0, 1490.75, 539.5, 0, 0, 1]}
distortion_coefficients: {rows: 1, cols: 5, data: [-0.21, 0.07, 0.0012, -0.0008, -0.011]}
"""
QUALISYS = """<?xml version='1.0' encoding='ASCII'?>
<calibration source="a.qca.txt"><cameras>
<camera active="1" serial="cam01" viewrotation="0">
  <fov_video bottom="1089" left="8" right="1927" top="10"/>
  <transform r11="1" r12="0" r13="0" r21="0" r22="0" r23="1" r31="0" r32="-1" r33="0"
    x="100" y="-4000" z="900"/>
  <intrinsic centerPointU="61968" centerPointV="35168" focalLengthU="96032" focalLengthV="95408"
    radialDistortion1="-0.21" radialDistortion2="0.07" radialDistortion3="-0.011" skew="0"
    sensorMaxU="122880" tangentalDistortion1="0.0012" tangentalDistortion2="-0.0008"/>
</camera></cameras></calibration>
"""
POINTS = torch.tensor([[0.3, -0.2, 1.5], [-0.7, 0.4, 2.0], [0.1, 0.35, 1.0]], dtype=torch.float64)
PIXELS = [
    [1256.516856584542, 343.32957900523746],
    [451.30938558637695, 828.6134421112306],
    [1106.248402307307, 1047.9641487087056],
]
# cv2.Rodrigues((0.3, -1.1, 0.2)).
TURNED = [
    [0.4417478001237681, -0.3056108559823963, -0.8434814080888319],
    [0.010853694447745865, 0.9419417712128719, -0.3356008000008234],
    [0.8970736192769501, 0.1390960256443898, 0.4194177121287188],
]


@pytest.fixture
def file(tmp_path):
    def write(content, name="camera.yml"):
        (tmp_path / name).write_text(content)
        return str(tmp_path / name)

    return write


@pytest.mark.parametrize(
    ("content", "name", "camera"),
    [
        (OPENCV, "camera.yml", ""),
        *(
            (f"\ufeff{content}", name, "")
            for content, name in ((OPENCV, "a.yml"), (QUALISYS, "a.txt"))
        ),
        (OPENCV.replace("%YAML:1.0", "%YAML 1.2"), "camera.yaml", ""),
        (OPENCV.replace("image_w", "image_W").replace("camera_m", "Camera_M"), "c.yml", ""),
        (ROS, "ros.yaml", ""),
        (POSE2SIM, "Calib.toml", ":left"),
        (QUALISYS, "Calib.qca.txt", ""),
        (QUALISYS, "Calib.qca.txt", ":cam01"),
    ],
)
def test_points_are_projected_as_opencv_projects_them(content, name, camera, file):
    calibration = read_calibration(file(content, name) + camera)
    assert calibration.size == (1920, 1080)
    pixels = project(POINTS, calibration.camera())
    np.testing.assert_allclose(pixels, PIXELS, atol=1e-6)


def test_images_of_another_size_have_the_same_camera_scaled(file):
    calibration = read_calibration(file(OPENCV))
    half = project(POINTS, calibration.camera((960.0, 540.0)))
    np.testing.assert_allclose(half, np.divide(PIXELS, 2), atol=1e-6)
    with pytest.raises(InputError, match=r"images of 1920 x 1080 px, and .* are 1080 x 1920;"):
        calibration.camera((1080.0, 1920.0))
    unsized = read_calibration(file(re.sub("image_.*\n", "", OPENCV), "u.yml"))
    np.testing.assert_allclose(project(POINTS, unsized.camera((1920.0, 1080.0))), PIXELS, atol=1e-6)
    with pytest.raises(
        InputError, match=r"u\.yml: does not tell the size of the images; give --wid"
    ):
        unsized.camera()


def test_the_place_of_a_camera_is_read(file):
    camera = read_calibration(file(POSE2SIM, "Calib.toml") + ":left").camera()
    world = torch.tensor([[400.0, 300.0, 2000.0]], dtype=torch.float64)
    wanted = np.array(TURNED) @ world[0].numpy() + [100.0, -200, 500]
    np.testing.assert_allclose(world_to_camera(world, camera)[0], wanted, atol=1e-6)

    # It looks along y from 4 m away, 0.9 m above the ground: z is up, and right is right.
    camera = read_calibration(file(QUALISYS, "Calib.qca.txt")).camera()
    world = torch.tensor([[350.0, 1000.0, 1700.0]], dtype=torch.float64)
    np.testing.assert_allclose(world_to_camera(world, camera)[0], [250, -800, 5000], atol=1e-9)


def test_four_cameras_of_a_recording_agree_on_a_gymnast(real_data):
    """Rays of the same joints meet: what is left is the detector's error."""
    folder = real_data / "video"
    if not folder.is_dir():
        pytest.skip(f"no videos at {folder}")
    cameras, pixels, squares, moment = [], [], [], 0
    for number in (1, 2, 3, 4):
        content = np.load(folder / "mediapipe_keypoints" / f"pose2sim_cam0{number}.npz")
        size = tuple(content["size"].tolist())
        points = torch.from_numpy(content["landmarks"][:, 11:29, :2] * size).double()
        spec = f"{folder}/pose2sim_single/Calib.qca.txt:cam0{number}"
        camera = read_calibration(spec).camera(size)
        flat = (points - camera.principal) / camera.focal
        ray = torch.cat([flat, torch.ones_like(flat[..., :1])], -1) @ camera.rotation
        ray = torch.nn.functional.normalize(ray, dim=-1)
        squares.append(torch.eye(3) - ray[..., :, None] * ray[..., None, :])
        moment = moment + squares[-1] @ camera.position
        cameras.append(camera)
        pixels.append(points)
    met = torch.linalg.solve(sum(squares), moment)
    errors = [
        (project(world_to_camera(met, camera), camera) - points).norm(dim=-1)
        for camera, points in zip(cameras, pixels, strict=True)
    ]
    assert torch.stack(errors).median() < 20
    thigh = (met[:, 12] - met[:, 14]).norm(dim=-1).median()
    assert 350 < thigh < 400, "millimetres"


BILLION = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaa">]><calibration>&a;</calibration>'

# A matrix of 10^9 numbers in a line or two.
LAUGHS = (
    "a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    + "camera_matrix: *a8\n"
)


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (
            POSE2SIM,
            "a.toml",
            r"a.toml: has 2 cameras; name one of left, right, as --camera .*:left",
        ),
        (POSE2SIM, "a.toml:top", r"a.toml: has no camera 'top'; name one of left, right"),
        (POSE2SIM, "a.toml:right", r"a.toml:right: has a fisheye lens.*k1, k2, p1, p2 and k3"),
        ("x = ", "a.toml", "is no TOML"),
        ("a: [1", "a.yml", "is not YAML; give an OpenCV YAML"),
        ("a: 1", "a.yml", "has no camera; give an OpenCV YAML"),
        ("- 3", "a.yml", "has no camera"),
        ("a: !!python/object/apply:os.system [ls]", "a.yml", "is not YAML"),
        (BILLION, "a.txt", "is XML with declarations"),
        ("<calibration>", "a.txt", "is no XML"),
        ("<?xml version='1.0' encoding='none'?><calibration/>", "a.txt", "is no XML"),
        (QUALISYS.replace("<fov_video", "<view"), "a.txt", "calibration cannot be read"),
        (QUALISYS.replace('x="100"', 'x="far"'), "a.txt", "missing or not finite"),
        (OPENCV.replace("-0.010999999999999999", ".nan"), "a.yml", "missing or not finite"),
        (OPENCV.replace("1.5005e+03", "-1500."), "a.yml", "focal lengths -1500 and 1490.75"),
        (OPENCV.replace("0., 1. ]", "0. ]"), "a.yml", "calibration cannot be read"),
        (OPENCV.replace("-0.010999999999999999 ]", "0., 0.1 ]"), "a.yml", "more than five"),
        (ROS.replace("plumb_bob", "equidistant"), "a.yml", "fisheye"),
        (OPENCV.replace("image_width: 1920", "image_width: 0"), "a.yml", "missing or not finite"),
        # By columns; in shares of the width; of larger images; with skew.
        (
            ROS.replace(
                "0, 960.25, 0, 1490.75, 539.5, 0, 0, 1", "0, 0, 0, 1490.75, 0, 960.25, 539.5, 1"
            ),
            "a.yml",
            "not that of square axes",
        ),
        (ROS.replace("1500.5, 0,", "1500.5, 9,"), "a.yml", "without skew"),
        (
            ROS.replace("1500.5", "0.78"),
            "a.yml",
            "focal length 0.78, which is none of images of 1920",
        ),
        (ROS.replace("960.25", "9600"), "a.yml", "principal point 9600, 539.5, far outside images"),
        (QUALISYS.replace('r11="1"', 'r11="5"'), "a.txt", "a.txt:cam01: its rotation is none"),
        (QUALISYS.replace('r11="1"', 'r11="-1"'), "a.txt", "its rotation is none"),
        (POSE2SIM.replace("0.3, -1.1, 0.2", "0.3, -1.1"), "a.toml:left", "cannot be read"),
        (POSE2SIM.replace("[ 1920, 1080]", "[ 1920]"), "a.toml:left", "cannot be read"),
        (LAUGHS, "a.yml", "is not YAML"),
        ("a: " + 5000 * "[", "a.yml", "is not YAML"),
        ("a = " + 5000 * "[", "a.toml", "is no TOML"),
        ("a: 1" + (1 << 24) * " ", "a.yml", "is too large for a calibration"),
    ],
)
def test_what_is_no_such_camera_is_told_in_a_sentence(content, name, sentence, file):
    path = file(content, name.partition(":")[0])
    _, colon, camera = name.partition(":")
    with pytest.raises(InputError, match=sentence):
        read_calibration(path + colon + camera)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match=r"no\.yml: there is no such file"):
        read_calibration(str(tmp_path / "no.yml"))
