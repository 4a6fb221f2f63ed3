"""Configuration of the documentation site: the Markdown of the repository, and its docstrings."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT), str(HERE)]

import lifting  # noqa: E402

project = "Lifting"
version = release = lifting.__version__
html_title = f"{project} {version}"
root_doc = "docs/index"
# In these patterns ** stands for any folders, none of them as well.
include_patterns = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/**.md",
    "docs/notebooks/*.ipynb",
    "experiments/README.md",
    "lifting/models/shipped/*/README.md",
]

# The extension makes Markdown of notebooks.
source_suffix = {".md": "markdown", ".ipynb": "markdown"}

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "extension",
]
# Anchors of headings as those where the Markdown is read in the repository.
myst_heading_anchors = 5

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
# Types of attributes stand in the signature; jaxtyping's shapes are no valid markup.
napoleon_attr_annotations = False
napoleon_use_ivar = True
napoleon_numpy_docstring = False

# A parameter a line where one line is not enough.
maximum_signature_line_length = 90

html_theme = "furo"
html_favicon = "static/favicon.svg"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
# The first page is docs/index.html; who opens the site's own index.html is led there.
templates_path = ["templates"]
html_additional_pages = {"index": "redirect.html"}
toc_object_entries_show_parents = "hide"
# Where a shell is shown, its prompt and what it answers are not copied.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# Asked for by `sphinx-build -b linkcheck` alone.
linkcheck_timeout = 20
linkcheck_anchors = False
# Places on this machine, and files of the repository, which are checked when the site is built.
linkcheck_ignore = [r"http://(localhost|127\.0\.0\.1).*", r"(\.\./)*source/.*"]
