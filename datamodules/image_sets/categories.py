"""Categories of files in COCO's format: which of them are people, and in which joint set."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lifting.errors import InputError
from lifting.skeletons import SKELETONS

_PERSON = "person"


@dataclass(frozen=True)
class PersonCategories:
    """What the categories of a file say.

    Attributes:
        joints: Joint set of the people, None where the file names no keypoints.
        others: Names of the categories that are no people, by their ids.
    """

    joints: str | None
    others: dict[Hashable, str] = field(default_factory=dict)

    def other(self, category: Any) -> str | None:
        """Return the name of the category of an annotation, if that is no person."""
        return self.others.get(category) if isinstance(category, int | str) else None


def person_categories(content: Any, joints: str | None, where: Path) -> PersonCategories:
    """Return which of the ``categories`` of a file are people.

    They are those whose keypoints have the names of a joint set, and of several of those the one that is
    called person, if one is. A category without keypoints is none.

    Args:
        content: The categories, with ``id``, ``name`` and ``keypoints``.
        joints: The joint set, if it is known otherwise; the names of the keypoints need not be its own.
        where: The file, for messages.

    Raises:
        InputError: If the keypoints are those of no joint set, or categories of people have several.
    """
    entries = [entry for entry in content if isinstance(entry, dict)] if content else []
    with_keypoints = [entry for entry in entries if entry.get("keypoints")]
    if not with_keypoints:
        named = [entry for entry in entries if entry.get("name") == _PERSON]
        return PersonCategories(joints, _others(entries, named) if named else {})
    found = {number: _joint_set(entry) for number, entry in enumerate(with_keypoints)}
    wanted = {joints} if joints is not None else set(found.values())
    people = [
        e for n, e in enumerate(with_keypoints) if found[n] is not None and found[n] in wanted
    ]
    if not people and joints is not None:
        # Names that are not ours: whoever gives the joint set knows better.
        people = with_keypoints
    people = [entry for entry in people if entry.get("name") == _PERSON] or people
    if not people:
        start = ", ".join(map(str, with_keypoints[0]["keypoints"][:3]))
        raise InputError(f"keypoints {start} ... are of no set", where, "name it with --skeleton.")
    sets = {joints or _joint_set(entry) or "" for entry in people}
    if len(sets) > 1 or (joints is not None and len(people) > 1 and not _same_names(people)):
        names = ", ".join(f"'{entry.get('name')}'" for entry in people)
        remedy = "leave one of them in the file."
        raise InputError(f"categories {names} have other keypoints each", where, remedy)
    return PersonCategories(sets.pop(), _others(entries, people))


def _others(entries: list[dict[str, Any]], people: list[dict[str, Any]]) -> dict[Hashable, str]:
    return {
        entry["id"]: str(entry.get("name", entry["id"]))
        for entry in entries
        if entry not in people and isinstance(entry.get("id"), int | str)
    }


def _joint_set(entry: dict[str, Any]) -> str | None:
    """Return the joint set whose joints have the names that a category gives its keypoints."""
    names = entry["keypoints"]
    if not isinstance(names, list):
        return None
    return next((s.name for s in SKELETONS.values() if list(s.joints) == names), None)


def _same_names(people: list[dict[str, Any]]) -> bool:
    return all(entry["keypoints"] == people[0]["keypoints"] for entry in people)
