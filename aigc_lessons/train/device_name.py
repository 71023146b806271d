"""The device that this machine trains on."""

import platform
from pathlib import Path

import torch


def device_name() -> str:
    """Describe the device that training uses here: the GPU, or the processor and its threads."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    processor = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")  # Linux keeps the model's name here and not in platform
    if information.exists():
        for line in information.read_text(encoding="utf8").splitlines():
            if line.startswith("model name"):
                processor = line.split(":", 1)[1].strip()
                break
    threads = torch.get_num_threads()
    return f"{processor}, {threads} thread{'s' if threads > 1 else ''}"
