"""YAML whose aliases multiply, whose tags do not fit, and that is nested in itself."""

import pytest
import yaml

from lifting.containers.limits import VARIABLE, LimitError
from lifting.containers.yaml_files import load_yaml, parse_yaml
from lifting.errors import InputError
from lifting.pipeline.yaml_files import read_yaml, refuse_doubled_keys

# Nine times the line before, nine lines: 3.5e9 values in 300 bytes.
LAUGHS = "a0: &a0 [1]\n" + "".join(
    f"a{n}: &a{n} [{', '.join(9 * [f'*a{n - 1}'])}]\n" for n in range(1, 11)
)
LONGER = "a0: &a0 [1]\n" + "".join(
    f"a{n}: &a{n} [{', '.join(9 * [f'*a{n - 1}'])}]\n" for n in range(1, 400)
)
MERGED = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join(9 * [f'*a{n - 1}'])}]}}\n" for n in range(1, 9)
)


@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader])
@pytest.mark.parametrize("text", [LAUGHS, LONGER, MERGED])
def test_aliases_of_aliases_are_counted_and_refused(tmp_path, text, loader):
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(LimitError, match=r"a\.yaml: holds more than 200,000 values"):
        load_yaml(tmp_path / "a.yaml", loader)


def test_the_limit_may_be_lifted(tmp_path, monkeypatch):
    text = LAUGHS.split("a7")[0]
    with pytest.raises(LimitError):
        parse_yaml(text, tmp_path)
    monkeypatch.setenv(VARIABLE, "none")
    assert len(parse_yaml(text, tmp_path)["a6"]) == 9


@pytest.mark.parametrize(
    "text",
    [
        *(
            "&a [*a]",
            "&a {b: *a}",
            "!!int ''",
            "!!bool x",
            "!!timestamp x",
            "!!float y",
            "? [a]\n: b",
        ),
        *("!!python/object/apply:os.getcwd []", "[" * 3000, "a: b: c", "\0", "!!omap {a: 1}"),
        f"a: {'9' * 5000}",
    ],
)
@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader])
def test_whatever_is_wrong_is_one_sentence(tmp_path, text, loader):
    with pytest.raises(InputError, match=r"(is not YAML|is inside itself)"):
        parse_yaml(text, tmp_path, loader)


def test_what_is_well_is_read_as_the_library_does(tmp_path):
    text = "a: &x {b: [1, 2.5, yes, null, 2020-01-01]}\nc: {<<: *x, d: text}\n"
    assert parse_yaml(text, tmp_path) == yaml.safe_load(text)
    assert parse_yaml("", tmp_path) is None


def test_text_may_begin_with_a_byte_order_mark(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("größe: 3\n", encoding="utf-8-sig")
    assert load_yaml(path) == {"größe": 3}
    refuse_doubled_keys(path)
    assert read_yaml(path) == {"größe": 3}
