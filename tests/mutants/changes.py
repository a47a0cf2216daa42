"""What is changed in the code: one small change a mutant, most of them as mutmut makes them.

A text that people read is no rule, so no change is made to strings with spaces, f-strings,
docstrings, annotations or decorators, nor to what a refusal says. A last case that only proves to
mypy that there is no other (`assert_never`) can never be reached, and is left alone too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper, PositionProvider
from mutmut.mutation import mutators as mutmut

WORD = re.compile(r"[\w.:/-]+")
TEXTS = cst.SimpleString | cst.FormattedString | cst.ConcatenatedString
STATEMENTS = cst.SimpleStatementLine | cst.BaseCompoundStatement | cst.MatchCase
NEWLINE = "\n"
PROOFS = ("assert_never", "cast", "TypeVar")

BY_MUTMUT = (
    (cst.BaseNumber, mutmut.operator_number),
    (cst.Name, mutmut.operator_name),
    (cst.Assign | cst.AnnAssign, mutmut.operator_assignment),
    (cst.AugAssign, mutmut.operator_augmented_assignment),
    (cst.UnaryOperation, mutmut.operator_remove_unary_ops),
    (cst.Call, mutmut.operator_symmetric_string_methods_swap),
    (cst.Call, mutmut.operator_unsymmetrical_string_methods_swap),
    (cst.Lambda, mutmut.operator_lambda),
    (cst.CSTNode, mutmut.operator_keywords),
    (cst.CSTNode, mutmut.operator_swap_op),
    (cst.IfExp, mutmut.operator_if_exp),
)


@dataclass(frozen=True)
class Mutant:
    """One change of one file, and the lines of the statement that it is in.

    `old` and `new` are what stands at `start` (counted in bytes) before and after.
    """

    file: str
    function: str
    start: int
    old: str
    new: str
    first: int
    last: int

    def applied(self, source: bytes) -> bytes:
        """The whole file with this change in it."""
        end = self.start + len(self.old.encode())
        return source[: self.start] + self.new.encode() + source[end:]


def mutants(source: bytes, file: str) -> list[Mutant]:
    """Every mutant of a file, from its top to its end."""
    wrapper = MetadataWrapper(cst.parse_module(source))
    found = _Found(wrapper, source, file)
    wrapper.module.visit(found)
    return sorted(found.mutants, key=lambda one: one.start)


class _Found(cst.CSTVisitor):
    """Collects the mutants of one module's functions."""

    def __init__(self, wrapper: MetadataWrapper, source: bytes, file: str) -> None:
        super().__init__()
        self.mutants: list[Mutant] = []
        self._source, self._file = source, file
        self._positions = wrapper.resolve(PositionProvider)
        self._spans = wrapper.resolve(ByteSpanPositionProvider)
        self._statements: list[tuple[int, int]] = []
        self._within: list[str] = []
        self._functions = 0

    def on_visit(self, node: cst.CSTNode) -> bool:
        if _is_spared(node):
            return False
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._within.append(node.name.value)
            self._functions += isinstance(node, cst.FunctionDef)
        if isinstance(node, STATEMENTS):
            self._statements.append(self._lines(node))
        if self._functions:
            for anchor, changed in _changes(node):
                self._add(anchor, changed)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if _is_spared(original_node):
            return
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            self._within.pop()
            self._functions -= isinstance(original_node, cst.FunctionDef)
        if isinstance(original_node, STATEMENTS):
            self._statements.pop()

    def _add(self, anchor: cst.CSTNode, changed: cst.CSTNode | None) -> None:
        span = self._spans[anchor]
        old = self._source[span.start : span.start + span.length].decode()
        new = "" if changed is None else _text(changed)
        if isinstance(anchor, cst.MatchCase):  # Its lines stay, so that those below keep theirs.
            old = old.rstrip()
            new = f"case _ if False: pass{NEWLINE * old.count(NEWLINE)}"
        function = ".".join(self._within)
        lines = self._statements[-1]
        self.mutants.append(Mutant(self._file, function, span.start, old, new, *lines))

    def _lines(self, statement: cst.CSTNode) -> tuple[int, int]:
        """All lines of a simple statement; of a compound one those before its body."""
        here = self._positions[statement]
        body = getattr(statement, "body", None)
        if isinstance(statement, cst.Match):
            return here.start.line, here.start.line
        if isinstance(body, cst.IndentedBlock):
            first = self._positions[body.body[0]].start.line
            return here.start.line, max(here.start.line, first - 1)
        return here.start.line, here.end.line


def _text(node: cst.CSTNode) -> str:
    """What stands where the node stands, without the parentheses around it: those are no part of
    its position, so they are in the file already."""
    if getattr(node, "lpar", ()):
        node = node.with_changes(lpar=(), rpar=())
    return cst.Module([]).code_for_node(node).strip()


def _is_spared(node: cst.CSTNode) -> bool:
    match node:
        case cst.Annotation() | cst.Decorator() | cst.Import() | cst.ImportFrom():
            return True
        case cst.Call(func=cst.Name(value=name)) if name in PROOFS:
            return True
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString())]):
            return True
        case _:
            return False


def _changes(node: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, cst.CSTNode | None]]:
    """What may stand where a part of `node` stands; None where it may be left out."""
    for kind, operator in BY_MUTMUT:
        if isinstance(node, kind):
            for changed in operator(node):  # type: ignore[operator]
                yield node, changed
    match node:
        case cst.Call():
            for one in _values(node):
                yield one, cst.Name("None")
        case cst.SimpleString() if WORD.fullmatch(str(node.evaluated_value)):
            yield node, node.with_changes(value=repr(f"XX{node.evaluated_value}XX"))
        case cst.Match(cases=cases) if len(cases) > 1:
            for case in cases:
                if "assert_never" not in cst.Module([]).code_for_node(case):
                    yield case, None
        case cst.If(test=test) | cst.CompIf(test=test) if not isinstance(test, cst.Comparison):
            inside = test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
            yield test, cst.UnaryOperation(cst.Not(), inside)
        case cst.Return(value=value) if value and not isinstance(value, cst.Name):
            yield value, cst.Name("None")


def _values(call: cst.Call) -> Iterator[cst.CSTNode]:
    """The arguments that None may stand for: those with a name, and all where the call builds
    something (`Row(of)`); any other None would only fail in the call itself."""
    match call.func:
        case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
            builds = name[:1].isupper()
        case _:
            builds = False
    for one in call.args:
        is_none = isinstance(one.value, cst.Name) and one.value.value == "None"
        if (builds or one.keyword) and not (one.star or is_none or isinstance(one.value, TEXTS)):
            yield one.value
