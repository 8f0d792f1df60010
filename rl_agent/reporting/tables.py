"""Tables of a page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape


def table(rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> str:
    """Return rows of text; the first column names the row."""
    body = "".join(
        f"<tr><th scope='row'>{escape(row[0])}</th>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    names = "".join(f"<th scope='col'>{escape(name)}</th>" for name in head)
    top = f"<thead><tr>{names}</tr></thead>" if head else ""
    return f'<figure class="scroll"><table>{top}<tbody>{body}</tbody></table></figure>'
