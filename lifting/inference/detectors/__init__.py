"""Detectors of people and estimators of their keypoints, by file and by library."""
