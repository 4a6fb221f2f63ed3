"""The app: a page in the browser that lifts keypoints, pictures and videos."""
