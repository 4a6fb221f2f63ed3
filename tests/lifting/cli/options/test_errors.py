"""Tests of the parser's errors as one sentence."""

import pytest

import lifting.methods  # noqa: F401
from lifting.cli.options.errors import option_error

NESTED = """Parser key "model":
  Does not validate against any of the Union subtypes
  Subtypes: [<class 'NoneType'>, <class 'lifting.methods.bases.method.Method'>]
  Errors:
    - Expected a <class 'NoneType'>
    - Problem with given class_path 'lifting.methods.SimpleBaseline':
        {inner}
  Given value type: <class 'dict'>
  Given value: {{'class_path': 'SimpleBaseline'}}"""


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            NESTED.format(
                inner="Parser key \"init_args.width\":\n  Expected a <class 'int'>. Got value: x"
            ),
            "--model.width is x: give int.",
        ),
        (NESTED.format(inner="Option 'wdith' is not accepted"), "--model.wdith: there is no such"),
        ("Subcommand 'fit' does not accept option 'modl'", "--modl: there is no such option"),
        (
            'Parser key "every": Not of type PositiveFloat: -1 does not conform to restriction v>0',
            "--every is -1: give a number >0.",
        ),
        (
            NESTED.format(inner="Option 'lrr' is not accepted"),
            "--model.lrr: there is no such option; did",
        ),
        (
            NESTED.format(
                inner="module 'lifting.methods' has no attribute 'SimpleBaseline'"
            ).replace("SimpleBaseline", "SimplBaseline"),
            "--model is lifting.methods.SimplBaseline: there is no such class; did you mean Simple",
        ),
        (
            NESTED.replace(
                "Problem with given class_path 'lifting.methods.SimpleBaseline':", "{inner}"
            )
            .format(inner="Import path does not correspond to a subclass of Method")
            .replace("'SimpleBaseline'", "'datamodules.H36M'"),
            "--model is datamodules.H36M: this class does not fit here; `lifting fit --model.help`",
        ),
        (
            "--model.help: Expected a dot import path string: SimpleBaselin",
            "--model is SimpleBaselin: there is no such class; did you mean SimpleBaseline?",
        ),
        ("Option 'fit.model' is required but not provided", "--model is missing: give it, or -c"),
        (
            "Problems parsing config: while parsing\n  in line 1,\ndid not find ']'",
            "Problems parsing config: while parsing in line 1, did not find ']'; `lifting",
        ),
    ],
)
def test_it_names_option_fault_and_remedy(said, sentence):
    told = str(option_error(said, known={"model.lr", "run"}))
    assert told.startswith(sentence)
    assert "\n" not in told
