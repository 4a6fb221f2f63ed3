"""2D keypoints as they are given: checked, and gaps filled."""
