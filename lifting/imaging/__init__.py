"""Images: boxes, crops, warping, colours and heat-maps."""
