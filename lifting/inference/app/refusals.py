"""Refusals that have a status of HTTP of their own."""

from http import HTTPStatus
from typing import ClassVar

from lifting.errors import InputError


class RefusalError(InputError):
    """Something that was given to the app is refused, with a status."""

    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST


class LengthError(RefusalError):
    """The length of what is sent is not told."""

    status = HTTPStatus.LENGTH_REQUIRED


class TooLargeError(RefusalError):
    """A file is larger than any that is taken."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class NoRoomError(RefusalError):
    """A file, or the results of one, find no room beside what is kept."""

    status = HTTPStatus.INSUFFICIENT_STORAGE
