"""What the site adds to Sphinx: places for linked files, the API reference, and notebooks."""

import posixpath
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import api_pages
import notebook_pages
import source_pages
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform


class LinkedFiles(SphinxTransform):
    """Leads links to files of the repository to their places on the site."""

    # Before Sphinx copies what is linked into a folder of downloads.
    default_priority = 500

    def apply(self, **kwargs: Any) -> None:
        """Replace the links of one page."""
        page = self.env.doc2path(self.env.docname, base=False)
        base = posixpath.dirname(page) or "."
        found = self.env.metadata[self.env.docname].setdefault("linked_files", [])
        for kind in (addnodes.download_reference, addnodes.pending_xref):
            for node in list(self.document.findall(kind)):
                link = node.get("reftarget", "") if node.get("reftype") == "myst" else ""
                path = source_pages.linked(Path(self.app.srcdir), str(page), link) if link else None
                if path is None:
                    continue
                found.append(path)
                to = posixpath.relpath(source_pages.address(path), base)
                reference = nodes.reference("", "", *node.children, refuri=to, internal=True)
                node.replace_self(reference)


def linked_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the pages about linked files and folders, and copy what is shown as it is."""
    root = Path(app.srcdir)
    linked = {p for data in app.env.metadata.values() for p in data.get("linked_files", [])}
    for path in sorted({f for p in linked for f in source_pages.with_content(root, p)}):
        place = source_pages.address(path)
        if Path(path).suffix in source_pages.SHOWN:
            target = Path(app.outdir, place)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / path, target)
        else:
            content = {"title": path, "body": source_pages.body(root, path)}
            yield place.removesuffix(".html"), content, "page.html"


def read_page(app: Sphinx, name: str, content: list[str]) -> None:
    """Make Markdown of notebooks and of lists of modules, in place."""
    path = Path(app.env.doc2path(name))
    if path.suffix == ".ipynb":
        # `make notebooks` writes what they put out.
        executed = Path(app.srcdir, "build/notebooks", path.name)
        text = executed.read_text(encoding="utf-8") if executed.exists() else content[0]
        app.env.note_reread()
        content[0] = notebook_pages.as_markdown(text)
    elif "docs/api/" in name:
        content[0] = api_pages.expanded(content[0])


def read_signature(*signature: Any) -> tuple[str | None, str | None]:
    """Return the arguments and the result of a signature as they are to be shown."""
    shown = [None if part is None else api_pages.readable(part) for part in signature[-2:]]
    return shown[0], shown[1]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register all of it."""
    # Pages that were read by other code than this are read anew.
    code = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    app.add_config_value("site_code", sha256(code).hexdigest(), "env", str)
    app.add_transform(LinkedFiles)
    app.connect("html-collect-pages", linked_pages)

    app.connect("source-read", read_page)
    app.connect("autodoc-process-signature", read_signature)
    app.connect("autodoc-process-docstring", lambda *args: api_pages.mark_header(args[-1]))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
