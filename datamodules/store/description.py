"""Description of a clip store, and names of the clips in it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class StoreInfo:
    """Description of a store.

    Attributes:
        skeleton: Joint set of the poses.
        sources: For each 2D source its joint set.
        origin: Where the data come from.
        licence: The condition they are under.
        inputs: SHA-256 of each file the store was made from.
    """

    skeleton: str
    sources: dict[str, str]
    origin: str
    licence: str
    inputs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ClipKey:
    """Names of a clip: one person, one camera, consecutive frames."""

    subject: str
    sequence: str
    action: str
    camera: str
    fps: float
    frames: int

    @property
    def path(self) -> str:
        """Path of the clip in the store."""
        return f"clips/{self.subject}/{self.sequence}/{self.camera}"
