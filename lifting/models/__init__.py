"""Models by name: lifters and detectors that come with the suite, are fetched, or are a user's own."""

from lifting.models.registry import Model, ModelFile, registered
from lifting.models.resolving import is_named, resolve

__all__ = ["Model", "ModelFile", "is_named", "registered", "resolve"]
