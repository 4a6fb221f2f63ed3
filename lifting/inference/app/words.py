"""Words of the app for what the suite says in those of its command line."""

from http import HTTPStatus

from lifting.errors import InputError, Option, Phrase, is_disk_full
from lifting.inference.app.refusals import RefusalError

# By option, the field of the page.
FIELDS = {
    "width": "Width",
    "height": "Height",
    "fps": "Frames per second",
    "skeleton": "Joint set",
    "format": "Format",
    "smooth": "Smoothing",
    "trajectory": "where the root is, too",
    "stills": "photographs, no video",
}
# What was said when the app was started.
_STARTED = {
    "least_confidence": "the least confidence that the app was started with",
    "detector": "the detector",
    "boxes": "the detector of people",
}
_ELSEWHERE = "the command line (docs/predict.md) can be told what this page does not ask for."
# Warnings that are told one by one.
_MOST = 8


def sentence(error: Exception) -> str | None:
    """Return what the page says of an error, or None where it is a defect of the app."""
    if isinstance(error, InputError):
        return _on_page(error)
    if isinstance(error, OSError) and is_disk_full(error):
        return "The disk is full: free some space on it, and give the file again."
    return None


def status(error: Exception) -> HTTPStatus:
    """Return the status of the answer that tells of an error."""
    if isinstance(error, RefusalError):
        return error.status
    full = isinstance(error, OSError) and is_disk_full(error)
    return HTTPStatus.INSUFFICIENT_STORAGE if full else HTTPStatus.OK


def told(warnings: list[InputError]) -> list[str]:
    """Return what the page says of warnings, each once."""
    texts = list(dict.fromkeys(map(_on_page, warnings)))
    more = len(texts) - _MOST
    return [*texts[:_MOST], f"There are {more:,} more like these."] if more > 0 else texts


def _on_page(error: InputError) -> str:
    remedy = error.remedy
    if isinstance(remedy, Phrase) and any(_name(option) is None for option in remedy.options()):
        remedy = _ELSEWHERE
    return InputError(error.what, error.where, remedy).told(_call)


def _call(option: Option) -> str:
    return _name(option) or option.name.replace("_", " ")


def _name(option: Option) -> str | None:
    field = FIELDS.get(option.name)
    return _STARTED.get(option.name) if field is None else f"“{field}”"
