"""Fetch the browser libraries and fonts of the site into vendor/: pages then ask no other host.

Each package comes as one tarball by `npm pack` (no dependency tree) and must match a pinned hash.
The result appears under its final name only when it is whole. Without npm, or without a
connection, one line says so and the site uses public copies instead.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "vendor" / "assets"
PINS = ASSETS / "pins.json"
AXE = ASSETS / "axe" / "axe.min.js"
"""The accessibility checker of the tests; it is no part of the published site."""
SITE = ASSETS / "site"
"""What the build copies to the root of the site."""
PUBLISHED = "site/_static/vendor"


@dataclass(frozen=True)
class Rule:
    """Which files of a tarball are kept: those under `source` that match `pattern`."""

    source: str
    target: str
    pattern: str = "*"


@dataclass(frozen=True)
class Package:
    """One npm package with its version, the hash of its tarball, and the files taken from it."""

    name: str
    version: str
    integrity: str
    rules: tuple[Rule, ...]

    @property
    def spec(self) -> str:
        """The package as npm names it."""
        return f"{self.name}@{self.version}"

    @property
    def tarball(self) -> str:
        """The file name that `npm pack` gives the tarball."""
        return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"


def _font(name: str, version: str, integrity: str) -> Package:
    target = f"{PUBLISHED}/fonts"
    rules = tuple(
        Rule("files", target, f"{name}-{subset}-wght-*.woff2") for subset in ("latin", "greek")
    )
    return Package(
        f"@fontsource-variable/{name}",
        version,
        f"sha512-{integrity}",
        (*rules, Rule("LICENSE", f"{target}/{name}-LICENSE.txt")),
    )


_WIDGETS = "npm/@jupyter-widgets/html-manager/dist"
_MERMAID = f"{PUBLISHED}/mermaid"
_MATHJAX = f"{PUBLISHED}/mathjax"
PACKAGES = (
    Package(
        "mathjax",
        "3.2.2",
        "sha512-Bt+SSVU8eBG27zChVewOicYs7Xsdt40qm4+UpHyX7k0/O9NliPc+x77k1/FEsPsjKPZGJvtRZM1vO+geW0OhGw==",
        (
            Rule("es5/tex-mml-chtml.js", f"{_MATHJAX}/tex-mml-chtml.js"),
            Rule("es5/input/tex/extensions", f"{_MATHJAX}/input/tex/extensions"),
            Rule("es5/output/chtml/fonts/woff-v2", f"{_MATHJAX}/output/chtml/fonts/woff-v2"),
            Rule("LICENSE", f"{_MATHJAX}/LICENSE.txt"),
        ),
    ),
    Package(
        "mermaid",
        "11.12.1",
        "sha512-UlIZrRariB11TY1RtTgUWp65tphtBv4CSq7vyS2ZZ2TgoMjs2nloq+wFqxiwcxlhHUvs7DPGgMjs2aeQxz5h9g==",
        (
            Rule("dist/mermaid.esm.min.mjs", f"{_MERMAID}/mermaid.esm.min.mjs"),
            Rule("dist/chunks/mermaid.esm.min", f"{_MERMAID}/chunks/mermaid.esm.min", "*.mjs"),
            Rule("LICENSE", f"{_MERMAID}/LICENSE.txt"),
        ),
    ),
    Package(
        "requirejs",
        "2.3.8",
        "sha512-7/cTSLOdYkNBNJcDMWf+luFvMriVm7eYxp4BcFCsAX0wF421Vyce5SXP17c+Jd5otXKGNehIonFlyQXSowL6Mw==",
        (Rule("require.js", f"{PUBLISHED}/npm/require.js"),),
    ),
    Package(
        "@jupyter-widgets/html-manager",
        "1.0.15",
        "sha512-5thBIV6ymNgmPVOHvzx+gGy8ZSKmSazhtGw4/c4xJDVzRhG9PTeQsRjF3FUTopvFi//SABeNz1yp47bCrJ3CQA==",
        (
            Rule("dist/embed-amd.js", f"{PUBLISHED}/{_WIDGETS}/embed-amd.js"),
            Rule("dist", f"{PUBLISHED}/{_WIDGETS}", "*.woff2"),
        ),
    ),
    _font(
        "source-serif-4",
        "5.3.1",
        "4Rtay22SC4lMvw11r/+9kxANB6P3M0X8s1NudBC2v0J1KU2y3DcMoNcT3lBoZ/CqLirzf+StlO6UlJilyrvaUg==",
    ),
    _font(
        "source-sans-3",
        "5.3.0",
        "dpi0GZk7EQe2tYpg6Q0Fx0OmUgnuGu+0rHPgtXqtKhglYmJuP7jZ12Mu1uN+NfRaJRY1Emn8AQJEWzmoZ4wa9g==",
    ),
    _font(
        "source-code-pro",
        "5.3.0",
        "CxzAbqtNrQ6EQXTb9ovRZIRiOhFPcBQhNKla58K5UV6IMoL/ROkWxXDSBOa/frIDLuV4B5PLHI4R1e9SWVinYg==",
    ),
    Package(
        "axe-core",
        "4.14.1",
        "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
        (Rule("axe.min.js", "axe/axe.min.js"), Rule("LICENSE", "axe/LICENSE.txt")),
    ),
)

# Files of our own that go beside the libraries: target under the assets -> source under tools/.
OWN_FILES = {
    f"{PUBLISHED}/npm/require-base.js": "require_base.js",
    f"{PUBLISHED}/fonts/fonts.css": "fonts.css",
}


class NotFetchedError(Exception):
    """The tarballs cannot be had here; the reason is the message."""


def pins() -> dict[str, str]:
    """Everything that decides what the folder holds: hashes of the packages and of our files."""
    own = {
        target: hashlib.sha512((Path(__file__).parent / source).read_bytes()).hexdigest()
        for target, source in OWN_FILES.items()
    }
    return own | {package.spec: package.integrity for package in PACKAGES}


def complete() -> bool:
    """Whether vendor/ holds exactly the pinned libraries."""
    return PINS.is_file() and json.loads(PINS.read_text(encoding="utf-8")) == pins()


def integrity(path: Path) -> str:
    """Return the sha512 of a file in npm's notation."""
    return "sha512-" + base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()


def place(member: str, rules: tuple[Rule, ...]) -> str | None:
    """Return where a file of a tarball goes, or None if it is not wanted.

    Args:
        member: The file's path in the tarball, without the leading `package/`.
        rules: What is wanted of this tarball.
    """
    path = Path(member)
    for rule in rules:
        if member == rule.source:
            return rule.target
        if path.is_relative_to(rule.source) and path.match(rule.pattern):
            return f"{rule.target}/{path.relative_to(rule.source).as_posix()}"
    return None


def fetch(folder: Path) -> None:
    """Put the tarballs of all packages into a folder.

    Raises:
        NotFetchedError: There is no npm, or it cannot reach its registry.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise NotFetchedError("there is no npm")
    command = [npm, "pack", "--silent", "--fetch-retries=1", "--pack-destination", str(folder)]
    done = subprocess.run(
        [*command, *(package.spec for package in PACKAGES)],
        cwd=folder,
        check=False,
        capture_output=True,
    )
    if done.returncode:
        raise NotFetchedError("npm cannot fetch them")


def unpack(package: Package, tarball: Path, folder: Path) -> None:
    """Check a tarball against its pin and lay its wanted files under a folder.

    Raises:
        SystemExit: The tarball is not the pinned one.
    """
    found = integrity(tarball)
    if found != package.integrity:
        sys.exit(f"{package.spec} has the hash {found}, not the pinned {package.integrity}.")
    with tarfile.open(tarball) as archive:
        for member in archive:
            place_at = place(member.name.partition("/")[2], package.rules)
            content = archive.extractfile(member)
            if place_at is None or content is None:
                continue
            target = folder / place_at
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.read())


def build(folder: Path) -> None:
    """Make the whole tree of assets under a folder, its list of pins last."""
    with tempfile.TemporaryDirectory() as tarballs:
        fetch(Path(tarballs))
        for package in PACKAGES:
            unpack(package, Path(tarballs, package.tarball), folder)
    for target, source in OWN_FILES.items():
        shutil.copyfile(Path(__file__).parent / source, folder / target)
    (folder / PINS.name).write_text(json.dumps(pins(), indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Bring vendor/ up to date, or say in one line why it is not."""
    if complete():
        return
    ASSETS.parent.mkdir(exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=ASSETS.parent, prefix=".partial-") as partial:
            folder = Path(partial, "assets")
            folder.mkdir()
            build(folder)
            shutil.rmtree(ASSETS, ignore_errors=True)
            folder.rename(ASSETS)
    except NotFetchedError as reason:
        print(
            f"The browser libraries are not vendored: {reason}. The site will load public copies "
            "from the network; install npm and run `python tools/vendor_assets.py` to change that."
        )
        return
    total = sum(path.stat().st_size for path in ASSETS.rglob("*") if path.is_file())
    print(f"Vendored {len(PACKAGES)} packages, {total / 1e6:.1f} MB, in vendor/assets.")


if __name__ == "__main__":
    main()
