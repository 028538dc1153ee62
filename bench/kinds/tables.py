"""Random tables, how they are written, and what Orrery must tell of them."""
import csv
import io
import math
import re
from collections import Counter
from dataclasses import dataclass, field

csv.field_size_limit(1 << 30)

MISSING = ["", " ", "NA", "N/A", "?", "NaN", "nan", "null", "None"]
ABSENT = {token.strip() for token in MISSING}
MEANS = 1e-9  # how far a mean may be off, as a part of the largest value
LABELS = ["label", "target", "class", "y"]
NAMES = ("price rooms area width Größe température 高さ depth speed weight kg tax age income load factor alpha beta gamma "
         "delta épaisseur north south rain sun wind total share rate level").split()
WORDS = ["red", "green", "blue", "Müller", "Zürich", "žena", "東京", "naïve", "15\" wide", "it\"s", "a, b", "x;y", "p|q",
         "two words", "say \"hi\"", "line\nend", "cr\rlf\r\nend", "don't", "-", "a\"", "--", "#1", "3.5.1", "café crème"]
PLAIN_WORDS = ["red", "green", "blue", "oak", "elm", "ash", "fir", "iron", "tin", "lead", "zinc", "Zürich", "Malmö"]
ENDS = ["\n", "\r\n", "\r"]


@dataclass
class Column:
    name: str
    role: str  # numeric, categorical, label or ignore
    cells: list


@dataclass
class Style:
    """How a table is written."""
    delimiter: str = ","
    quoting: str = "minimal"  # none beyond need, some, all
    ends: list = field(default_factory=lambda: ["\n"])
    last_end: bool = True
    padding: float = 0  # of fields, how many have blanks around them
    blank_lines: float = 0
    header: bool = True
    encoding: str = "utf-8"

    @staticmethod
    def any(rng, delimiters=",;\t|"):
        ends = rng.choice([["\n"], ["\r\n"], ["\r"], ENDS])
        encoding = rng.choice(["utf-8"] * 4 + ["utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom", "utf-16-le", "utf-16-be"])
        return Style(rng.choice(delimiters), rng.choice(["minimal", "some", "all"]), ends, rng.random() < .7,
                     rng.choice([0, 0, .3]), rng.choice([0, 0, .1]), True, encoding)


def needs_quotes(text, delimiter):
    return delimiter in text or "\n" in text or "\r" in text or text.lstrip().startswith('"')


def is_quoted(rng, text, delimiter, quoting):
    return needs_quotes(text, delimiter) or quoting == "all" or (quoting == "some" and rng.random() < .3)


def rendered(columns, style, rng, ragged=None):
    """The text of a table, and by row its first and last line. A ragged row has a field too many, or too few."""
    out, places, line = [], [], 1
    rows = list(zip(*[column.cells for column in columns]))
    if style.header:
        rows.insert(0, tuple(column.name for column in columns))
    for number, row in enumerate(rows):
        while rng.random() < style.blank_lines and number > 0:
            out.append(rng.choice(["", "", "  "]) + rng.choice(style.ends))
            line += 1
            if out[-1] == "\n" and out[-2].endswith("\r"):
                line -= 1  # with the one before it a CRLF
        fields = []
        for text in row:
            quoted = is_quoted(rng, text, style.delimiter, style.quoting)
            text = '"' + text.replace('"', '""') + '"' if quoted else text
            if rng.random() < style.padding:
                blank = " " if style.delimiter == "\t" else rng.choice([" ", "  ", "\t"])
                text = rng.choice([blank + text, text + blank, blank + text + blank])
            fields.append(text)
        if number == ragged:
            fields = rng.choice([fields + ["1"], fields[:-1]])
        record = style.delimiter.join(fields)
        last = number == len(rows) - 1 and not style.last_end
        lines = len(re.findall("\r\n|\r|\n", record))
        places.append((line, line + lines))
        out.append(record + ("" if last else rng.choice(style.ends)))
        line += lines + 1
    text = "".join(out)
    if ragged is None:
        check(text, style, rows)
    return text, places[1:] if style.header else places


def check(text, style, rows):
    """The written text, as Python's csv reads it, is the table: else this script is wrong."""
    if style.padding == 0:
        read = list(csv.reader(io.StringIO(text, newline=""), delimiter=style.delimiter))
        read = [[cell.strip() for cell in row] for row in read if "".join(row).strip() or len(row) > 1]
        assert read == [[cell.strip() for cell in row] for row in rows], "the script wrote another table than it meant"


def encoded(text, encoding):
    if encoding.endswith("-bom"):
        return ("\ufeff" + text).encode(encoding[:-4])
    return text.encode(encoding)


def number_cell(rng, decimal_comma=False):
    text = rng.choice([
        lambda: str(rng.randint(-99, 9999)), lambda: f"{rng.uniform(-1000, 1000):.{rng.randint(1, 6)}f}",
        lambda: f"{rng.uniform(1, 9) * 10 ** rng.randint(4, 9):.2f}", lambda: f"{rng.uniform(-9, 9):.4e}",
        lambda: rng.choice(["+5", ".5", "5.", "-0", "1E3", "007", "-.25", "0.0"])])()
    return text.replace(".", ",") if decimal_comma else text


def filled(rng, role, rows, missing=0.0, decimal_comma=False, words=WORDS):
    """Cells of a column; the first two are never missing."""
    if role == "numeric":
        cells = [number_cell(rng, decimal_comma) for _ in range(rows)]
    else:
        pool = rng.sample(words, rng.randint(2, min(6, len(words))))
        pool += rng.choice([[], [], ["3", "3.0"], ["10"]])
        cells = [pool[0], pool[1]] + [rng.choice(pool) for _ in range(rows - 2)]
    return [rng.choice(MISSING) if k > 1 and rng.random() < missing else cell for k, cell in enumerate(cells)]


def any_table(rng, missing=0.0, decimal_comma=False, rows=None, words=WORDS):
    """Random columns, with a label; and the flags that say which it is."""
    rows = rows or rng.randint(12, 150)
    names = rng.sample(NAMES, rng.randint(2, 7))
    columns = [Column(name, "numeric" if k == 0 else rng.choice(["numeric", "categorical"]), []) for k, name in enumerate(names)]
    for column in columns:
        column.cells = filled(rng, column.role, rows, missing, decimal_comma, words)
    shape = rng.choice(["words", "whole", "real"])
    values = {"words": ["yes", "no", "may be"], "whole": ["0", "1", "2"]}.get(shape) or [
        number_cell(rng, decimal_comma) for _ in range(rows)]
    cells = [rng.choice(values) for _ in range(rows)]
    if shape == "real" and any(re.fullmatch("0[0-9]+", cell) for cell in cells):
        cells = [cell if cell != "007" else "7" for cell in cells]  # 007 would make codes of them
    label = Column(rng.choice(LABELS), "label", cells)
    flags = []
    rng.shuffle(columns)
    at = rng.randint(0, len(columns))
    if rng.random() < .4:
        label.name = "out come"
        flags = ["--label", rng.choice(["out come", str(at + 1), str(at - len(columns) - 1)])]
    columns.insert(at, label)
    return columns, flags


def number(text):
    return float(text.strip().replace(",", "."))


def without_zero_fraction(text):
    return re.sub(r"^(-?[0-9]+)\.0+$", r"\1", text)


def compare_table(case, told, columns, style=None, examples=None):
    """Compares what describe tells with the values that were written."""
    if told is None:
        return
    case.same("examples", len(columns[0].cells) if examples is None else examples, told["examples"])
    if style:
        case.same("header", "in the first line" if style.header else "none", told["read"].get("header"))
        called = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
        case.same("delimiter", called[style.delimiter], told["read"].get("delimiter"))
        names = [column.name if style.header else str(k + 1) for k, column in enumerate(columns)]
        case.same("roles", [(name, column.role) for name, column in zip(names, columns)],
                  [(column["name"], column["role"]) for column in told["read"]["columns"]])
    seen = iter(told.get("columns", []))
    for column in columns:
        if column.role in ("numeric", "categorical"):
            compare_column(case, column, next(seen, {}))
        elif column.role == "label":
            compare_label(case, column, told["label"])


def compare_column(case, column, told):
    present = [cell.strip() for cell in column.cells if cell.strip() not in ABSENT]
    values = [number(cell) for cell in present] if column.role == "numeric" else [without_zero_fraction(cell) for cell in present]
    expected = {"count": len(present), "missing": len(column.cells) - len(present), "distinct": len(set(values)),
                "constant": len(set(values)) == 1 and len(present) == len(column.cells)}
    for fact, value in expected.items():
        case.same(f"column {column.name}: {fact}", value, told.get(fact))
    if column.role == "numeric" and values:
        size = max(abs(min(values)), abs(max(values)))
        case.same(f"column {column.name}: min", min(values), told.get("min"))
        case.same(f"column {column.name}: max", max(values), told.get("max"))
        case.near(f"column {column.name}: mean", math.fsum(values) / len(values), told.get("mean"), MEANS * size)


def compare_label(case, column, told):
    cells = [cell.strip() for cell in column.cells]
    try:
        values = [number(cell) for cell in cells]
    except ValueError:
        case.same("label", dict(Counter(cells)), told.get("classes"))
        return
    if "classes" in told:
        case.same("label", dict(Counter(values)), {float(name): count for name, count in told["classes"].items()})
    size = max(map(abs, values))
    for fact, value in ("min", min(values)), ("max", max(values)), ("mean", math.fsum(values) / len(values)):
        case.near(f"label: {fact}", value, told.get(fact), 1e-9 * size)


def describe(path, *flags):
    return ["data", "describe", path, "--json", *flags]
