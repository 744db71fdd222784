#!/usr/bin/env python3
"""The slowest tests, as a table: each test of the suite runs by itself, in a process of its own, two at a time.

Arguments are filters, as for `cargo test`. Fails when a test does.
"""
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

SHOWN = 20


def suite():
    build = ["cargo", "test", "--locked", "--test", "suite", "--no-run", "--message-format", "json"]
    lines = subprocess.run(build, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    made = [m for m in map(json.loads, lines) if m["reason"] == "compiler-artifact" and m["target"]["name"] == "suite"]
    return made[-1]["executable"]


def timed(binary, name):
    start = time.monotonic()
    ended = subprocess.run([binary, "--exact", name], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return time.monotonic() - start, name, ended


def main():
    binary = suite()
    listed = subprocess.run([binary, "--list", "--format", "terse", *sys.argv[1:]], check=True, stdout=subprocess.PIPE, text=True).stdout
    names = [line.removesuffix(": test") for line in listed.splitlines() if line.endswith(": test")]
    with ThreadPoolExecutor(2) as pool:
        all = sorted(pool.map(lambda name: timed(binary, name), names), key=lambda t: -t[0])
    print(f"{len(all)} tests, {sum(seconds for seconds, *_ in all):.0f} test seconds\n\n| seconds | test |\n|--:|---|")
    for seconds, name, _ in all[:SHOWN]:
        print(f"| {seconds:.1f} | `{name}` |")
    failed = [(name, ended) for _, name, ended in all if ended.returncode != 0]
    for name, ended in failed:
        print(f"\n{name} failed:\n{ended.stdout}")
    sys.exit(bool(failed))


main()
