"""What is said in two places agrees: versions, titles, reading times, and what is planned."""

import re
from pathlib import Path

import pytest
import yaml

import aigc_lessons
from notebooks import CHAPTERS, NOTEBOOKS, ROOT, Cell, label, markdown, number, prose, read, title

BOOK = ROOT / "book"
PAGES = [ROOT / "README.md", *sorted(BOOK.glob("*.md"))]
PARTS = sorted(BOOK.glob("part-*.md"))
# Pages that name every chapter.
LISTS = [ROOT / "README.md", BOOK / "using.md", BOOK / "index.md", BOOK / "changelog.md"]
HERE = {int(number(path)) for path in CHAPTERS}
TITLES = {int(number(path)): title(path) for path in CHAPTERS}
TIME = re.compile(r"\*\*(?:Reading t|T)ime:\*\*\s+about\s+(\d+)\s+minutes")
COUNTS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)

# "chapter 7", "chapters 1 to 4, then 6, then 9 to 13", "chapters 20–22"; also "6 Title" in a table.
NUMBERS = r"\d+(?:(?: to |–)\d+)?"
MENTION = re.compile(
    rf"\b[Cc]hapter \d+|\b[Cc]hapters {NUMBERS}(?:(?:, then |, | and |, and ){NUMBERS})*"
)
# A chapter of another book: "*Deep Learning*, chapter 6", "(2003), chapters 2 and 3".
FOREIGN = re.compile(r"(?:\*|\)|MacKay|it),? (?:and |or )?chapters? [^.;:]*")


def said(page: Path) -> str:
    text = prose(read(page)) if page.suffix == ".ipynb" else page.read_text(encoding="utf-8")
    return re.sub(r"`[^`\n]*`", "", text)


def sentences(text: str) -> list[str]:
    pieces = re.split(r"(?<=[.!?:;])\s+|\n\s*\n|\n(?=[|#-])", text)
    return [" ".join(piece.split()) for piece in pieces]


def chapters_in(mention: str) -> list[int]:
    """Return the numbers of "1 to 4, then 6"."""
    found: list[int] = []
    for first, last in re.findall(r"(\d+)(?:(?: to |–)(\d+))?", mention):
        found += range(int(first), int(last or first) + 1)
    return found


def links(text: str) -> list[tuple[int, str, str]]:
    """Return number, title and file of each link that a chapter's title makes."""
    found = re.findall(r"\[(\d+)(?: ·)? ([^\]]+)\]\(([^)#]*\.ipynb)\)", text)
    return [(int(n), name, Path(file).name) for n, name, file in found]


def faults_of_titles(text: str) -> list[str]:
    """Chapters that a text calls by a title which is not theirs, or links to a different file."""
    files = {int(number(path)): path.name for path in CHAPTERS}
    found = [
        f"{n} · {name} in {file}"
        for n, name, file in links(text)
        if (name, file) != (TITLES.get(n), files.get(n))
    ]
    named = re.findall(r"(?:[Cc]hapters? |, (?:and )?|and )(\d+), \*([^*]+)\*", text)
    named += re.findall(r"grid-item-card\} (\d+) · (.+)", text)
    return found + [
        f"{n} is not {name}" for n, name in named if int(n) in HERE and TITLES[int(n)] != name
    ]


def faults_of_plans(text: str) -> list[str]:
    """Chapters that exist and are called planned, or do not and are not called so at first."""
    found, known = [], set(HERE)
    for sentence in sentences(FOREIGN.sub(" ", text)):
        numbers = [n for m in MENTION.finditer(sentence) for n in chapters_in(m[0])]
        row = re.match(r"\|.*\| planned \|$", sentence)
        if row:
            numbers += chapters_in(re.sub(r"^\|[^|]*\|", "", sentence))
        if "planned" in sentence:
            found += [f"{n} exists: {sentence[:80]}" for n in numbers if n in HERE]
        else:
            found += [f"{n} is planned: {sentence[:80]}" for n in numbers if n not in known]
        known |= set(numbers)
    return found


def minutes(cells: list[Cell]) -> int:
    """Return the reading time that the title cell of a chapter names."""
    match = TIME.search(cells[0]["source"])
    assert match, "the title cell says: **Time:** about N minutes to read"
    return int(match[1])


def hours(page: str) -> int:
    match = re.search(r"\*\*How long it takes\.\*\* About (\w+) hours?", page)
    assert match, "a page of a part says how many hours it takes"
    return COUNTS.split().index(match[1])


def test_one_version_with_one_date():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    newest = re.search(r"^### (\S+) \((\d+) (\w+) (\d+)\)", said(BOOK / "changelog.md"), re.M)
    months = "January February March April May June July August September October November December"
    date = f"{newest[4]}-{months.split().index(newest[3]) + 1:02}-{int(newest[2]):02}"
    assert citation["version"] == aigc_lessons.__version__ == newest[1]
    assert citation["date-released"] == date


@pytest.mark.parametrize("path", NOTEBOOKS, ids=label)
def test_no_notebook_names_a_version_of_the_course(path):
    versions = re.findall(r"^### (\d+\.\d+\.\d+)", said(BOOK / "changelog.md"), re.M)
    text = path.read_text(encoding="utf-8")
    assert not [each for each in versions if re.search(rf"[\s\"]{re.escape(each)}\b", text)]


@pytest.mark.parametrize("page", [*PAGES, *NOTEBOOKS], ids=lambda path: path.name)
def test_titles_and_plans_are_those_of_the_chapters(page):
    assert not faults_of_titles(said(page))
    assert not faults_of_plans(said(page))


@pytest.mark.parametrize("page", LISTS, ids=lambda path: path.name)
def test_lists_are_complete(page):
    text = said(page)
    named = {n for n, *_ in links(text)} | {
        int(n)
        for n, name in re.findall(r"(\d+)(?: ·|,) \*?([^*\n]+)", text)
        if int(n) in HERE and name.strip() == TITLES[int(n)]
    }
    assert named == HERE


def test_the_number_of_chapters_is_right():
    [count] = re.findall(r"These (\w+) chapters are finished", said(BOOK / "index.md"))
    assert COUNTS.split().index(count) == len(HERE)
    [track] = re.findall(r"\*\*All of it:\*\* (chapters [^.]+)\.", said(BOOK / "using.md"))
    assert set(chapters_in(track)) == HERE


def test_the_contents_have_every_page_in_its_place():
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    parts = contents["parts"]
    files = [chapter["file"] for part in parts for chapter in part["chapters"]]
    in_order = [path.relative_to(ROOT).with_suffix("").as_posix() for path in NOTEBOOKS]
    assert [file for file in files if file.startswith("notebooks/")] == in_order
    pages = {f"book/{page.stem}" for page in BOOK.glob("*.md")} - {contents["root"]}
    assert {file for file in files if file.startswith("book/")} == pages
    captions = [part["caption"] for part in parts if part.get("caption", "").startswith("Part ")]
    named = re.findall(r"^\| \[(\d+ · [^\]]+)\]\(part-", said(BOOK / "using.md"), re.M)
    assert captions == [f"Part {each}" for each in named]


@pytest.mark.parametrize("page", PARTS, ids=lambda path: path.name)
def test_a_part_gives_the_reading_times_of_its_chapters(page):
    text = said(page)
    folder = re.search(r"notebooks/([^/]+)/", text)[1]
    times = {label(path): minutes(read(path)) for path in CHAPTERS if path.parent.name == folder}
    rows = re.findall(r"^\| \[[^\]]+\]\([^)]*/(\d\d)-[^)]*\) \|.*\| (\d+) \|$", text, re.M)
    assert {name: int(time) for name, time in rows} == times
    assert hours(text) == round(sum(times.values()) / 60)


def test_disagreement_is_found():
    first, name = min(HERE), TITLES[min(HERE)]
    file = next(path.name for path in CHAPTERS if int(number(path)) == first)
    assert not faults_of_titles(f"[{first} · {name}](a/{file}) chapter {first}, *{name}*")
    assert faults_of_titles(f"[{first} · Another title](a/{file})")
    assert faults_of_titles(f"[{first} · {name}](a/02-other.ipynb)")
    assert faults_of_titles(f"Chapters 6, *The encoder*, and {first}, *{name}*")
    assert not faults_of_plans(f"Chapter {first} is here. Chapter 99 (planned). See chapter 99.")
    assert faults_of_plans(f"Chapter {first} is planned.")
    assert faults_of_plans("See chapter 99. Chapter 99 (planned) has it.")
    assert faults_of_plans(f"| | 99 Title · {first} {name} | planned |")
    assert not faults_of_plans("*Deep Learning*, chapter 99, explains it.")
    assert chapters_in("1 to 3, then 6, and 20–22") == [1, 2, 3, 6, 20, 21, 22]
    assert minutes([markdown("**Time:** about 80\nminutes to read")]) == 80
    assert hours("**How long it takes.** About seven hours") == 7
