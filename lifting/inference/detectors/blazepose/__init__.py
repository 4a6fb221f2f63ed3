"""BlazePose: person detector and pose estimator of MediaPipe, run from its model files."""
