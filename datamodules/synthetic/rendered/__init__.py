"""Images of the procedural human: body, clothes, background, and their renderer."""
