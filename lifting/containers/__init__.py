"""Guarded readers of what files come packed in: one a container, with limits, running nothing in them.

What a file declares is compared with its size and with :mod:`lifting.containers.limits` before room is
made for it, and whatever is wrong with it ends in an :class:`lifting.errors.InputError`.
"""
