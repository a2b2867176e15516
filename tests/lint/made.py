"""Trees that the self-test makes: files of C, compiled if objects are looked at."""
import contextlib
import json
import os
import shlex
import subprocess
import tempfile


@contextlib.contextmanager
def tree(files):
    """A folder with these files: {path: text}."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as f:
                f.write(text)
        yield root


def compile_all(root, paths):
    """Make an object of each of these files, and the list of them as meson does. Returns the build folder."""
    build = os.path.join(root, "build")
    os.makedirs(build)
    commands = []
    for path in paths:
        output = path + ".o"
        os.makedirs(os.path.dirname(os.path.join(build, output)), exist_ok=True)
        compiler = shlex.split(os.environ.get("CC", "cc"))
        subprocess.run([*compiler, "-I", root, "-c", os.path.join(root, path), "-o", output], cwd=build, check=True)
        commands.append({"directory": build, "file": os.path.join("..", path), "output": output})
    with open(os.path.join(build, "compile_commands.json"), "w", encoding="utf-8") as f:
        json.dump(commands, f)
    return build
