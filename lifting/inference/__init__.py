"""Trained methods applied to people's own keypoints, pictures and videos."""
