# SPDX-License-Identifier: GPL-2.0-or-later
"""
The mutation operators: each makes one change in one place of a C source and keeps its lines.

They work on the text, with comments and strings blanked out, not on a syntax tree: what they get
wrong does not compile and is not counted.
"""
import hashlib
import re
from typing import Iterator, NamedTuple


class Mutant(NamedTuple):
    line: int
    operator: str
    start: int
    end: int
    text: str  # instead of what stands from start to end

    def apply(self, source: str) -> str:
        return source[: self.start] + self.text + source[self.end :]


RELATIONS = {"<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"),
             "==": ("!=",), "!=": ("==",)}
LOGIC = {"&&": "||", "||": "&&"}
# Binary where an operand stands before them.
ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "&": "|", "|": "&", "<<": ">>",
              ">>": "<<"}
ASSIGNMENTS = {"+=": "-=", "-=": "+=", "|=": "&=", "&=": "|=", "++": "--", "--": "++"}
WORDS = {"TRUE": "FALSE", "FALSE": "TRUE", "true": "false", "false": "true", "MAX": "MIN",
         "MIN": "MAX"}
# A leak is the sanitizers' to see, not a test's.
RELEASES = re.compile(r"\w*(_free|_unref|_free_full|_clear|_destroy)\s*\(|g_free\s*\(|g_clear_\w+\s*\(")
# One element more than needed is no fault.
ALLOCATION = re.compile(r"\bg_new0?\([\w ]+\*?, $")

TOKEN = re.compile(r"->|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||\+\+|--|[-+|&*/%]=|[-+<>*/%&|!]|\b\w+\b")
NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)$")
STATEMENT = re.compile(r"(?<=[;{})\n])[ \t]*\n(?P<indent>\t+)(?P<what>[A-Za-z_][^;{}#]*;)(?=\n)")
CONDITION = re.compile(r"\b(if|while)\s*\(")
RETURN = re.compile(r"\breturn\s+([^;{}]+);")


def blank(source: str) -> str:
    """@source with comments, strings, characters and preprocessor lines but #define in blanks."""
    def blanks(found: re.Match) -> str:
        return re.sub(r"[^\n]", " ", found.group())

    def quoted(found: re.Match) -> str:
        text = found.group()
        if text[0] in "\"'":
            return text[0] + re.sub(r"[^\n]", "_", text[1:-1]) + text[-1]
        return blanks(found)

    text = re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', quoted, source,
                  flags=re.S)
    return re.sub(r"^#(?!define)[^\n]*|^#define\s+\w+", blanks, text, flags=re.M)


def bodies(text: str) -> str:
    """@text, where all but functions, tables and macros with numbers is blank."""
    out, depth, keep = [], 0, False
    for line in text.split("\n"):
        keep = depth > 0 or re.match(r"#?\s*\S*\s*\(?[\d(]|.*\{\s*$|\s+", line) is not None
        out.append(line if keep else " " * len(line))
        depth += line.count("{") - line.count("}")
    return "\n".join(out)


def closing(text: str, start: int) -> int:
    """Where the bracket that opens at @start closes, or -1."""
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] == "(") - (text[i] == ")")
        if depth == 0:
            return i
    return -1


def tokens(text: str) -> Iterator[tuple[str, int, int, str]]:
    for found in TOKEN.finditer(text):
        word, start, end = found.group(), found.start(), found.end()
        before = text[:start].rstrip()[-1:]
        operand = before.isalnum() or before in ("_", ")", "]")
        spaced = text[start - 1 : start] in " \t\n" and text[end : end + 1] in " \t\n"
        if word in RELATIONS and spaced:
            for other in RELATIONS[word]:
                yield "relation", start, end, other
        elif word in LOGIC:
            yield "logic", start, end, LOGIC[word]
        elif word in ARITHMETIC and spaced and operand:
            yield "arithmetic", start, end, ARITHMETIC[word]
        elif word in ASSIGNMENTS:
            yield "assignment", start, end, ASSIGNMENTS[word]
        elif word == "!":
            yield "not", start, end, ""
        elif word in WORDS:
            yield "word", start, end, WORDS[word]
        elif (number := NUMBER.match(word)) and not ALLOCATION.search(text[:start][-200:]):
            value = int(number[1], 0)
            yield "constant", start, end, f"{value + 1}{number[2]}"
            if value > 0:
                yield "constant", start, end, f"{value - 1}{number[2]}"


def conditions(text: str) -> Iterator[tuple[str, int, int, str]]:
    for found in CONDITION.finditer(text):
        start = found.end() - 1
        end = closing(text, start)
        if end > 0:
            yield "condition", start, end + 1, None


def statements(text: str) -> Iterator[tuple[str, int, int, str]]:
    at = 0
    while found := STATEMENT.search(text, at):
        at = found.start() + 1
        what = found["what"]
        if RELEASES.match(what):
            continue
        call = re.match(r"[A-Za-z_][\w.>\[\]-]*\s*\(", what)
        assign = re.match(r"[A-Za-z_][\w.\[\]>+-]*\s*([-+|&]?=)[^=]|\w+(\+\+|--);", what)
        if call and not what.startswith("return") or assign or what in ("break;", "continue;"):
            yield "deleted", found.start("what"), found.end("what"), ";" + "\n" * what.count("\n")


def returns(text: str) -> Iterator[tuple[str, int, int, str]]:
    for found in RETURN.finditer(text):
        value = found.group(1)
        lines = "\n" * value.count("\n")
        if value in ("TRUE", "FALSE") or NUMBER.match(value):
            continue  # the words and constants above
        yield "return", found.start(1), found.end(1), ("1" if value == "NULL" else "0") + lines


def mutants(source: str) -> list[Mutant]:
    """All of @source, in an order that is random, but for each the same while its line is."""
    text = bodies(blank(source))
    lines = source.split("\n")
    found, seen = [], {}
    for make in (tokens, conditions, statements, returns):
        for operator, start, end, new in make(text):
            if new is None:
                new = f"(!{source[start:end]})"
            line = source.count("\n", 0, start) + 1
            found.append(Mutant(line, operator, start, end, new))

    def key(m: Mutant) -> str:
        name = f"{lines[m.line - 1].strip()}|{m.operator}|{m.text}|{m.start - source.rfind(chr(10), 0, m.start)}"
        seen[name] = seen.get(name, 0) + 1
        return hashlib.sha256(f"{name}|{seen[name]}".encode()).hexdigest()

    return [m for _, m in sorted((key(m), m) for m in sorted(found, key=lambda m: m.start))]
