"""Figures: one line each, saved as JSON, compared with those of an earlier run."""
import json
import os
import platform
import statistics
import subprocess
import time


class Limit:
    """A limit of a figure: most(1.3) or least(0.16)."""

    def __init__(self, word, bound, holds):
        self.word, self.bound, self.holds = word, bound, holds

    def __str__(self):
        return f"{self.word} {show(self.bound)}"


def most(bound):
    return Limit("at most", bound, lambda value: value <= bound)


def least(bound):
    return Limit("at least", bound, lambda value: value >= bound)


class Figure:
    """A number with its name, the values of its rounds, and its output line."""

    def __init__(self, name, unit, values, note="", aim=None, gate=None, pick=statistics.median):
        """aim, gate: a Limit each; the gate is what --gate enforces."""
        self.name, self.unit, self.values, self.note, self.aim, self.gate = name, unit, values, note, aim, gate
        self.value = pick(values)

    def held(self):
        return self.gate is None or self.gate.holds(self.value)

    def line(self):
        gap = "" if self.unit.startswith("x ") else " "  # 4.1x of the floor, 33 MiB
        text = f"{self.name}: {show(self.value)}{gap}{self.unit}"
        if self.note:
            text += f" ({self.note})"
        if self.aim is not None:
            text += f", aim {self.aim}: {'reached' if self.aim.holds(self.value) else 'missed'}"
        if self.gate is not None:
            text += f", must be {self.gate}: {'held' if self.held() else 'NOT HELD'}"
        return text

    def record(self):
        return {"name": self.name, "value": self.value, "unit": self.unit, "note": self.note,
                "aim": str(self.aim) if self.aim else None, "gate": str(self.gate) if self.gate else None,
                "held": self.held(), "rounds": self.values}


def show(value):
    """Three significant digits."""
    if abs(value) >= 100 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.2g}"


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
    """Lines that compare the figures with those of a saved run."""
    with open(path) as f:
        kept = json.load(f)
    before = {f["name"]: f["value"] for f in kept["figures"]}
    yield f"against {kept['commit']} of {kept['time']}:"
    for f in figures:
        old = before.get(f.name)
        if old:
            yield f"  {f.name}: {show(old)} -> {show(f.value)} {f.unit} ({(f.value / old - 1) * 100:+.0f} %)"
