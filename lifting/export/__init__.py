"""Export of trained methods for other programs: ONNX, torch.export, and folders of a model hub."""

from lifting.export.exporting import export_model
from lifting.export.hub import from_hub, push_to_hub, to_hub
from lifting.export.wrapping import exportable, load_exportable

__all__ = ["export_model", "exportable", "from_hub", "load_exportable", "push_to_hub", "to_hub"]
