"""Annotation of relative depth: a page to answer on, merged answers, and user studies."""
