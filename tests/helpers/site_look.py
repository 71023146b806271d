"""One look at one page of the built site in headless Chromium: everything that is wrong with it."""

import asyncio
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, Self

import pytest
import vendor_assets
from normalize_notebooks import FOLDS
from playwright.async_api import BrowserContext, Page, async_playwright

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
SEEN = ROOT / "_build" / "pages-without-faults.json"
"""Pages in which nothing was found, with their digests; a clean clone has none."""
ASKS = Path(__file__).with_suffix(".js")
COLUMNS = 88
WIDE = 1265
"""A window of 1280 pixels less a scroll bar, which headless Chromium does not draw."""
NARROW, PAPER = 390, 665
WIDTHS = (WIDE, NARROW)
SAMPLES = (
    "book/index.html",
    "book/setup.html",
    "notebooks/2-latent-variables/06-the-variational-autoencoder.html",
    "search.html",
)
"""Pages that are loaded, and given to all rules of axe in both schemes, at both widths."""
CHECKS = {
    "errors": "nothing fails, and the console shows no error",
    "hosts": "no other host is asked",
    "footer": "the footer names the version",
    "pictures": "pictures have alternative text",
    "width": "the page is no wider than the window, with all folds open",
    "code": "88 columns of code fit at 1280 pixels",
    "folds": "solutions, checks and plumbing are folded, and the folds say what they hold",
    "phone": "no plumbing is open on a phone",
    "keyboard": "what scrolls can be reached by keyboard",
    "print": "printed, all is open, nothing is cut, and only the text is there",
    "rules": "axe finds nothing serious, contrast aside",
    "light": "axe finds no bad contrast in light colours",
    "dark": "axe finds no bad contrast in dark colours",
    "sample": "axe finds nothing serious in a sample of pages at both widths and in both schemes",
}
Faults = dict[str, list[str]]


def no_browser(reason: str) -> NoReturn:
    """Skip, or fail where a browser is promised to be there."""
    if os.environ.get("AIGC_REQUIRE_BROWSER"):
        pytest.fail(reason)
    pytest.skip(reason)


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


class Look:
    """A page that is loaded once, and asked in several widths, schemes and media."""

    def __init__(self, page: Page, address: str, path: str, version: str) -> None:
        self.page, self.address, self.path, self.version = page, address, path, version
        self.faults: Faults = {check: [] for check in CHECKS}
        page.set_default_timeout(90_000)  # a busy machine is no fault of the page
        note, ask = self.faults["errors"].append, self.faults["hosts"].append
        inside = (address, "data:", "blob:")
        self.listeners: dict[str, Callable[[Any], object]] = {
            "console": lambda message: message.type == "error" and note(message.text),
            "pageerror": lambda error: note(str(error)),
            "response": lambda response: response.status >= 400 and note(response.url),
            "request": lambda request: request.url.startswith(inside) or ask(request.url),
        }

    async def ask(self, check: str, question: str, argument: object = None) -> None:
        """Add what a function of site_look.js finds."""
        found = await self.page.evaluate(f"(argument) => look.{question}", argument)
        self.faults[check] += found

    async def resize(self, width: int) -> None:
        """Give the window another width, and the page time to answer."""
        await self.page.set_viewport_size({"width": width, "height": 900})
        frame = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        await self.page.evaluate(frame)

    async def scheme(self, name: str) -> None:
        """Change between light and dark, as the reader's system would."""
        await self.page.emulate_media(color_scheme=name)
        wanted = f"document.documentElement.dataset.theme === '{name}'"
        await self.page.wait_for_function(wanted)

    async def __aenter__(self) -> Self:
        """Listen to the page from its first request on."""
        await self.page.emulate_media(media="screen", color_scheme="light")
        for event, listener in self.listeners.items():
            self.page.on(event, listener)  # type: ignore[call-overload]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave the browser's page to the next look."""
        for event, listener in self.listeners.items():
            self.page.remove_listener(event, listener)

    async def load(self) -> None:
        """Open the page, and wait until the formulas stand."""
        await self.page.goto(self.address + self.path)
        await self.page.wait_for_load_state("networkidle")  # scripts may ask for more
        await self.page.evaluate("window.MathJax?.startup?.promise")
        # A colour on its way from one scheme to the other is neither.
        still = "*, ::before, ::after { transition: none !important; animation: none !important; }"
        await self.page.add_style_tag(content=still)
        await self.page.evaluate(ASKS.read_text(encoding="utf-8"))
        if vendor_assets.AXE.is_file():
            await self.page.evaluate(vendor_assets.AXE.read_text(encoding="utf-8"))

    async def ask_once(self) -> None:
        """Ask everything, in an order that lays the page out anew as seldom as possible."""
        footer = await self.page.locator(".course-version").inner_text()
        if f"AIGC Lessons {self.version}" not in footer:
            self.faults["footer"].append(footer)
        await self.ask("pictures", "undescribed()")
        await self.ask("folds", "badFolds(argument)", FOLDS)
        await self.ask("phone", "openPlumbing()")
        await self.page.evaluate("look.setFolds(true)")
        await self.resize(NARROW)  # what was folded has a size now
        await self.ask("width", "tooWide()")
        await self.ask("keyboard", "unreachable()")
        await self.resize(WIDE)
        await self.ask("width", "tooWide()")
        await self.ask("code", "cutCode(argument)", COLUMNS)
        if vendor_assets.AXE.is_file():
            await self.audit()
        await self.scheme("dark")
        await self.page.evaluate("look.setFolds(false)")
        await self.page.emulate_media(media="print")
        await self.resize(PAPER)
        await self.ask("print", "badPrint()")
        await self.page.emulate_media(media="screen")
        await self.resize(PAPER)
        await self.ask("print", "stillOpen()")

    async def audit(self) -> None:
        """Let axe apply all rules, and that about contrast to each look of text in both schemes.

        A colour that is readable on its ground in one place is so in all: contrast, which costs
        more than all other rules together, need not be measured at every word.
        """
        await self.page.evaluate("look.thin()")
        others = {"rules": {"color-contrast": {"enabled": False}, "target-size": {"enabled": True}}}
        await self.ask("rules", "serious(argument)", others)
        for scheme in ("light", "dark"):
            await self.scheme(scheme)
            contrast = {"runOnly": ["color-contrast"]}
            await self.ask(scheme, "serious(argument, { include: look.textLooks() })", contrast)

    async def audit_fully(self) -> None:
        """Let axe apply all rules in both schemes at the width that the page was loaded with."""
        for scheme in ("light", "dark"):
            await self.scheme(scheme)
            await self.ask("sample", "serious({})")


async def look_at(page: Page, address: str, path: str, version: str) -> Faults:
    """Open a page, and return what is wrong with it by check; lists are empty if nothing is."""
    found: Faults = {check: [] for check in CHECKS}
    for width, in_full in [(NARROW, False), *((w, True) for w in WIDTHS if path in SAMPLES)]:
        async with Look(page, address, path, version) as look:
            await look.resize(width)
            await look.load()
            if not in_full:
                await look.ask_once()
            elif vendor_assets.AXE.is_file():
                await look.audit_fully()
            for check in CHECKS:
                found[check] += look.faults[check]
    return found


async def look_at_all(
    address: str, pages: Sequence[str], version: str
) -> dict[str, Faults | Exception]:
    """Look at pages, as many at once as there are processors."""
    found: dict[str, Faults | Exception] = {}
    left = iter(pages)

    async def work(context: BrowserContext) -> None:
        page = await context.new_page()  # a page that is kept need not start a process each time
        for path in left:
            try:
                found[path] = await look_at(page, address, path, version)
            except Exception as error:  # a test raises it
                found[path] = error

    if pages:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(**chromium())
            context = await browser.new_context(color_scheme="light")
            await asyncio.gather(*(work(context) for _ in range(os.cpu_count() or 1)))
            await browser.close()
    return found


def digests(pages: Iterable[str]) -> dict[str, str]:
    """Return for each page a digest of its text and of all that gives it its look."""
    shared = hashlib.sha256()
    kinds = {".css", ".js", ".mjs"}
    styles = [path for path in (SITE / "_static").rglob("*") if path.suffix in kinds]
    for path in [*sorted(styles), Path(__file__), ASKS, vendor_assets.PINS]:
        shared.update(path.read_bytes() if path.is_file() else b"")
    # The date of the last commit stands on every page.
    texts = {page: re.sub(rb"<time.*?</time>", b"", (SITE / page).read_bytes()) for page in pages}
    return {
        page: hashlib.sha256(shared.digest() + text).hexdigest() for page, text in texts.items()
    }


def without_faults() -> dict[str, str]:
    """Return the digests of the pages in which the last look found nothing."""
    stored = json.loads(SEEN.read_text(encoding="utf-8")) if SEEN.is_file() else {}
    return dict(stored)


def remember(found: Mapping[str, Faults | Exception], digest: Mapping[str, str]) -> None:
    """Store which pages are without faults, and forget those that are not."""
    stored = without_faults()
    for page, faults in found.items():
        if isinstance(faults, Exception) or any(faults.values()):
            stored.pop(page, None)
        elif vendor_assets.complete():
            stored[page] = digest[page]
    SEEN.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
