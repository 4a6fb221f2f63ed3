"""Upgrade of checkpoints whose critics saw the published bones turned round."""

from typing import Any

import torch
from torch import Tensor, nn

# What a checkpoint says of the bones that its critic learnt from.
_KEY, _PUBLISHED = "bone_signs", "published"
# The first layer over the bones' products, among the critics' parameters.
_LAYER = "pose.over_bones.0.weight"
# The first thirteen of the fifteen bones were the ones turned round.
_BONES, _TURNED = 15, 13


def note_bones(checkpoint: dict[str, Any]) -> None:
    """Note in a checkpoint that the bones of its critic are those of the publication."""
    checkpoint[_KEY] = _PUBLISHED


def turn_bones(checkpoint: dict[str, Any], critics: nn.Module) -> None:
    """Let the critic of an earlier checkpoint find the same of bones with the published signs, in place.

    Earlier versions took thirteen of the fifteen bones the other way round, which turns the sign of 52
    of their 225 products. The same scores come of weights with the sign turned, and the same steps of
    the optimiser's mean gradients.

    Args:
        checkpoint: The checkpoint of a method with the published bones.
        critics: The critics as they are built.
    """
    if checkpoint.get(_KEY) == _PUBLISHED:
        return
    note_bones(checkpoint)
    sign = torch.ones(_BONES)
    sign[:_TURNED] = -1
    signs = torch.outer(sign, sign).flatten()
    for network in ("state_dict", "current_model_state"):
        state = checkpoint.get(network) or {}
        if f"critics.{_LAYER}" in state:
            state[f"critics.{_LAYER}"] = state[f"critics.{_LAYER}"] * signs
    # Generator first, then critics, as they are configured.
    for optimizer in checkpoint.get("optimizer_states", [])[1:]:
        place = [name for name, _ in critics.named_parameters()].index(_LAYER)
        moments = optimizer["state"].get(place, {})
        if isinstance(mean := moments.get("exp_avg"), Tensor):
            moments["exp_avg"] = mean * signs.to(mean.device)
