"""Judgements of relative depth: a page to answer on, and what many annotators say together."""
