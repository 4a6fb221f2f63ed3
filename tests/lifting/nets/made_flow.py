"""Flows and poses that tests of flows are made of."""

import torch

from lifting.nets.flow import PoseFlow


def stirred(flow, amount=1.0):
    """The flow with all its parameters moved away from their start."""
    with torch.no_grad():
        for parameter in flow.parameters():
            parameter += amount * 0.3 * torch.randn_like(parameter)
    return flow


def poses(number=2000, joints=5, root=0, seed=0):
    """Correlated poses, relative to the root, of which some joints vary far more than others."""
    draw = torch.Generator().manual_seed(seed)
    mixing = torch.randn(2 * joints, 2 * joints, generator=torch.Generator().manual_seed(99))
    scales = 10 ** torch.linspace(-2, 1, 2 * joints)
    x = torch.randn(number, 2 * joints, generator=draw) * scales @ mixing + torch.arange(2 * joints)
    if root is not None:
        x[:, 2 * root : 2 * root + 2] = 0
    return x.to(torch.get_default_dtype())


def volume_only(flow):
    """The flow with couplings that do nothing, so that its blocks are the rotations alone."""
    for name, parameter in flow.named_parameters():
        if "subnet.2" in name:
            torch.nn.init.zeros_(parameter)
    return flow


def fitted(root=None, **options):
    flow = stirred(PoseFlow(10, root=root, hidden=32, blocks=4, **options))
    flow.fit(poses(root=root))
    return flow
