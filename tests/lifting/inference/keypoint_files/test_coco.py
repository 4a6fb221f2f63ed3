"""Categories of files in COCO's format."""

import json

import numpy as np
import pytest

from lifting.errors import InputError, InputWarning
from lifting.inference.keypoint_files import read_tracks
from lifting.inference.options import ReadOptions
from lifting.skeletons import skeleton
from tests.lifting.inference.keypoint_files import made_keypoints as made

COCO, DOG = made.person(17), made.person(17, seed=1, at=(200, 300))
PERSON = {"id": 1, "name": "person", "keypoints": list(skeleton("coco17").joints)}
PAWS = {"id": 2, "name": "dog", "keypoints": [f"paw_{i}" for i in range(17)]}
BALL = {"id": 3, "name": "ball"}


def zoo(path, categories, more=()):
    """A person, a dog and a ball in every frame."""
    people = [(t, p, {"category_id": 1}) for t, p in enumerate(COCO)]
    people += [(t, p, {"category_id": 2}) for t, p in enumerate(DOG)]
    path = made.coco_annotations(path, [*people, *more], categories=categories)
    content = json.loads(path.read_text())
    box = {"id": 99, "image_id": 100, "category_id": 3, "bbox": [1, 2, 3, 4]}
    content["annotations"].append(box)
    return made.write(path, content)


def check(path, **options):
    (track,) = read_tracks(path, ReadOptions(**options))
    assert track.skeleton == "coco17"
    np.testing.assert_allclose(track.keypoints, COCO[..., :2])


def test_dogs_and_balls_are_left_out_and_counted(tmp_path):
    path = zoo(tmp_path / "z.json", [PERSON, PAWS, BALL])
    with pytest.warns(InputWarning, match=r"z\.json: left out are 6 of 'dog', 1 of 'ball'$"):
        check(path)
    with pytest.warns(InputWarning, match="6 of 'dog'"):
        check(path, skeleton="coco17")


def test_a_dog_with_the_names_of_a_person_is_still_a_dog(tmp_path):
    path = zoo(tmp_path / "z.json", [PERSON, PERSON | {"id": 2, "name": "dog"}])
    with pytest.warns(InputWarning, match="6 of 'dog'"):
        check(path)


def test_players_and_referees_are_people(tmp_path):
    path = zoo(
        tmp_path / "z.json", [PERSON | {"name": "player"}, PERSON | {"id": 2, "name": "judge"}]
    )
    with pytest.warns(InputWarning, match="left out are 1 without keypoints"):
        assert len(read_tracks(path, ReadOptions())) == 2


def test_categories_of_people_of_several_joint_sets_are_refused(tmp_path):
    halpe = {"id": 2, "name": "judge", "keypoints": list(skeleton("halpe26").joints)}
    path = zoo(tmp_path / "z.json", [PERSON | {"name": "player"}, halpe])
    with pytest.raises(InputError, match="categories 'player', 'judge' have other keypoints each"):
        read_tracks(path, ReadOptions())


def test_animals_alone_are_no_people(tmp_path):
    people = [(t, p, {"category_id": 2}) for t, p in enumerate(DOG)]
    path = made.coco_annotations(tmp_path / "d.json", people, categories=[PERSON, PAWS])
    with pytest.raises(InputError, match=r"d\.json: has no keypoints of people, but 6 of 'dog'"):
        read_tracks(path, ReadOptions())
    made.coco_annotations(path, people, categories=[PAWS])
    with pytest.raises(InputError, match=r"paw_0, paw_1, paw_2 \.\.\. are of no set"):
        read_tracks(path, ReadOptions())


def test_results_of_cocos_other_categories_are_left_out(tmp_path):
    """As Detectron2 writes them; 18 is COCO's dog."""
    entries = [
        {
            "image_id": t,
            "category_id": c,
            "keypoints": made.flat(p),
            "bbox": [0, 0, 9, 9],
            "score": 1,
        }
        for c, points in ((1, COCO), (18, DOG))
        for t, p in enumerate(points)
    ]
    with pytest.warns(InputWarning, match=r"r\.json: left out are 6 of category 18"):
        check(made.write(tmp_path / "r.json", entries))


@pytest.mark.real
def test_real_cases(cases):
    path = cases / "two_categories_of_17_keypoints/annotations.json"
    with pytest.warns(InputWarning, match="left out are 20 of 'dog'"):
        (track,) = read_tracks(path, ReadOptions())
    assert (track.skeleton, len(track.frames)) == ("coco17", 20)
