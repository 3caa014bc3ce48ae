# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The templates of what people read: hand-outs and the report. Each is read once.

Whatever stands in HTML is escaped by Jinja2. `look.css` has the colours and fonts that all of them share.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import pathlib
import re
import textwrap
from typing import Any

#: What may mean something in Markdown, or in the HTML that it becomes, within a line.
_MARKDOWN = re.compile(r"([\\`*_\[\]<>&|~])")


@functools.cache
def template(file: str) -> Any:
    """The template of the file of this name."""
    return _environment().get_template(f"{file}.j2")


@functools.cache
def _environment() -> Any:
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(pathlib.Path(__file__).parent / "templates", encoding="utf-8"),
        autoescape=jinja2.select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["with_code"] = _with_code
    made.filters["markdown"] = _markdown
    made.filters["code_span"] = _code_span
    made.filters["wrapped"] = _wrapped
    return made


def source_hash(text: str) -> str:
    """How a page's Content-Security-Policy names a script or a style in it that it may use."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@functools.lru_cache(maxsize=200)  # the texts are the same for all
def _with_code(text: str) -> Any:
    """A text of the table of steps as HTML: what stands between backquotes is code."""
    import markupsafe

    parts = [html.escape(part) for part in text.split("`")]
    return markupsafe.Markup("".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts)))


def _markdown(text: str) -> str:
    """Any text within a line of Markdown, where it is to mean nothing."""
    return _MARKDOWN.sub(r"\\\1", text)


@functools.lru_cache(maxsize=200)
def _wrapped(text: str) -> str:
    """In lines that are easy to read in a terminal."""
    return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False)


def _code_span(text: str) -> str:
    """Any text as code within a line of Markdown."""
    return f"`{' '.join(text.replace('`', chr(39)).split())}`"
