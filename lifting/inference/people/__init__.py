"""People in videos: found, followed from frame to frame, and their keypoints read."""
