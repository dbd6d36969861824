"""Great Expectations' Data Docs as one page that needs no network."""

import re
from typing import Any

# The original takes its style sheets, scripts and logo from the internet: opening it would tell others so.
_REMOTE = re.compile(r"<script\b.*?</script>|<link\b[^>]*>|<img\b[^>]*>", re.DOTALL)
_BODY = re.compile(r"<body[^>]*>(.*)</body>", re.DOTALL)
_STYLE = """<style>
.fa-check-circle::before { content: "✔"; color: green } .fa-times::before { content: "✘"; color: red }
table { border-collapse: collapse; margin: 0.5em 0 } td, th { border: 1px solid #ccc; padding: 0.3em 0.6em }
</style>"""


def data_docs(result: Any) -> str:
    """Render a suite's validation result; the HTML refers to nothing outside itself."""
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view.view import DefaultJinjaPageView

    page = DefaultJinjaPageView().render(ValidationResultsPageRenderer().render(result), template="page_minimal.j2")
    body = _BODY.search(page)
    assert body is not None, "Great Expectations renders a page with a body"
    return _STYLE + _REMOTE.sub("", body[1])
