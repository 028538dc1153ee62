"""Runs the kinds of kinds.py: makes their cases, calls Orrery, and reports differences."""
import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

class Command(list):
    """Arguments of one call of Orrery, and the locale that it runs under."""
    locale = None


def in_locale(locale, args):
    command = Command(args)
    command.locale = locale
    return command


class Case:
    """One random input of a kind, its folder, and the differences that were found."""

    def __init__(self, kind, number, seed, folder, orrery):
        self.id = f"{kind}-{number}"
        self.number = number
        self.rng = random.Random(f"{seed}/{kind}/{number}")
        self.np = np.random.default_rng([seed, number, sum(map(ord, kind))])
        self.folder = folder / self.id
        self.folder.mkdir(parents=True)
        self.orrery = orrery
        self.runs = 0
        self.differences = []

    def file(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def run(self):
        self.runs += 1
        return str(self.folder / f"run{self.runs}")

    def train(self, app, path, *flags):
        return ["train", app, path, "--json", "--quiet", "--checkpoint-every", "0", "--run", self.run(), *flags]

    def differ(self, what, expected, observed):
        self.differences.append((what, str(expected)[:300], str(observed)[:600]))

    def same(self, what, expected, observed):
        if expected != observed:
            self.differ(what, expected, observed)

    def near(self, what, expected, observed, tolerance):
        if observed is None or not abs(expected - observed) <= tolerance:
            self.differ(what, expected, observed)

    def json(self, result):
        """What was printed; none, and a difference, if the command failed."""
        if result["code"] != 0:
            self.differ("exit code", 0, f"{result['code']}: {result['err']}")
            return None
        return json.loads(result["out"].strip().splitlines()[-1])

    def ok(self, results):
        """Whether all commands did what they should."""
        for result in results:
            if result["code"] != 0:
                self.differ("exit code", 0, f"{result['code']}: {result['err']}")
        return all(result["code"] == 0 for result in results)

    def fails(self, result, *parts):
        """An error is expected that says these parts, and is no stack trace."""
        message = result["err"]
        if result["code"] == 0 or "Exception" in message or not all(part in message for part in parts):
            self.differ("an error", f"one with {parts}", f"{result['code']}: {message or result['out']}")

    def fails_at(self, result, name, first, last=None):
        """An error is expected that names a line of a file; a record of several lines by any of them."""
        places = [f"{name}:{line}:" for line in range(first, (last or first) + 1)]
        if result["code"] == 0 or not any(place in result["err"] for place in places):
            self.differ("an error with its line", places[:3], f"{result['code']}: {result['err'] or result['out']}")

    def process(self, args, stdin=None, locale=None):
        """A real process, for what depends on it; its output as bytes."""
        environment = dict(os.environ, LC_ALL=locale or "C.UTF-8")
        return subprocess.run([self.orrery, *args], input=stdin, capture_output=True, env=environment)


KINDS = {}


def kind(about):
    def register(function):
        KINDS[function.__name__] = (function, about)
        return function
    return register


def jvm(orrery, commands, folder, locale):
    """Runs commands in one JVM; their results in order."""
    path = folder / "commands.jsonl"
    path.write_text("".join(json.dumps({"id": k, "args": args}) + "\n" for k, args in enumerate(commands)), encoding="utf-8")
    environment = dict(os.environ, ORRERY_CACHE=str(folder / "cache"), LC_ALL=locale or "C.UTF-8")
    done = subprocess.run([orrery, "bench", "kinds", str(path)], capture_output=True, env=environment, stdin=subprocess.DEVNULL)
    results = [json.loads(line) for line in done.stdout.decode().splitlines() if line.startswith('{"id"')]
    if len(results) != len(commands):
        sys.exit(f"orrery bench kinds answered {len(results)} of {len(commands)} commands, exit code {done.returncode}:\n"
                 + done.stderr.decode()[-3000:])
    return results


def drive(name, numbers, options, folder):
    """Runs cases of a kind in step."""
    function, _ = KINDS[name]
    cases = [Case(name, number, options.seed, folder, options.orrery) for number in numbers]
    waiting = []
    for case in cases:
        steps = function(case)
        waiting.append((case, steps, next(steps)))
    while waiting:
        places = defaultdict(list)
        for case, _, commands in waiting:
            for command in commands:
                places[getattr(command, "locale", None)].append(command)
        answers = {place: iter(jvm(options.orrery, commands, folder, place)) for place, commands in places.items()}
        going = []
        for case, steps, commands in waiting:
            results = [next(answers[getattr(command, "locale", None)]) for command in commands]
            try:
                going.append((case, steps, steps.send(results)))
            except StopIteration:
                pass
            case.commands = commands
        waiting = going
    return cases


def main(about):
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--orrery", default="./orrery", help="the launcher (default: ./orrery)")
    parser.add_argument("--count", type=int, default=200, help="inputs per kind (default: 200)")
    parser.add_argument("--first", type=int, default=0, help="number of the first input (default: 0)")
    parser.add_argument("--kinds", default="all", help="names, separated by commas (default: all): " + ", ".join(KINDS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep all files, not only those with differences")
    parser.add_argument("--show", type=int, default=3, help="cases with differences that are shown per kind (default: 3)")
    parser.add_argument("--folder", help="where inputs are written (default: a temporary folder)")
    options = parser.parse_args()
    options.orrery = str(Path(options.orrery).resolve())
    if Path(options.orrery).is_dir():
        options.orrery += "/orrery"
    folder = Path(options.folder or tempfile.mkdtemp(prefix="kinds-"))
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["ORRERY_CACHE"] = str(folder / "cache")
    names = list(KINDS) if options.kinds == "all" else options.kinds.split(",")
    table, bad = [], 0
    for name in names:
        begun = time.time()
        different = []
        for first in range(options.first, options.first + options.count, 50):  # so that few files lie about
            numbers = range(first, min(first + 50, options.first + options.count))
            for case in drive(name, numbers, options, folder):
                if case.differences:
                    different.append(case)
                elif not options.keep:
                    shutil.rmtree(case.folder)
        for case in different[:options.show]:
            print(f"{case.id}: {case.folder}")
            for what, expected, observed in case.differences[:3]:
                print(f"    {what}\n        expected {expected}\n        observed {observed}")
        table.append((name, options.count, len(different), time.time() - begun))
        print(f"{name}: {options.count} inputs, {len(different)} with differences", flush=True)
        bad += len(different)
    print(f"\n{'kind':12} {'inputs':>7} {'differ':>7} {'seconds':>8}  what")
    for name, inputs, differ, seconds in table:
        print(f"{name:12} {inputs:7} {differ:7} {seconds:8.1f}  {KINDS[name][1]}")
    print(f"{'all':12} {sum(row[1] for row in table):7} {bad:7}")
    if not bad and not options.keep:
        shutil.rmtree(folder)
    return 1 if bad else 0

