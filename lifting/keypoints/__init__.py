"""2D keypoints of one person: validation, and gaps filled in."""
