"""The built site in headless Chromium, at two widths and in both colour schemes."""

import asyncio
import functools
import http.server
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest
import vendor_assets
import yaml
from playwright import async_api
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

import aigc_lessons

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in SITE.rglob("*.html")
    if "_static" not in path.parts and path != SITE / "index.html"  # that one only redirects
)
EXPLORED = "notebooks/2-latent-variables/06-the-variational-autoencoder.html"
WIDTHS = (1280, 390)
# Where axe looks. The slow rule about contrast depends on the scheme, hardly on the width.
AUDITS = ((1280, "light"), (1280, "dark"), (390, "light"))
SCHEMES = ("light", "dark")
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


def needs_vendor(reason: str) -> None:
    """Skip a test that makes no sense with public copies of the libraries."""
    if not vendor_assets.complete():
        pytest.skip(f"vendor/ is not complete: {reason}")


def no_browser(reason: str) -> NoReturn:
    """Skip, or fail where a browser is promised to be there."""
    if os.environ.get("AIGC_REQUIRE_BROWSER"):
        pytest.fail(reason)
    pytest.skip(reason)


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


def chromium() -> dict[str, Any]:
    """How to start Chromium, as the arguments of Playwright's launch."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        no_browser("Chromium is not on the PATH; the site's tests need it.")
    # Root, as in a container, may only start it without its sandbox.
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    quiet = ("--disable-background-networking", "--disable-component-update", "--disable-sync")
    flags = ["--disable-gpu", *quiet, *(["--no-sandbox"] if root else [])]
    return {"executable_path": program, "args": flags}


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    started = playwright.chromium.launch(**chromium())
    yield started
    started.close()


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Open pages of the site, and close them after the test."""
    contexts = []

    def opened(path: str, width: int = 1280, scripts: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=scripts
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(address + path, wait_until="networkidle")
        return page

    yield opened
    for context in contexts:
        context.close()


@dataclass
class Visit:
    """What one look at one page at one width has shown."""

    faults: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    excess: dict[str, int] = field(default_factory=dict)
    serious: dict[str, list[str]] = field(default_factory=dict)
    unnamed: int = 0
    footer: str = ""


async def look(browser: async_api.Browser, address: str, path: str, width: int) -> Visit:
    """Load a page once and look at it in both colour schemes."""
    visit = Visit()
    context = await browser.new_context(viewport={"width": width, "height": 900})
    page = await context.new_page()
    page.on("console", lambda m: m.type == "error" and visit.faults.append(m.text))
    page.on("pageerror", lambda error: visit.faults.append(str(error)))
    page.on("response", lambda r: r.status >= 400 and visit.faults.append(r.url))
    inside = (address, "data:", "blob:")
    page.on("request", lambda r: r.url.startswith(inside) or visit.outside.append(r.url))
    await page.goto(address + path, wait_until="networkidle")
    # A colour on its way from one scheme to the other is neither.
    await page.add_style_tag(content="* { transition: none !important; }")
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        await page.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
        visit.excess[scheme] = await page.evaluate(
            "document.documentElement.scrollWidth - window.innerWidth"
        )
        if vendor_assets.AXE.is_file() and (width, scheme) in AUDITS:
            # Only colours depend on the scheme; the other rules are as slow as they are many.
            rules = {} if scheme == SCHEMES[0] else {"runOnly": ["color-contrast"]}
            visit.serious[scheme] = await serious_faults(page, rules)
    visit.unnamed = await page.locator("img:not([alt])").count()
    visit.footer = await page.locator(".course-version").inner_text()
    await context.close()
    return visit


async def look_at_all(
    address: str, pages: list[str]
) -> dict[tuple[str, int], Visit | BaseException]:
    """Visit pages at every width, as many at once as there are processors."""
    at_once = asyncio.Semaphore(os.cpu_count() or 1)

    async def in_turn(browser: async_api.Browser, path: str, width: int) -> Visit:
        async with at_once:
            return await look(browser, address, path, width)

    tasks = [(path, width) for path in pages for width in WIDTHS]
    async with async_api.async_playwright() as playwright:
        browser = await playwright.chromium.launch(**chromium())
        looks = (in_turn(browser, path, width) for path, width in tasks)
        visits = await asyncio.gather(*looks, return_exceptions=True)
        await browser.close()
    return dict(zip(tasks, visits, strict=True))


@pytest.fixture(scope="module")
def visit(request: pytest.FixtureRequest, address: str) -> Callable[[str, int], Visit]:
    chosen = [item for item in request.session.items if "visit" in item.fixturenames]
    pages = sorted({item.callspec.params["path"] for item in chosen})
    # In a thread of its own: the synchronous browser of the other tests has this one's event loop.
    with ThreadPoolExecutor(1) as thread:
        visits = thread.submit(asyncio.run, look_at_all(address, pages)).result()

    def seen(path: str, width: int) -> Visit:
        found = visits[path, width]
        if isinstance(found, BaseException):
            raise found
        return found

    return seen


async def serious_faults(page: async_api.Page, rules: dict[str, list[str]]) -> list[str]:
    """What axe finds serious or critical, one line each."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(vendor_assets.AXE.read_text(encoding="utf-8"))
    # MathJax draws a formula as hundreds of elements, whose text alternative is its own affair.
    context = "{exclude: [['mjx-container']]}"
    found = await page.evaluate(f"(rules) => axe.run({context}, rules)", rules)
    return [
        f"{fault['id']}: {node['html'][:200]}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def test_every_page_of_the_contents_is_built():
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    assert {f"{page}.html" for page in [contents["root"], *chapters]} <= set(PAGES)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES)
class TestPage:
    def test_runs_without_errors(self, visit, path, width):
        assert visit(path, width).faults == []

    def test_asks_no_other_host(self, visit, path, width):
        needs_vendor("the pages use public copies of the libraries")
        assert visit(path, width).outside == []

    @pytest.mark.parametrize("scheme", SCHEMES)
    def test_is_no_wider_than_the_window(self, visit, path, width, scheme):
        assert visit(path, width).excess[scheme] <= 0

    def test_describes_its_pictures_and_names_its_version(self, visit, path, width):
        seen = visit(path, width)
        assert seen.unnamed == 0
        assert f"AIGC Lessons {aigc_lessons.__version__}" in seen.footer


@pytest.mark.parametrize(("width", "scheme"), AUDITS)
@pytest.mark.parametrize("path", PAGES)
def test_page_is_accessible(visit, path, width, scheme):
    needs_vendor("axe-core is not here")
    assert visit(path, width).serious[scheme] == []


@pytest.mark.parametrize(("query", "wanted"), SEARCHES.items())
def test_search_finds(open_page, query, wanted):
    page = open_page(f"search.html?q={query}")
    results = page.locator("#search-results ul.search > li > a")
    results.first.wait_for()
    links = results.evaluate_all("links => links.map((link) => link.href)")
    assert any(wanted in link for link in links[:3]), links


@pytest.mark.parametrize("width", WIDTHS)
def test_sidebar_opens_and_closes(open_page, width):
    page = open_page("book/index.html", width)
    chapter = page.locator(".bd-sidebar-primary a[href*='06-the-variational']")
    before = chapter.is_visible()
    page.locator(".primary-toggle:visible").first.click()
    page.wait_for_timeout(600)  # the theme slides it
    assert chapter.is_visible() != before


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
