"""The built site in headless Chromium: every page once, then what moves."""

import asyncio
import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import vendor_assets
import yaml
from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from site_look import (
    CHECKS,
    ROOT,
    SITE,
    WIDE,
    WIDTHS,
    chromium,
    digests,
    look_at_all,
    remember,
    without_faults,
)

import aigc_lessons

PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in SITE.rglob("*.html")
    if "_static" not in path.parts and path != SITE / "index.html"  # that one only redirects
)
EXPLORED = "notebooks/2-latent-variables/06-the-variational-autoencoder.html"
# What a query must find, most wanted first.
SEARCHES = {
    "reparameterisation": "06-the-variational-autoencoder",
    "bigram": "01-what-a-generative-model-does",
    "CUDA": "book/setup",
}


class QuietServer(http.server.SimpleHTTPRequestHandler):
    """Serves the site without writing a line for each request."""

    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {
        ".mjs": "text/javascript"
    }

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    if not PAGES:
        pytest.fail("There is no site in _build/html; run `make book` first.")
    handler = functools.partial(QuietServer, directory=SITE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    started = playwright.chromium.launch(**chromium())
    yield started
    started.close()


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Open pages of the site, and close them after the test."""
    contexts = []

    def opened(path: str, width: int = WIDE, scripts: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=scripts
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def faults(request: pytest.FixtureRequest, address: str) -> Callable[[str, str], list[str]]:
    """Look at the chosen pages, except those that have not changed since nothing was found."""
    chosen = [item for item in request.session.items if "faults" in item.fixturenames]
    digest = digests(sorted({item.callspec.params["path"] for item in chosen}))
    known = without_faults()
    changed = [page for page in digest if known.get(page) != digest[page]]
    looks = look_at_all(address, changed, aigc_lessons.__version__)
    # In a thread of its own: the synchronous browser of the other tests has this one's event loop.
    with ThreadPoolExecutor(1) as thread:
        found = thread.submit(asyncio.run, looks).result()
    remember(found, digest)

    def listed(path: str, check: str) -> list[str]:
        seen = found.get(path, {})
        if isinstance(seen, Exception):
            raise seen
        return seen.get(check, [])

    return listed


def test_every_page_of_the_contents_is_built():
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    assert {f"{page}.html" for page in [contents["root"], *chapters]} <= set(PAGES)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("path", PAGES)
def test_page(faults, path, check):
    if check in ("hosts", "rules", "light", "dark", "sample") and not vendor_assets.complete():
        pytest.skip("vendor/ is not complete: no axe, and public copies of the libraries")
    found = faults(path, check)
    assert not found, "\n".join([f"Not so: {CHECKS[check]}.", *found])


@pytest.mark.parametrize(("query", "wanted"), SEARCHES.items())
def test_search_finds(open_page, query, wanted):
    page = open_page(f"search.html?q={query}")
    results = page.locator("#search-results ul.search > li > a")
    results.first.wait_for()
    links = results.evaluate_all("links => links.map((link) => link.href)")
    assert any(wanted in link for link in links[:5]), links


@pytest.mark.parametrize("width", WIDTHS)
def test_sidebar_opens_and_closes(open_page, width):
    page = open_page("book/index.html", width)
    chapter = page.locator(".bd-sidebar-primary a[href*='06-the-variational']")
    before = chapter.is_visible()
    page.locator(".primary-toggle:visible").first.click()
    page.wait_for_timeout(600)  # the theme slides it
    assert chapter.is_visible() != before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_fold_opens_by_keyboard_and_on_paper(open_page, scheme):
    page = open_page(EXPLORED)
    page.emulate_media(color_scheme=scheme)
    fold = page.locator(".exercise .tag_solution details.hide").first
    code, name = fold.locator("pre"), fold.locator("summary p:visible")
    assert (code.is_visible(), name.inner_text()) == (False, "Show solution")
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert (code.is_visible(), name.inner_text()) == (True, "Hide solution")
    page.keyboard.press("Enter")
    assert not code.is_visible()
    page.evaluate("addEventListener('afterprint', () => (window.printed = true))")
    page.evaluate(
        """addEventListener("beforeprint", () => {
            const isClosed = document.querySelector(".bd-article details:not([open])");
            window.ready = !isClosed && document.documentElement.dataset.theme === "light";
        })"""
    )
    assert page.pdf().startswith(b"%PDF")
    assert page.evaluate("window.ready && window.printed")
    assert not code.is_visible()
    assert page.evaluate("document.documentElement.dataset.theme") == scheme


@pytest.mark.parametrize("width", WIDTHS)
def test_explorer_moves(open_page, width):
    page = open_page(EXPLORED, width)
    explorer = page.locator("figure.explorer").first
    area, text = explorer.locator(".explorer-map"), explorer.locator(".explorer-text")
    picture = explorer.locator("canvas")
    start, first = text.inner_text(), picture.screenshot()
    area.focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowUp")
    moved = text.inner_text()
    assert moved != start
    assert picture.screenshot() != first
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowDown")
    assert text.inner_text() == start
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Home")
    assert text.inner_text() == start
    box = area.locator("svg").bounding_box()
    page.mouse.click(box["x"] + 3, box["y"] + 3)
    left, high = (float(part.split("=")[1]) for part in text.inner_text().split(","))
    assert left < 0 < high, "the top left corner is low z1 and high z2"


def test_explorer_without_scripts_is_a_sheet(open_page):
    sheet = open_page(EXPLORED, scripts=False).locator("figure.explorer .explorer-sheet").first
    assert sheet.is_visible()
    assert "pictures" in sheet.get_attribute("alt")
