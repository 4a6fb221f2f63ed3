"""The tables of families."""

import importlib
import pkgutil

from lifting import methods
from lifting.published import DETECTORS, FAMILIES, families


def test_every_file_of_a_family_is_in_one_of_the_tables():
    names = {module.name for module in pkgutil.iter_modules(families.__path__)} - {"base", "common"}
    modules = [importlib.import_module(f"{families.__name__}.{name}") for name in names]
    known = {**FAMILIES, **DETECTORS}
    assert len(known) == len(modules)
    assert all(known[module.FAMILY.name] is module.FAMILY for module in modules)


def test_families_name_methods_that_there_are():
    exported = [method for family in FAMILIES.values() for method in family.methods]
    assert len(exported) == len(set(exported))
    assert all(hasattr(methods, method) for method in exported)
