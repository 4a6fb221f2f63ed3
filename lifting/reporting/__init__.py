"""Comparison of runs on a page: curves, tables, errors, worst poses, options and provenance."""

from lifting.reporting.gathering import ReportedRun, gather
from lifting.reporting.page import write_report
from lifting.reporting.pose_errors import PoseErrors, worst_frames

__all__ = ["PoseErrors", "ReportedRun", "gather", "worst_frames", "write_report"]
