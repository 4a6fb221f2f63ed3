"""Pictures of the procedural human: its flesh, its clothes, the room, and the painter."""
