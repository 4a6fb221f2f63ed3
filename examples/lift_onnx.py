"""Lift a video: python examples/lift_onnx.py model.onnx keypoints.npy 1920 1080 pose.npy."""

import json
import sys

import numpy as np
import onnxruntime

model, keypoints, width, height, out = sys.argv[1:]
session = onnxruntime.InferenceSession(model)
about = session.get_modelmeta().custom_metadata_map
frames, before = int(about["frames"]), int(about["frames_before"])
size = np.float32([[width, height]])
zoom = np.float32(about.get("image_side", size.max())) / size.max()  # to images as in training
video = zoom * np.load(keypoints).astype(np.float32)  # (frames, keypoints, 2), pixels
video = np.pad(video, ((before, frames - 1 - before), (0, 0), (0, 0)), "edge")
windows = np.lib.stride_tricks.sliding_window_view(video, frames, 0).transpose(0, 3, 1, 2)
given = {"keypoints": np.ascontiguousarray(windows), "confidence": np.ones(windows.shape[:3], "f4")}
given["size"] = np.tile(zoom * size, (len(windows), 1))
pose = session.run(["pose"], {entry.name: given[entry.name] for entry in session.get_inputs()})[0]
np.save(out, pose[:, pose.shape[1] // 2])  # (frames, joints, 3), root-relative millimetres
print(f"{out}: {len(pose)} poses of {', '.join(json.loads(about['joints']))}")
