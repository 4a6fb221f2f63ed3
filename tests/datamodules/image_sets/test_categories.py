"""Categories of COCO's files that are people."""

from pathlib import Path

import pytest

from datamodules.image_sets.categories import person_categories
from lifting.errors import InputError
from lifting.skeletons import skeleton

COCO = list(skeleton("coco17").joints)
PERSON = {"id": 1, "name": "person", "keypoints": COCO}
DOG = {"id": 2, "name": "dog", "keypoints": [f"paw_{i}" for i in range(17)]}
FILE = Path("a.json")


@pytest.mark.parametrize(
    ("content", "joints", "found", "others"),
    [
        (None, None, None, {}),
        ([], "coco17", "coco17", {}),
        ([PERSON], None, "coco17", {}),
        ([PERSON, DOG, {"id": 3, "name": "ball"}], None, "coco17", {2: "dog", 3: "ball"}),
        # Names that are not ours are those of the joint set that is given.
        ([DOG | {"name": "gymnast"}], "coco17", "coco17", {}),
        ([PERSON, PERSON | {"id": 2, "name": "dog"}], None, "coco17", {2: "dog"}),
        ([PERSON | {"name": "a"}, PERSON | {"id": 2, "name": "b"}], None, "coco17", {}),
        # No category lists its keypoints.
        ([{"id": 1, "name": "person"}, {"id": 2, "name": "dog"}], None, None, {2: "dog"}),
        ([{"id": 1, "name": "player"}, {"id": 2, "name": "ball"}], None, None, {}),
        ([{"keypoints": COCO}, 3], None, "coco17", {}),
    ],
)
def test_people_among_categories(content, joints, found, others):
    categories = person_categories(content, joints, FILE)
    assert (categories.joints, categories.others) == (found, others)
    assert categories.other(2) == others.get(2)
    assert categories.other([1]) is None


@pytest.mark.parametrize(
    ("content", "joints", "sentence"),
    [
        ([DOG], None, r"a\.json: keypoints paw_0, paw_1, paw_2 \.\.\. are of no set; name it with"),
        (
            [PERSON | {"name": "a"}, {"name": "b", "keypoints": list(skeleton("mpii16").joints)}],
            None,
            "categories 'a', 'b' have other keypoints each",
        ),
        (
            [DOG | {"name": "a"}, DOG | {"name": "b", "keypoints": COCO[:5]}],
            "mpii16",
            "categories 'a', 'b' have other keypoints each",
        ),
    ],
)
def test_what_is_no_person_or_not_clear_is_refused(content, joints, sentence):
    with pytest.raises(InputError, match=sentence):
        person_categories(content, joints, FILE)
