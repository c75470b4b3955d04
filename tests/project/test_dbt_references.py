"""dbt's text: a model's own file shows everything that it reads."""

import re

import pytest

from pipelines.settings import PROJECT_DIR

MACROS = sorted((PROJECT_DIR / "dbt" / "macros").rglob("*.sql"))


@pytest.mark.parametrize("path", MACROS, ids=lambda path: path.stem)
def test_no_macro_hides_a_ref(path):
    text = path.read_text(encoding="utf-8")
    without_comments = re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
    assert not re.search(r"\bref\s*\(", without_comments)


def test_the_docs_site_opens_with_our_overview_whose_links_lead_to_models():
    folder = PROJECT_DIR / "dbt" / "models"
    text = (folder / "_overview.md").read_text(encoding="utf-8")
    assert "{% docs __overview__ %}" in text
    linked = set(re.findall(r"#!/model/model\.bullion\.(\w+)\)", text))
    assert linked
    assert linked <= {path.stem for path in folder.rglob("*.sql")}
