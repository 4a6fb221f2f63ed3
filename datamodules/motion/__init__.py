"""Motion under free terms, of whatever source."""

from datamodules.motion.poses import Motion

__all__ = ["Motion"]
