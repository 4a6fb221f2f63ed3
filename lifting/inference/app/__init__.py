"""The app: keypoints, pictures and videos in, poses to look at and to take home out."""
