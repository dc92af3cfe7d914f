#!/usr/bin/env python3
"""Prints the licences of everything that is linked into the static lugger: crates with the C code in them, Rust's standard
library, musl. Fails if one of them has no text. Needs no network once the crates are fetched.

    dist/licenses.py > THIRD-PARTY.txt
"""

import hashlib
import html
import json
import pathlib
import re
import subprocess
import sys

TARGET = "x86_64-unknown-linux-musl"
NAMES = re.compile(r"(un)?licen[cs]e|copying|copyright|notice", re.IGNORECASE)
# Names that only look like it: sources, pictures.
NO_TEXTS = {".rs", ".c", ".h", ".py", ".svg", ".png"}
RULE = "=" * 100


def cargo(*words):
    run = subprocess.run(["cargo", *words, "--locked", "--offline"], check=True, stdout=subprocess.PIPE, text=True)
    return run.stdout


def linked():
    """Name, version, licence and folder of each crate that the program is built of, but itself."""
    tree = cargo("tree", "--target", TARGET, "--edges", "normal", "--prefix", "none", "--format", "{p}")
    wanted = {tuple(line.split()[:2]) for line in tree.splitlines() if line}
    metadata = json.loads(cargo("metadata", "--format-version", "1", "--filter-platform", TARGET))
    crates = {(p["name"], "v" + p["version"]): p for p in metadata["packages"] if p["source"]}
    own = {(p["name"], "v" + p["version"]) for p in metadata["packages"] if not p["source"]}
    for key in sorted(wanted - own):
        crate = crates[key]
        yield crate["name"], crate["version"], crate["license"], pathlib.Path(crate["manifest_path"]).parent


def texts(folder):
    """The texts anywhere in a crate, also those of C code in it."""
    for path in sorted(folder.rglob("*")):
        if NAMES.match(path.name) and path.suffix not in NO_TEXTS and path.is_file():
            yield path.read_text(errors="replace").strip()


def standard_library():
    """What the toolchain says of it."""
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    page = pathlib.Path(sysroot, "share/doc/rust/COPYRIGHT-library.html").read_text()
    text = html.unescape(re.sub(r"<style.*?</style>|<[^>]+>", "", page, flags=re.DOTALL))
    return re.sub(r"\n\s*\n\s*\n+", "\n\n", "\n".join(line.rstrip() for line in text.splitlines())).strip()


def main():
    crates = list(linked())
    users = {}
    without = []
    for name, version, _, folder in crates:
        found = {hashlib.sha256(text.encode()).digest(): text for text in texts(folder) if text}
        if not found:
            without.append(f"{name} {version}")
        for text in found.values():
            users.setdefault(text, []).append(f"{name} {version}")
    if without:
        sys.exit("no licence text in " + ", ".join(without))
    print("What is linked into lugger besides its own code, and under which licences.\n")
    for name, version, license, _ in crates:
        print(f"  {name} {version}: {license}")
    print("  Rust's standard library: MIT OR Apache-2.0, and others for parts of it\n  musl: MIT, and others for parts of it")
    for text, names in users.items():
        print(f"\n{RULE}\n{', '.join(names)}\n{RULE}\n\n{text}")
    print(f"\n{RULE}\nRust's standard library\n{RULE}\n\n{standard_library()}")
    print(f"\n{RULE}\nmusl\n{RULE}\n\n{pathlib.Path('/usr/share/doc/musl/copyright').read_text().strip()}")


main()
