"""The choice between all cases of a test and those that show what the others would show as well."""

import os

# ``make exhaustive`` sets it, and so does the weekly workflow.
EXHAUSTIVE = os.environ.get("LIFTING_TESTS") == "all"
