"""The procedural human: body, motions, cameras, simulated detections, and their clip store."""
