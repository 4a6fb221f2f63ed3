"""Leeds Sports Pose (Johnson and Everingham, BMVC 2010)."""

from datamodules.lsp.poses import LSP

__all__ = ["LSP"]
