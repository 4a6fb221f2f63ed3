"""Loss functions of poses, critics, heat-maps and guided detectors."""
