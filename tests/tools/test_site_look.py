"""Which pages of the site the tests may leave out, without a browser."""

from pathlib import Path

import pytest
import site_look

CLEAN: site_look.Faults = {check: [] for check in site_look.CHECKS}


@pytest.fixture
def site(tmp_path, monkeypatch) -> Path:
    """A site of two pages with a style sheet, in which nothing was found before."""
    folder = tmp_path / "html"
    (folder / "_static").mkdir(parents=True)
    (folder / "_static" / "site.css").write_text("p {}")
    for name in ("a", "b"):
        (folder / f"{name}.html").write_text(f"<p>{name}</p><time>2026-01-01</time>")
    monkeypatch.setattr(site_look, "SITE", folder)
    monkeypatch.setattr(site_look, "SEEN", tmp_path / "seen.json")
    monkeypatch.setattr(site_look.vendor_assets, "complete", lambda: True)
    return folder


def changed() -> list[str]:
    digests, known = site_look.digests(["a.html", "b.html"]), site_look.without_faults()
    return [page for page, digest in digests.items() if known.get(page) != digest]


def see(**faults: site_look.Faults | Exception) -> None:
    found = {f"{name}.html": fault for name, fault in faults.items()}
    site_look.remember(found, site_look.digests(found))


def test_a_clean_clone_leaves_out_nothing(site):
    assert changed() == ["a.html", "b.html"]


def test_only_a_changed_page_is_seen_again(site):
    see(a=CLEAN, b=CLEAN)
    assert changed() == []
    (site / "b.html").write_text("<p>b</p><time>2026-02-02</time>")
    assert changed() == [], "the date of the last commit is no change"
    (site / "b.html").write_text("<p>c</p><time>2026-02-02</time>")
    assert changed() == ["b.html"]


def test_a_change_of_style_concerns_every_page(site):
    see(a=CLEAN, b=CLEAN)
    (site / "_static" / "site.css").write_text("p { color: red }")
    assert changed() == ["a.html", "b.html"]


@pytest.mark.parametrize("fault", [CLEAN | {"dark": ["too faint"]}, TimeoutError("no page")])
def test_a_page_with_a_fault_is_seen_again(site, fault):
    see(a=CLEAN, b=CLEAN)
    see(b=fault)
    assert changed() == ["b.html"]


def test_without_the_checker_nothing_counts_as_seen(site, monkeypatch):
    monkeypatch.setattr(site_look.vendor_assets, "complete", lambda: False)
    see(a=CLEAN)
    assert changed() == ["a.html", "b.html"]
