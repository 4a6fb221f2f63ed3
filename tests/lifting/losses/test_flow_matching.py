import numpy as np
import torch
from torch.func import jvp

from lifting.losses.flow_matching import straight_path, velocity_error


def ends(examples=5):
    shape = (examples, 2, 3, 3)
    return torch.randn(shape).double(), torch.randn(shape).double(), torch.rand(examples).double()


def test_the_path_leads_from_noise_to_data():
    noise, data, _ = ends()
    for time, end in ((0.0, noise), (1.0, data)):
        x, _ = straight_path(noise, data, torch.full((5,), time).double())
        torch.testing.assert_close(x, end, rtol=0, atol=0)


def test_the_velocity_is_the_derivative_of_the_path_by_time():
    noise, data, time = ends()
    x, velocity = straight_path(noise, data, time)
    _, slope = jvp(lambda t: straight_path(noise, data, t)[0], (time,), (torch.ones_like(time),))
    torch.testing.assert_close(velocity, slope)
    # Each example has its own time: what is left of the way leads to the data.
    for i, t in enumerate(time):
        torch.testing.assert_close(x[i] + (1 - t) * velocity[i], data[i])


def test_the_error_is_the_mean_square_over_the_coordinates_of_a_frame():
    pred, target, _ = ends()
    expected = ((pred.numpy() - target.numpy()) ** 2).reshape(5, 2, 9).mean(-1)
    np.testing.assert_allclose(velocity_error(pred, target).numpy(), expected)
