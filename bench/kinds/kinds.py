#!/usr/bin/env python3
"""Compares what Orrery reads and learns with independent readings, on seeded random inputs.

For each kind of fault that was found in the field, random inputs are made; what must come out is computed without Orrery:
by the values that were written, Python's csv, numpy, scikit-learn and networkx. The number of differences should be 0.

    python3 kinds.py --orrery ./orrery --count 200 --kinds all --seed 1

A kind is a function that yields lists of commands and is sent their results; all cases of a kind go on in step, so that
one JVM runs the commands of all of them (orrery bench kinds).
"""
import bz2
import csv
import gzip
import io
import json
import lzma
import math
import os
import random
import re
import shutil
import sys
import zipfile
from collections import Counter
from pathlib import Path

import networkx
import numpy as np
import zstandard
from sklearn.cluster import KMeans

from harness import in_locale, kind, main
from tables import (ABSENT, ENDS, MISSING, NAMES, PLAIN_WORDS, Column, Style, any_table, compare_table, describe, encoded,
                    filled, is_quoted, needs_quotes, rendered)

# --------------------------------------------------------------------------------------------------------- reading

@kind("N1 N2 N4: missing values are missing however they are written, and columns stay what they are")
def missing(case):
    rng = case.rng
    columns, flags = any_table(rng, rng.choice([.02, .1, .5]))
    if rng.random() < .15:
        columns.append(Column("nothing", "numeric", [rng.choice(MISSING) for _ in columns[0].cells]))
        flags = ["--label", next(c.name for c in columns if c.role == "label")]
    style = Style(rng.choice(",;\t|"), rng.choice(["minimal", "some"]), padding=rng.choice([0, .3]))
    path = case.file("data.csv", rendered(columns, style, rng)[0])
    emptied = [Column(c.name, c.role, ["" if cell.strip() in ABSENT else cell for cell in c.cells]) for c in columns]
    empty = case.file("empty.csv", rendered(emptied, Style(style.delimiter), rng)[0])
    one, other = case.folder / "one.libsvm", case.folder / "other.libsvm"
    results = yield [describe(path, *flags), ["data", "convert", path, str(one), *flags],
                     ["data", "convert", empty, str(other), *flags]]
    compare_table(case, case.json(results[0]), columns, style)
    if case.ok(results[1:]):
        case.same("features, compared with empty cells", True, one.read_bytes() == other.read_bytes())


@kind("C2 C4: quotes, stray quotes, blanks around fields, line ends, byte order marks, UTF-16")
def quotes(case):
    columns, flags = any_table(case.rng, case.rng.choice([0, .1]))
    style = Style.any(case.rng)
    text, _ = rendered(columns, style, case.rng)
    path = case.file("data" + case.rng.choice([".csv", ".txt", ".data"]), encoded(text, style.encoding))
    results = yield [describe(path, *flags, "--format", "csv")]
    compare_table(case, case.json(results[0]), columns, style)


@kind("C2: files of more than 4 and 8 MiB, with quoted line ends where pieces are cut")
def size(case):
    rng, piece = case.rng, 1 << 22
    ends = rng.choice([[rng.choice(ENDS)], ENDS])
    zones = [piece, 2 * piece][:rng.randint(1, 2)]  # around which records are short and odd; others have a long note
    total = zones[-1] + rng.randint(5000, 300000)
    filler = "x" * rng.randint(400, 900)
    spoilt = rng.randint(piece, total - 1000) if rng.random() < .3 else total  # where a value is no number
    head = "x,note,c,y" + rng.choice(ends)
    rows, out, at, line, place = [], [head], len(head), 2, None
    while at < total:
        near = any(abs(at - zone) < 1500 for zone in zones)
        note = filler
        if near or rng.random() < .02:
            pieces = ["a", "bc", "\n", "\r\n", "\r", '"', ",", " ", "ü", "東"]
            note = "".join(rng.choice(pieces) for _ in range(rng.randint(0, 25)))
        row = (str(rng.randint(0, 1 << 20) / 64), note, rng.choice(["oak", "elm", '15" ash']), rng.choice("01"))
        fields = list(row)
        if near or needs_quotes(note, ","):
            fields[1] = rng.choice(["", " "]) + '"' + note.replace('"', '""') + '"' + rng.choice(["", " "])
        lines = len(re.findall("\r\n|\r|\n", ",".join(fields)))
        if at >= spoilt and place is None:
            fields[0], place = "oops", (line, line + lines)
        rows.append(row)
        out.append(",".join(fields) + rng.choice(ends))
        at += len(out[-1].encode())
        line += lines + 1
    text = "".join(out)
    results = yield [describe(case.file("big.csv", text), "--ignore", "note", "--no-cache")]
    if place:
        case.fails_at(results[0], "big.csv", *place)
        return
    read = list(csv.reader(io.StringIO(text, newline=""), skipinitialspace=True))[1:]
    but_notes = [[(row[0], row[2], row[3]) for row in table] for table in (rows, read)]
    assert but_notes[0] == but_notes[1], "the script wrote another table than it meant"
    columns = [Column(name, role, list(cells)) for name, role, cells in
               zip(["x", "note", "c", "y"], ["numeric", "ignore", "categorical", "label"], zip(*rows))]
    compare_table(case, case.json(results[0]), columns, Style())


@kind("H1 P1: whether the first line names the columns")
def header(case):
    rng = case.rng
    shape = rng.choice(["text over numbers", "text over text", "text, no names", "pandas", "numbers", "forced"])
    rows = rng.randint(20, 200)
    names = rng.sample(NAMES, rng.randint(3, 6))
    flags = []
    if shape in ("text over text", "text, no names"):
        columns = [Column(name, "categorical", filled(rng, "categorical", rows, words=PLAIN_WORDS)) for name in names]
        if shape == "text, no names":
            for column in columns:
                column.cells[0] = rng.choice(column.cells[1:])
                column.cells = ["red" if cell in ("3", "3.0", "10") else cell for cell in column.cells]
        columns[0].role = "label"
    elif shape in ("pandas", "numbers"):
        columns = [Column(name, "numeric", [f"{rng.gauss(0, 9):.3f}" for _ in range(rows)]) for name in names]
        columns[0] = Column(names[0], "label", [rng.choice("01") for _ in range(rows)])
        if shape == "pandas":
            for k, column in enumerate(columns):
                column.name = str(k)
    else:
        columns, flags = any_table(rng, rng.choice([0, .2]), words=PLAIN_WORDS)
    style = Style(rng.choice(",;\t|"), rng.choice(["minimal", "some", "all"]), header=shape not in ("text, no names", "numbers"))
    if shape == "forced":
        style.header = rng.random() < .5
        at = [c.role for c in columns].index("label")
        flags = ["--header" if style.header else "--no-header", "--label", str(at + 1)]
    path = case.file("data.csv", rendered(columns, style, rng)[0])
    results = yield [describe(path, *flags)]
    compare_table(case, case.json(results[0]), columns, style)


@kind("H3: index columns of pandas and R are left out")
def index(case):
    rng = case.rng
    columns, _ = any_table(rng, rng.choice([0, .1]), words=PLAIN_WORDS)
    rows = len(columns[0].cells)
    shape = rng.choice(["pandas", "shuffled", "unnamed: 0", "names", "R write.csv", "R write.table", "concat", "sample"])
    first = rng.choice([0, 1])
    numbers = [str(k + first) for k in range(rows)]
    if shape == "shuffled":
        rng.shuffle(numbers)
    if shape == "concat":  # the same numbers again
        numbers = [str(k % (rows // 2 + 1)) for k in range(rows)]
    if shape == "sample":
        numbers = [str(rng.randrange(rows)) for _ in range(rows)]
    if shape in ("names", "R write.table") and rng.random() < .6:
        numbers = [f"row {k}" for k in range(rows)]
    index = Column("Unnamed: 0" if shape == "unnamed: 0" else "", "ignore", numbers)
    style = Style(rng.choice(",;\t"), "all" if shape.startswith("R") else "minimal", blank_lines=0)
    text, _ = rendered([index] + columns, style, rng)
    if shape == "R write.table":
        text = text[text.index('""' + style.delimiter) + 2 + len(style.delimiter):]  # which gives the index no name at all
    path = case.file("data.csv", text)
    label = next(c.name for c in columns if c.role == "label")
    results = yield [describe(path, "--label", label)]
    told = case.json(results[0])
    index.name = index.name or "column 1"
    compare_table(case, told, [index] + columns, style)


@kind("H4: names that come twice are an error at training")
def duplicates(case):
    rng = case.rng
    columns, flags = any_table(rng, words=PLAIN_WORDS, rows=40)
    others = [column for column in columns if column.role != "label"]
    name = rng.choice(others).name
    twin = Column(name, "numeric", filled(rng, "numeric", 40))
    columns.append(twin)
    style = Style(rng.choice(",;\t|"), rng.choice(["minimal", "all"]))
    path = case.file("data.csv", rendered(columns, style, rng)[0])
    label = next(c.name for c in columns if c.role == "label")
    results = yield [describe(path, "--label", label), case.train("least-squares", path, "--label", label),
                     describe(path, "--label", label, "--ignore", str(len(columns)))]
    case.fails(results[0], "data.csv:1", name)
    case.fails(results[1], "data.csv:1", name)
    twin.role = "ignore"
    compare_table(case, case.json(results[2]), columns, style)


@kind("decimal commas, and the delimiters , ; tab |")
def decimals(case):
    rng = case.rng
    delimiter = rng.choice([";", ";", "\t", "|"])
    columns, flags = any_table(rng, rng.choice([0, .1]), decimal_comma=True, words=PLAIN_WORDS)
    for column in columns:
        column.cells = [cell if cell not in ("3.0",) else "3" for cell in column.cells]
    if not any(re.fullmatch(r"[-+]?[0-9]+,[0-9]+([eE][-+]?[0-9]+)?", cell) for c in columns for cell in c.cells):
        columns.append(Column("comma", "numeric", ["1,5"] * len(columns[0].cells)))
        flags = ["--label", next(c.name for c in columns if c.role == "label")]
    style = Style(delimiter, rng.choice(["minimal", "some", "all"]), ends=[rng.choice(ENDS)])
    path = case.file("data.csv", rendered(columns, style, rng)[0])
    results = yield [describe(path, *flags)]
    compare_table(case, case.json(results[0]), columns, style)


@kind("N5: late missing values are missing, late contradictions errors with their line, as early ones are")
def late(case):
    rng = case.rng
    rows = rng.randint(10050, 13000)
    columns = [Column("x", "numeric", [f"{rng.randint(-999, 999) / 8}" for _ in range(rows)]),
               Column("c", "categorical", [rng.choice(["oak", "elm", "a \"b\"", "fir\npine"]) for _ in range(rows)]),
               Column("y", "label", [rng.choice("01") for _ in range(rows)])]
    rng.shuffle(columns)
    style = Style(rng.choice(",;\t|"), "minimal", [rng.choice(ENDS)])
    x = next(c for c in columns if c.name == "x")
    good = list(x.cells)
    odd = rng.choice(MISSING + ["oops", "inf", "-Infinity", "12abc", "1 234", "0x1f", "1.2.3", "--"])
    commands, places, tables = [], [], []
    for at in (10, 10000, rng.randint(5001, rows - 1)):
        x.cells = list(good)
        x.cells[at] = odd
        tables.append(list(x.cells))
        text, lines = rendered(columns, style, rng)
        places.append(lines[at])
        commands.append(describe(case.file(f"at{at}.csv", text)))
    x.cells = good
    at = rng.randint(20, rows - 1)
    text, lines = rendered(columns, style, rng, ragged=at + 1)  # the first row is the names'
    commands.append(describe(case.file("ragged.csv", text)))
    results = yield commands
    for result, cells, place, command in zip(results, tables, places, commands):
        if odd.strip() in ABSENT:
            x.cells = cells
            compare_table(case, case.json(result), columns, style)
        else:
            case.fails_at(result, Path(command[2]).name, *place)
    case.fails_at(results[3], "ragged.csv", *lines[at])


@kind("C3: new data with its columns in another order, with more of them, without the label, with one missing")
def order(case):
    rng = case.rng
    columns, flags = any_table(rng, .05, rows=rng.randint(30, 100), words=PLAIN_WORDS)
    label = next(c for c in columns if c.role == "label")
    label.cells = [rng.choice(["no", "yes"]) for _ in label.cells]
    train = case.file("train.csv", rendered(columns, Style(), rng)[0])
    delimiter = ","
    shuffled = columns + [Column("more", "ignore", filled(rng, "categorical", len(label.cells)))]
    rng.shuffle(shuffled)
    one = case.file("one.csv", rendered(columns, Style(delimiter), rng)[0])
    unlabelled = [c for c in shuffled if c is not label]
    other = case.file("other.csv", rendered(unlabelled, Style(delimiter, ends=[rng.choice(ENDS)]), rng)[0])
    lost = rng.choice([c for c in columns if c is not label])
    less = case.file("less.csv", rendered([c for c in shuffled if c is not lost], Style(delimiter), rng)[0])
    training = case.train("lr", train, "--passes", "3", "--label", label.name)
    run = training[training.index("--run") + 1]
    results = yield [training, ["predict", run, one, "--probabilities"], ["predict", run, other, "--probabilities"],
                     ["predict", run, less], ["evaluate", run, less]]
    if case.ok(results[:3]):
        case.same("predictions", results[1]["out"], results[2]["out"])
        case.same("predictions", len(label.cells) + 1, len(results[1]["out"].splitlines()))
    case.fails(results[3], "less.csv:1", lost.name)
    case.fails(results[4], "less.csv:1", lost.name)


# ------------------------------------------------------------------------------------------------- ratings and edges

def ids(rng, delimiter, count):
    """Names of users, items or nodes that may be written with a delimiter."""
    makers = [lambda: str(rng.randint(1, 1 << rng.choice([8, 60]))), lambda: f"u{rng.randint(1, 9999)}",
              lambda: f"Ann {rng.randint(1, 99)} Lee", lambda: f"Žofie {rng.randint(1, 999)}",
              lambda: f"t:{rng.randint(1, 999)}", lambda: f"Lee, Ann {rng.randint(1, 999)}",
              lambda: f"the \"{rng.randint(1, 99)}\"", lambda: f"{rng.randint(1, 99)}-{rng.randint(1, 99)}"]
    if delimiter == " ":
        makers = [makers[0], makers[1], makers[7]]
    elif delimiter == ":":
        makers = [makers[0], makers[1], makers[7]]
    elif delimiter == "::":
        makers = [maker for maker in makers if "," not in maker()]
    make = rng.choice(makers)
    mixed = rng.random() < .3
    found = []
    while len(found) < count:
        name = rng.choice(makers)() if mixed else make()
        if name not in found:
            found.append(name)
    return found


def listed(rng, head, rows, delimiter, quoting, ends, comments=0):
    """Lines of a list, and by row its line."""
    out, lines = [], []
    for row in ([head] if head else []) + rows:
        while rng.random() < comments:
            out.append(rng.choice(["# a comment, of one line", "", "% 1 2 3"]))
        fields = []
        for text in row:
            quoted = delimiter != " " and is_quoted(rng, text, delimiter, quoting)
            fields.append('"' + text.replace('"', '""') + '"' if quoted else text)
        lines.append(len(out) + 1)
        out.append((rng.choice([" ", "  ", "\t"]) if delimiter == " " else delimiter).join(fields))
    return "".join(line + ends for line in out), lines[1:] if head else lines


@kind("R1 R3 R4 R6: ratings: names with blanks, colons and commas, index columns, missing ratings")
def ratings(case):
    rng = case.rng
    delimiter = rng.choice([",", ",", ";", "\t", "|", "::", " ", ":"])
    users, items = ids(rng, delimiter, rng.randint(2, 12)), ids(rng, delimiter, rng.randint(2, 15))
    triples = [(rng.choice(users), rng.choice(items), rng.choice([str(rng.randint(1, 5)), f"{rng.uniform(0, 5):.1f}"]))
               for _ in range(rng.randint(15, 120))]
    shape = rng.choice(["names", "other names", "none", "flags"])
    head = {"names": rng.choice([["userId", "movieId", "rating"], ["user", "item", "score"], ["User_id", "Item_id", "Rating"]]),
            "other names": ["who", "what", "much"], "flags": ["k1", "k2", "k3"], "none": None}[shape]
    rows = [list(row) for row in triples]
    flags = []
    order = [0, 1, 2]
    if shape in ("names", "flags"):
        rng.shuffle(order)
    if shape == "flags":
        for key, place in zip(["--user", "--item", "--rating"], [order.index(k) for k in range(3)]):
            flags += [key, rng.choice([head[order[place]], str(place + 1)])]
    head = head and [head[k] for k in order]
    rows = [[row[k] for k in order] for row in rows]
    if rng.random() < .4:
        head = head and head + ["timestamp"]
        rows = [row + [str(964982703 + rng.randint(0, 9999))] for row in rows]
    if shape == "names" and delimiter in ",;\t" and rng.random() < .4:
        head, rows = [""] + head, [[str(k)] + row for k, row in enumerate(rows)]
    if delimiter == "\t":
        rows = [[cell.replace('"', "'") for cell in row] for row in rows]
        triples = [(u.replace('"', "'"), i.replace('"', "'"), r) for u, i, r in triples]
    end, quoting = rng.choice(ENDS), rng.choice(["minimal", "some", "all"])
    text, lines = listed(rng, head, rows, delimiter, quoting, end, .05)
    path = case.file("ratings.csv", text)
    at = rng.randrange(len(rows))
    rated = order.index(2) + (1 if head and head[0] == "" else 0)
    named = order.index(0) + (1 if head and head[0] == "" else 0)
    blank = rng.choice(MISSING) if delimiter not in (" ", ":", "::") else rng.choice(["NA", "?"])
    lost = [row[:rated] + [blank] + row[rated + 1:] if k == at else row for k, row in enumerate(rows)]
    text, lost_lines = listed(rng, head, lost, delimiter, quoting, end)
    without = case.file("lost.csv", text)
    nobody = [row[:named] + [""] + row[named + 1:] if k == at else row for k, row in enumerate(rows)]
    text, nobody_lines = listed(rng, head, nobody, delimiter, quoting, end)
    nobody = case.file("nobody.csv", text)
    back = case.folder / "back.csv"
    commands = [["data", "convert", path, str(back), "--ratings", *flags], case.train("mf", without, "--passes", "1", *flags),
                ["data", "convert", nobody, str(case.folder / "nobody.out"), "--ratings", *flags]]
    if case.number % 3 == 0:
        training = case.train("mf", path, "--passes", "1", *flags)
        run = training[training.index("--run") + 1]
        only = [0, 1] if shape == "none" else [k for k in order if k != 2]
        called = head and [head[order.index(k) + (head[0] == "")] for k in range(2)]  # the columns of users and items
        rows = [[row[k] for k in only] for row in triples]
        pairs = case.file("pairs.csv", listed(rng, head and [called[k] for k in only], rows, delimiter, "minimal", "\n")[0])
        short = ["--user", called[0], "--item", called[1]] if flags else []
        commands += [training, ["predict", run, path, *flags], ["predict", run, without, *flags], ["predict", run, pairs, *short]]
    results = yield commands
    if case.ok(results[:1]):
        with open(back, newline="", encoding="utf-8") as lines:
            read = [(u, i, np.float32(r)) for u, i, r in list(csv.reader(lines))[1:]]
        case.same("ratings", [(u, i, np.float32(r)) for u, i, r in triples], read)
    case.fails_at(results[1], "lost.csv", lost_lines[at])
    if delimiter != " ":
        case.fails_at(results[2], "nobody.csv", nobody_lines[at])
    if len(results) > 3 and case.ok(results[3:]):
        case.same("predictions", len(triples), len(results[4]["out"].splitlines()))
        case.same("predictions where a rating is missing", results[4]["out"], results[5]["out"])
        case.same("predictions without ratings", results[4]["out"], results[6]["out"])


def graph(rng):
    """Edges with weights, among them some that come twice, and nodes without any that go out."""
    nodes = rng.randint(3, 30)
    pairs = [(rng.randrange(nodes), rng.randrange(nodes)) for _ in range(rng.randint(nodes, 4 * nodes))]
    pairs += rng.sample(pairs, len(pairs) // 6)
    ends = set(rng.sample(range(nodes), nodes // 4))
    pairs = [(a, b) for a, b in pairs if a not in ends] or [(0, 1)]
    weights = rng.choice([lambda: str(rng.randint(1, 9)), lambda: f"{rng.uniform(0, 3):.2f}", lambda: "1",
                          lambda: rng.choice("012")])
    return nodes, [(a, b, weights()) for a, b in pairs]


@kind("P1 P3 P5: edges: names, headers, weights, MatrixMarket; PageRank as networkx has it")
def edges(case):
    rng = case.rng
    nodes, triples = graph(rng)
    flags, back = [], case.folder / "back.csv"
    if rng.random() < .3:
        names, triples, weighted, path = matrix(case, nodes, triples)
    else:
        delimiter = rng.choice([",", ",", ";", "\t", "|", " "])
        names = [name.replace('"', "'") for name in ids(rng, delimiter, nodes)]
        weighted = rng.random() < .6
        shape = rng.choice(["names", "none", "flags"])
        head = {"names": rng.choice([["Source", "Target", "Weight"], ["from", "to", "weight"]]),
                "flags": ["k1", "k2", "k3"], "none": None}[shape]
        order = [0, 1, 2][:2 + weighted]
        if shape == "flags":
            rng.shuffle(order)
            for key, k in [("--from-column", 0), ("--to-column", 1), ("--weight-column", 2)][:2 + weighted]:
                number = str(order.index(k) + 1)  # which alone does not say that a first line of words has names
                flags += [key, rng.choice([head[k], number]) if weighted else head[k]]
        rows = [[(names[a], names[b], w)[k] for k in order] for a, b, w in triples]
        both = shape == "names" and delimiter != " " and rng.random() < .2
        head = head and [head[k] for k in order] + ["Type"] * both
        rows = [row + ["Undirected"] * both for row in rows]
        text, _ = listed(rng, head, rows, delimiter, rng.choice(["minimal", "some"]), rng.choice(ENDS), .05)
        path = case.file("edges.csv", text)
        if both:
            triples = triples + [(b, a, w) for a, b, w in triples if a != b]
        used = sorted({node for a, b, _ in triples for node in (a, b)})
        names = {node: names[node] for node in used}
    if weighted and rng.random() < .3:
        weighted = False
        flags = flags[:4] + ["--unweighted"]
    expected = networkx.DiGraph()
    expected.add_nodes_from(names.values())
    for a, b, w in triples:
        known = expected.get_edge_data(names[a], names[b], {"weight": 0})["weight"]
        expected.add_edge(names[a], names[b], weight=known + float(w) if weighted else 1)
    results = yield [["data", "convert", path, str(back), "--edges", *flags],
                     case.train("pagerank", path, "--top", "1000", *flags)]
    if case.ok(results[:1]):
        with open(back, newline="", encoding="utf-8") as lines:
            read = {(row[0], row[1]): float(row[2]) if len(row) > 2 else None for row in list(csv.reader(lines))[1:]}
        case.same("edges", set(expected.edges), set(read))
        weights = {(a, b): w for a, b, w in expected.edges(data="weight")}
        if None in read.values():  # all weigh alike
            case.same("different weights", 1, len(set(weights.values())))
        else:
            for edge in set(weights) & set(read):
                case.near(f"weight of {edge}", weights[edge], read[edge], 1e-6 * weights[edge])
    told = case.json(results[1])
    if told:
        ranks = networkx.pagerank(expected, alpha=.85, tol=1e-12, max_iter=2000)
        case.same("nodes", set(ranks), set(told["top"]))
        worst = max(ranks, key=lambda node: abs(ranks[node] - told["top"].get(node, 0)))
        case.near(f"rank of {worst}", ranks[worst], told["top"].get(worst), 1e-5)


def matrix(case, nodes, triples):
    """The same as a file of MatrixMarket."""
    rng = case.rng
    values, shape = rng.choice(["pattern", "real", "integer"]), rng.choice(["general", "symmetric"])
    if values == "integer":
        triples = [(a, b, str(math.ceil(float(w)))) for a, b, w in triples]
    if shape == "symmetric":
        triples = [(max(a, b), min(a, b), w) for a, b, w in triples]
    comments = "".join(rng.choice(["% made at random\n", "%\n"]) for _ in range(rng.randint(0, 2)))
    lines = [f"{a + 1} {b + 1}" + (f" {w}" if values != "pattern" else "") for a, b, w in triples]
    text = f"%%MatrixMarket matrix coordinate {values} {shape}\n{comments}{nodes} {nodes} {len(lines)}\n"
    text += "".join(line + "\n" for line in lines)
    if shape == "symmetric":
        triples = triples + [(b, a, w) for a, b, w in triples if a != b]
    return {node: str(node + 1) for node in range(nodes)}, triples, values != "pattern", case.file("edges.mtx", text)


# ------------------------------------------------------------------------------------------------ libsvm, containers

@kind("L1 L2 L4: libsvm: CR line ends, CR inside lines, qid, indices from 0 or 1; data convert keeps indices and values")
def libsvm(case):
    rng = case.rng
    first, rows = rng.choice([0, 1]), rng.randint(10, 300)
    width = rng.choice([5, 30, 2000])
    origin = rng.choice([0] * 12 + [2000, 4.5e6, 1.6e9])  # a feature far from 0 in every line
    end, inner = rng.choice([("\n", " "), ("\r\n", " "), ("\r", " "), ("\n", "\r"), ("\n", "\t")])
    qid, comments = rng.random() < .2, rng.random() < .3
    examples, out = [], []
    for row in range(rows):
        features = {}
        for index in sorted(rng.sample(range(first, first + width), rng.randint(0, 5))):
            some = f"{rng.gauss(0, 3):.4f}", f"{rng.gauss(0, 3):.3e}"
            features[index] = rng.choice(["1", "0.5", "0", "+2", "-.5", "1e-3", *some])
        if origin:
            features[first] = str(origin + rng.randint(0, 20))
        elif row == 0:
            features[first] = "1"  # so that it is seen where indices begin
        label = rng.choice(["1", "-1", "+1", "0", "2.5"])
        words = [label] + ([f"qid:{rng.randint(1, 9)}"] if qid else []) + [f"{i}:{v}" for i, v in sorted(features.items())]
        comment = rng.choice(["", " # a comment 1:2", " #"]) if comments else ""
        out.append(rng.choice([inner, inner * 2]).join(words) + rng.choice(["", inner]) + comment)
        if rng.random() < .05:
            out.append(rng.choice(["", "  ", "# a line"] if comments else [""]))
        examples.append((float(label), {i: np.float32(v) for i, v in features.items() if float(v) != 0}))
    text = end.join(out) + rng.choice([end, ""])
    path = case.file("data" + rng.choice([".libsvm", ".svm", ".txt"]), rng.choice(["", "", "\ufeff"]) + text)
    back, again = case.folder / "back.libsvm", case.folder / "again.libsvm"
    results = yield [describe(path, "--format", "libsvm"), ["data", "convert", path, str(back), "--format", "libsvm"]]
    told = case.json(results[0])
    if told:
        values = [value for _, features in examples for value in features.values()]
        case.same("examples", rows, told["examples"])
        case.same("features used", len({i for _, features in examples for i in features}), told["featuresUsed"])
        case.same("label", dict(Counter(label for label, _ in examples)),
                  {float(name): count for name, count in told["label"]["classes"].items()})
        case.near("min", float(min(values)), told.get("min"), 1e-7 * abs(float(min(values))))
        case.near("max", float(max(values)), told.get("max"), 1e-7 * abs(float(max(values))))
    if not case.ok(results):
        return
    results = yield [["data", "convert", str(back), str(again), "--format", "libsvm"]]
    for name in (back, again) if case.ok(results) else (back,):
        read = []
        for line in name.read_text().splitlines():
            label, *words = line.split()
            read.append((float(label), {int(i): np.float32(v) for i, v in (word.split(":") for word in words)}))
        case.same(name.name, examples, read)


def packed(rng, content):
    """A container with this content, possibly of several members; and where a member ends but the last."""
    shape = rng.choice(["gz", "bz2", "xz", "zst", "zip"])
    if shape == "zip":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", rng.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])) as archive:
            archive.writestr("data.csv", content)
        return shape, out.getvalue(), set()
    zstd = zstandard.ZstdCompressor(write_checksum=True).compress
    pack = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd}[shape]
    cuts = sorted(rng.randint(1, len(content) - 1) for _ in range(rng.choice([0, 0, 1, 2, 30])))
    members = [pack(content[a:b]) for a, b in zip([0] + cuts, cuts + [len(content)])]
    ends = {sum(map(len, members[:k])) for k in range(1, len(members))}
    return shape, b"".join(members), ends


@kind("G1 G3: gzip of several members, bz2, xz, zst, zip; what is cut short or has something behind it is an error")
def containers(case):
    rng = case.rng
    columns, flags = any_table(rng, .1, rows=rng.choice([30, 300]))
    content = rendered(columns, Style(rng.choice(",;\t")), rng)[0].encode()
    shape, whole, ends = packed(rng, content)
    path = case.file(rng.choice(["data.csv." + shape, "data.csv", "data.bin"]), whole)
    at = rng.choice([rng.randint(12, len(whole) - 1), len(whole) - rng.randint(1, 8)])
    while at in ends:
        at -= 1
    cut = case.file("cut.csv." + shape, whole[:at])
    garbage = bytes(rng.randint(1, 255) for _ in range(rng.randint(4, 40)))
    tail = case.file("tail.csv." + shape, whole + garbage)
    results = yield [describe(file, *flags, "--format", "csv") for file in (path, cut, tail)]
    told = case.json(results[0])
    compare_table(case, told, columns)
    case.fails(results[1], "cut.csv." + shape)
    case.fails(results[2], "tail.csv." + shape)


@kind("a folder of part files is read as the one file would be")
def folders(case):
    rng = case.rng
    columns, flags = any_table(rng, .05, rows=rng.randint(40, 200), words=PLAIN_WORDS)
    rows = len(columns[0].cells)
    names = rng.random() < .7
    style = Style(rng.choice(",;\t|"), rng.choice(["minimal", "some"]), ends=[rng.choice(ENDS)], header=names)
    if not names:
        flags = ["--label", str([c.role for c in columns].index("label") + 1), "--no-header"]
    cuts = sorted(rng.sample(range(15, rows), rng.randint(1, 4)))
    spans = list(zip([0] + cuts, cuts + [rows]))
    flags = flags + ["--numeric", ",".join(c.name if names else str(k + 1) for k, c in enumerate(columns) if c.role == "numeric")]
    for part, (a, b) in enumerate(spans):
        text = rendered([Column(c.name, c.role, c.cells[a:b]) for c in columns], style, rng)[0].encode()
        gzipped = rng.random() < .3
        case.file(f"data/part-{part:05}" + (".csv.gz" if gzipped else ".csv"), gzip.compress(text) if gzipped else text)
    for extra in rng.sample(["_SUCCESS", ".part-00000.csv.crc", "part-99999.csv", "_committed_1"], 2):
        case.file("data/" + extra, "")
    one = case.file("one.csv", rendered(columns, style, rng)[0])
    a, b = str(case.folder / "a.libsvm"), str(case.folder / "b.libsvm")
    wrong = [Column(c.name, c.role, c.cells[:20]) for c in columns]
    x = rng.choice([c for c in wrong if c.role == "numeric"])
    x.cells = x.cells[:9] + ["oops"] + x.cells[10:]
    text, lines = rendered(wrong, style, rng)
    shutil.copytree(case.folder / "data", case.folder / "bad")
    case.file("bad/part-00050.csv", text)
    folder, bad = str(case.folder / "data"), str(case.folder / "bad")
    results = yield [describe(folder, *flags), describe(one, *flags), ["data", "convert", folder, a, *flags],
                     ["data", "convert", one, b, *flags], describe(bad, *flags)]
    compare_table(case, case.json(results[0]), columns, style)
    compare_table(case, case.json(results[1]), columns, style)
    if case.ok(results[2:4]):
        one, other = [[[float(x) for x in re.split("[ :]", line)] for line in Path(name).read_text().splitlines()]
                      for name in (a, b)]
        case.same("features, compared with the one file", True, [len(x) for x in one] == [len(x) for x in other] and all(
            abs(x - y) < 1e-5 * (1 + abs(x)) for xs, ys in zip(one, other) for x, y in zip(xs, ys)))
    case.fails_at(results[4], "part-00050.csv", *lines[9])


# ------------------------------------------------------------------------------------------------------- learning

@kind("K1: k-means far from the origin: inertia as scikit-learn has it, within 0.1 %")
def kmeans(case):
    rng, generator = case.rng, case.np
    clusters, width = rng.randint(2, 5), rng.randint(1, 4)
    origin = np.array([rng.choice([0, 2000, 450_000, 4_500_000, 1e5, -3e6]) for _ in range(width)])
    spread = rng.choice([.01, .5, 3, 40])
    centres = generator.permutation(np.arange(clusters * 3))[:clusters, None] * 60 * spread
    centres = centres + generator.normal(0, 5 * spread, (clusters, width))
    points = np.vstack([origin + centre + generator.normal(0, spread, (rng.randint(8, 60), width)) for centre in centres])
    points = np.array([[float(f"{x:.4f}") for x in point] for point in generator.permutation(points)])
    if rng.random() < .5:
        lines = ["0 " + " ".join(f"{k + 1}:{x:.4f}" for k, x in enumerate(point)) + "\n" for point in points]
        path = case.file("data.libsvm", "".join(lines))
        flags = []
    else:
        path = case.file("data.csv", "label," + ",".join(f"x{k}" for k in range(width)) + "\n"
                         + "".join("0," + ",".join(f"{x:.4f}" for x in p) + "\n" for p in points))
        flags = ["--raw-numbers"]
    results = yield [case.train("kmeans", path, "--clusters", str(clusters), *flags)]
    told = case.json(results[0])
    if told:
        best = KMeans(clusters, n_init=10, random_state=1).fit(points - points.mean(0)).inertia_
        case.near("inertia", best, told["train"].get("inertia"), 1e-3 * best)


@kind("T1: least squares far from the origin, of large targets: at most 2 % above the error of ordinary least squares")
def squares(case):
    rng, generator = case.rng, case.np
    rows, width = rng.randint(100, 1500), rng.randint(1, 5)
    scale = np.array([10.0 ** rng.randint(-2, 4) for _ in range(width)])
    origin = np.array([rng.choice([0, 0, 2000, 4.5e5, 4.5e6, 1.6e9]) for _ in range(width)])
    points = generator.normal(0, 1, (rows, width)) * scale + origin
    points = np.array([[float(f"{x:.4f}") for x in p] for p in points])
    signal = ((points - points.mean(0)) / np.maximum(points.std(0), 1e-9)) @ generator.uniform(.3, 2, width)
    away = rng.choice([0, 50, 2000, 2e5, -3e6, 1.6e9])
    targets = away + max(rng.choice([.01, 1, 5e4]), 1e-9 * abs(away)) * (signal + generator.normal(0, rng.choice([.1, .5]), rows))
    targets = np.array([float(f"{y:.12g}") for y in targets])
    if rng.random() < .7:
        path = case.file("data.csv", "y," + ",".join(f"x{k}" for k in range(width)) + "\n" + "".join(
            f"{y!r}," + ",".join(f"{x:.4f}" for x in p) + "\n" for y, p in zip(targets.tolist(), points)))
    else:
        path = case.file("data.libsvm", "".join(
            f"{y!r} " + " ".join(f"{k + 1}:{x:.4f}" for k, x in enumerate(p)) + "\n" for y, p in zip(targets.tolist(), points)))
    results = yield [case.train("least-squares", path)]
    told = case.json(results[0])
    if told:
        centred = (points - points.mean(0)) / np.maximum(points.std(0), 1e-9)
        design = np.hstack([np.ones((rows, 1)), centred])
        weights = np.linalg.lstsq(design, targets, rcond=None)[0]
        best = math.sqrt(np.mean((design @ weights - targets) ** 2))
        rmse = told["train"].get("rmse", math.inf)
        if not rmse <= 1.02 * best:
            case.differ("rmse", f"at most 1.02 * {best:.6g}", f"{rmse:.6g} = {rmse / best:.4f} * it")


@kind("T1: columns far from the origin, such as seconds since 1970, teach what they teach without their origin")
def far(case):
    rng, generator = case.rng, case.np
    rows = rng.randint(100, 600)
    origin = rng.choice([1_600_000_000, 1_700_000_000_000, 4_500_000, -10 ** 9, 20_000])
    span = rng.choice([10, 1000, 86400])
    x, z = generator.integers(0, span, rows), generator.integers(-9, 9, rows)
    y = (x / span + z / 40 + generator.normal(0, .2, rows) > .5).astype(int)
    paths = [case.file(name, "y,x,z\n" + "".join(f"{c},{a + o},{b}\n" for a, b, c in zip(x.tolist(), z.tolist(), y.tolist())))
             for name, o in (("near.csv", 0), ("far.csv", origin))]
    app = rng.choice(["lr", "svm", "softmax"])
    results = yield [case.train(app, path, "--passes", "10") for path in paths]
    near, away = case.json(results[0]), case.json(results[1])
    if near and away:
        case.near("accuracy", near["train"]["accuracy"], away["train"]["accuracy"], 1e-9)


@kind("T1 T3: what learns nothing says so, and what learns does not")
def warnings(case):
    rng, generator = case.rng, case.np
    rows = rng.randint(100, 400)
    x = generator.normal(0, 1, (rows, 2))
    shape = rng.choice(["constant label", "constant features", "noise", "huge rate", "learns", "one class"])
    app = rng.choice(["lr", "svm", "softmax", "least-squares"])
    if shape in ("constant label", "huge rate"):
        app = "least-squares" if shape == "constant label" else "lr"
    if shape == "one class":
        app = rng.choice(["lr", "svm", "softmax"])
    flags, test = [], None
    y = (x[:, 0] + generator.normal(0, .3, rows) > 0).astype(int)
    if shape in ("constant label", "one class"):
        y[:] = rng.randint(0, 5)
    if shape == "constant features":
        x[:] = rng.choice([0, 1, 2000])
    if shape == "noise":
        y = generator.normal(0, 1, rows) if app == "least-squares" else generator.integers(0, 2, rows)
    if shape == "huge rate":
        flags = ["--rule", "sgd", "--rate", rng.choice(["1e6", "1e30"])]

    def write(name, x, y):
        return case.file(name, "y,a,b\n" + "".join(f"{c},{a:.5f},{b:.5f}\n" for (a, b), c in zip(x.tolist(), y.tolist())))
    half = rows // 2
    train, test = write("train.csv", x[:half], y[:half]), write("test.csv", x[half:], y[half:])
    results = yield [case.train(app, train, "--test", test, *flags)]
    if shape == "one class":
        case.fails(results[0], "class")
        return
    if shape == "huge rate" and results[0]["code"] == 1:
        case.fails(results[0], "rate")
        return
    told = case.json(results[0])
    if not told:
        return
    warned = bool(told.get("warnings"))
    if shape == "learns":
        case.same("warnings", False, warned)
    elif shape != "noise":
        case.same("warnings", True, warned)
    else:  # by chance it may do better than the baseline, which is computed anew here
        metrics, truth = told["test"], y[half:]
        if app == "least-squares":
            case.near("baselineRmse", float(np.sqrt(np.mean((truth - y[:half].mean()) ** 2))), metrics.get("baselineRmse"), 1e-5)
            worse = metrics["rmse"] >= metrics["baselineRmse"]
        else:
            common = Counter(y[:half].tolist()).most_common(2)
            share = float(np.mean(truth == common[0][0]))
            if len(common) < 2 or common[0][1] != common[1][1]:
                case.near("baselineAccuracy", share, metrics.get("baselineAccuracy"), 1e-9)
            worse = metrics["accuracy"] <= metrics["baselineAccuracy"] and metrics.get("auc", 0) < .6
        if worse:
            case.same("warnings", True, warned)


# ----------------------------------------------------------------------------------------------------- surroundings

@kind("S1: a file that is replaced by another of its size and time is read again")
def cache(case):
    rng = case.rng
    rows = rng.randint(20, 200)

    def content(seed):
        other = random.Random(seed)
        return "y,x\n" + "".join(f"{other.randint(0, 1)},{other.randint(1000, 9999)}\n" for _ in range(rows))
    first, second = content(case.id + "a"), content(case.id + "b")
    path = case.file("data.csv", first)
    stamp = 10 ** 18 + case.number * 10 ** 9
    os.utime(path, ns=(stamp, stamp))
    out = case.folder / "out.libsvm"
    command = ["data", "convert", path, str(out), "--raw-numbers"]
    training = case.train("least-squares", path, "--passes", "1")
    run = training[training.index("--run") + 1]

    def expected(text):
        rows = [line.split(",") for line in text.splitlines()[1:]]
        return [(float(y), float(x)) for y, x in rows]

    def read():
        return [(float(y), float(x.split(":")[1])) for y, x in (line.split() for line in out.read_text().splitlines())]
    results = yield [command, training, ["evaluate", run, path, "--json"]]
    if case.ok(results):
        case.same("values", expected(first), read())
    how = rng.choice(["in place", "moved", "link"])
    if how == "in place":
        case.file("data.csv", second)
    else:
        other = case.file("other.csv", second)
        os.utime(other, ns=(stamp, stamp))
        os.replace(other, path)
    os.utime(path, ns=(stamp, stamp))
    results = yield [command, ["evaluate", run, path, "--json"], ["evaluate", run, path, "--json", "--no-cache"]]
    if case.ok(results):
        case.same("values after the file was replaced", expected(second), read())
        case.same("evaluation", json.loads(results[2]["out"])["test"], json.loads(results[1]["out"])["test"])
    if case.number < 5:  # two texts through one pipe
        for text, name in ((first, "/dev/stdin"), (second, "/dev/stdin"), (second, "-")):
            done = case.process(["data", "convert", name, str(out), "--raw-numbers", "--format", "csv"], stdin=text.encode())
            case.same("values from standard input", expected(text), read() if done.returncode == 0 else done.stderr)


@kind("E1: names that are not ASCII come out the same under LC_ALL=C")
def locale(case):
    rng = case.rng
    names = rng.sample(["Müller", "Zürich", "žena", "東京", "naïve", "Ærø", "Łódź", "😀", "Ωmega", "plain"], 4)
    edges = [(a, b) for a in names for b in names if a != b and rng.random() < .7] or [(names[0], names[1])]
    size = rng.choice(["größe", "高さ", "taille é"])
    path = case.file(f"{names[0]}.edges", "".join(f"{a}\t{b}\n" for a, b in edges))
    rows = [(rng.choice(names[:2]), rng.randint(0, 99)) for _ in range(40)] + [(names[0], 1), (names[1], 98)]
    table = case.file("größe.csv", f"y,{size}\n" + "".join(f"{y},{x}\n" for y, x in rows))
    back = [str(case.folder / f"back-{name}.csv") for name in ("C", "UTF-8")]
    commands = []
    for place, file in zip(("C", "C.UTF-8"), back):
        training = case.train("lr", table, "--passes", "2", "--numeric", size)
        run = training[training.index("--run") + 1]
        for args in (case.train("pagerank", path, "--top", "9"), case.train("pagerank", path, "--from", "niemand é"), training,
                     ["predict", run, table, "--probabilities"], describe(table), ["data", "convert", path, file, "--edges"],
                     describe(table, "--label", "größer")):
            commands.append(in_locale(place, args))
    results = yield commands
    ascii, utf8 = results[:7], results[7:]
    for told, wanted in zip(ascii, utf8):
        for stream in ("out", "err"):
            varying = r'"(seconds|cpuSeconds)":[0-9.E-]+|run[0-9]+|back-[CUTF8-]+'
            texts = [re.sub(varying, "", result[stream]) for result in (told, wanted)]
            case.same(stream, texts[1], texts[0])
    case.fails(ascii[1], "niemand é")
    case.fails(ascii[6], "größer", size)
    if case.ok([ascii[0], ascii[3], ascii[4], ascii[5]]):
        case.same("nodes", {name for edge in edges for name in edge}, set(json.loads(ascii[0]["out"])["top"]))
        case.same("classes", set(names[:2]), set(ascii[3]["out"].splitlines()[0].split("\t")[1:]))
        with open(back[0], encoding="utf-8", newline="") as lines:
            case.same("edges", set(edges), {tuple(row) for row in list(csv.reader(lines))[1:]})
    if case.number < 5:
        one, other = [case.process(["train", "pagerank", path, "--top", "9", "--quiet", "--run", case.run()], locale=place)
                      for place in ("C", "C.UTF-8")]
        texts = [re.sub(rb"(?m)^(?!0\.).*$", b"", done.stdout) for done in (one, other)]
        case.same("bytes of a process", texts[1], texts[0])
        case.same("names in them", True, all(name.encode() in one.stdout for name in {n for e in edges for n in e}))


if __name__ == "__main__":
    sys.exit(main(__doc__.splitlines()[0]))
