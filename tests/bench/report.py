"""Figures: one line each, kept as JSON, compared with those of an earlier run."""
import json
import os
import platform
import statistics
import subprocess
import time


class Figure:
    """A number with its name, the values of its rounds, and the line that shows it."""

    def __init__(self, name, unit, values, note="", aim=None, pick=statistics.median):
        self.name, self.unit, self.values, self.note, self.aim = name, unit, values, note, aim
        self.value = pick(values)

    def line(self):
        gap = "" if self.unit.startswith("x ") else " "  # 4.1x of the floor, 33 MiB
        text = f"{self.name}: {show(self.value)}{gap}{self.unit}"
        if self.note:
            text += f" ({self.note})"
        if self.aim is not None:
            text += f", aim {show(self.aim)}: {'reached' if self.value <= self.aim else 'missed'}"
        return text

    def record(self):
        return {"name": self.name, "value": self.value, "unit": self.unit, "note": self.note, "aim": self.aim,
                "rounds": self.values}


def show(value):
    """Three digits that mean something."""
    if value >= 100 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def machine():
    model = "unknown"
    try:
        with open("/proc/cpuinfo") as f:
            model = next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")), model)
    except OSError:
        pass
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release()}


def commit():
    here = os.path.dirname(os.path.abspath(__file__))
    done = subprocess.run(["git", "-C", here, "describe", "--always", "--dirty"], capture_output=True, text=True,
                          check=False)
    return done.stdout.strip() or "unknown"


def keep(path, figures, rounds):
    text = json.dumps({"format": 1, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "commit": commit(),
                       "machine": machine(), "rounds": rounds, "figures": [f.record() for f in figures]}, indent=1)
    with open(path, "w") as f:
        f.write(text + "\n")


def compare(path, figures):
    """Lines that set the figures against those of a kept run."""
    with open(path) as f:
        kept = json.load(f)
    before = {f["name"]: f["value"] for f in kept["figures"]}
    yield f"against {kept['commit']} of {kept['time']}:"
    for f in figures:
        old = before.get(f.name)
        if old:
            yield f"  {f.name}: {show(old)} -> {show(f.value)} {f.unit} ({(f.value / old - 1) * 100:+.0f} %)"
