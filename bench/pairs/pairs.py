#!/usr/bin/env python3
"""Compares a benchmark of this checkout with that of an earlier commit, in interleaved pairs.

    bench/pairs/pairs.py COMMIT [--pairs 9] [--numbers ours,cpuMicrosPerRequest] -- table --runs 3

Builds the commit beside this one (a git worktree in a temporary folder, removed at the end), runs
`orrery bench ... --json` in both by turns, the earlier first in every other pair, and prints, of each
number of each row, the median and the quartiles of now / before. What it compares is one machine's
answer at one time, so the pairs and not the absolute numbers count. Needs git and Python 3 alone.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile


def rows(checkout, arguments):
    """Every number of every row, by the row's texts and the number's name."""
    done = subprocess.run(["./orrery", "bench", *arguments, "--json"], cwd=checkout, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"orrery bench {' '.join(arguments)} failed in {checkout}:\n{done.stderr[-2000:]}")
    found = {}
    for row in json.loads(done.stdout):
        name = ", ".join(str(row[key]) for key in ("name", "transport", "unit") if key in row)
        for key, value in row.items():
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                found[(name, key)] = float(value)
    return found


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("commit")
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--numbers", default="ours", help="which numbers of a row, separated by commas (default: ours)")
    parser.add_argument("--keep", help="a folder for the earlier build, which is kept there and used again")
    parser.add_argument("bench", nargs="+")
    asked = parser.parse_args()
    root = subprocess.run(["git", "rev-parse", "--show-toplevel"], capture_output=True, text=True, check=True).stdout.strip()
    before = os.path.abspath(asked.keep) if asked.keep else os.path.join(tempfile.mkdtemp(), "before")
    if not os.path.exists(before):
        subprocess.run(["git", "worktree", "add", "--detach", before, asked.commit], cwd=root, check=True, stdout=sys.stderr)
    numbers = asked.numbers.split(",")
    ratios = {}
    try:
        for folder in (before, root):  # builds, and warms the disk's cache
            subprocess.run(["./orrery", "bench", "--help"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        for pair in range(asked.pairs):
            order = (before, root) if pair % 2 == 0 else (root, before)
            results = {folder: rows(folder, asked.bench) for folder in order}
            for key, old in results[before].items():
                now = results[root].get(key)
                if key[1] in numbers and now is not None and old:
                    ratios.setdefault(key, []).append(now / old)
            print(f"pair {pair + 1} of {asked.pairs}", file=sys.stderr, flush=True)
    finally:
        if not asked.keep:
            subprocess.run(["git", "worktree", "remove", "--force", before], cwd=root, check=False)
    print(f"now / before ({asked.commit}), {asked.pairs} interleaved pairs of: orrery bench {' '.join(asked.bench)}")
    print("median  quartiles      number")
    for (name, key), values in ratios.items():
        if len(values) == 1:
            low = high = values[0]
        else:
            low, _, high = statistics.quantiles(values, n=4, method="inclusive")
        print(f"{statistics.median(values):6.3f}  {low:.3f}-{high:.3f}  {name}: {key}")


main()
