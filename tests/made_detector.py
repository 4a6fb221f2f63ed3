"""The least that detects: the mean of the labelled keypoints in a crop, moved by its mean colour."""

import torch
from torch import nn

from lifting.imaging.crops import to_crop, to_image
from lifting.methods.bases.method import Method
from lifting.metrics import FrameEvaluation
from lifting.skeletons import skeleton


class TinyDetector(Method):
    """Keypoints of a crop, linear in its mean colour; dropout draws random numbers."""

    sees_images = True

    def configure_nets(self):
        self.joints = skeleton(self.hparams["keypoint_skeleton"])
        self.net = nn.Linear(3, 2 * len(self.joints))

    def _in_crop(self, image):
        height, width = image.shape[-2:]
        colours = nn.functional.dropout(image.mean((-1, -2)), 0.3, self.training)
        where = self.net(colours).unflatten(-1, (-1, 2)).sigmoid()
        return where * where.new_tensor([width, height])

    def detect(self, batch):
        found = to_image(self._in_crop(batch["image"]), batch["affine"], self.joints.mirror)
        return found, torch.ones_like(found[..., 0])

    def loss(self, batch):
        wanted = to_crop(batch["keypoints"], batch["affine"], self.joints.mirror)
        labelled = batch["visibility"] > 0
        return (self._in_crop(batch["image"]) - wanted)[labelled].abs().mean()

    def configure_evaluation(self, data, full):
        return FrameEvaluation(data.actions, ["distance"])

    def evaluate(self, batch):
        labelled = batch["visibility"] > 0
        errors = (self.detect(batch)[0] - batch["keypoints"]).norm(dim=-1) * labelled
        distance = errors.sum(-1) / labelled.sum(-1).clamp(min=1)
        self.evaluation.add({"distance": distance}, batch["action"])

    def predict_step(self, batch, batch_idx):
        keypoints, confidence = self.detect(batch)
        found = {"keypoints": keypoints, "confidence": confidence}
        return {**found, "clip": batch["clip"], "frame": batch["frame"]}
