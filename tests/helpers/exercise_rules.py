"""The rules of an exercise: a task, a solution, a check, and answers that the check is tried on."""

import ast
import re
from collections.abc import Iterator

from notebooks import Cell, code, global_names, parse, tags

PATTERN = ["exercise", "solution", "self-check", "mutants"]
DEFINITION = ast.FunctionDef | ast.ClassDef
LEVEL = re.compile(r"\*\*[^*\n]*\b([ABC])\b|^#+ .*\b([ABC])\b", re.M)


class WrongOrder(Exception):  # noqa: N818  (the message of a fault)
    """The cells of the exercises do not follow each other as they must."""


def exercises(cells: list[Cell]) -> list[list[Cell]]:
    """Return the cells of each exercise, from its task to its last cell of mutants.

    Raises:
        WrongOrder: the cells are not in this order or do not follow each other.
    """
    found: list[list[Cell]] = []
    last = -1
    for index, cell in enumerate(cells):
        role = next((tag for tag in PATTERN if tag in tags(cell)), None)
        if role is None:
            continue
        place = PATTERN.index(role)
        if place == 0:
            found.append([])
        before = tags(found[-1][-1]) if found and found[-1] else []
        allowed = place == 0 or {PATTERN[place - 1], *PATTERN[3:][: place == 3]} & set(before)
        if not allowed:
            raise WrongOrder(f"cell {index} is a {role} after {before}")
        if place and index != last + 1:
            raise WrongOrder(f"cell {index}, a {role}, stands apart")
        if (cell["cell_type"] == "markdown") != (place == 0):
            raise WrongOrder(f"cell {index}, a {role}, is {cell['cell_type']}")
        found[-1].append(cell)
        last = index
    for group in found:
        if "mutants" not in tags(group[-1]):
            raise WrongOrder(f"nothing after the {tags(group[-1])[0]}")
    return found


def body(cell: Cell) -> list[ast.stmt]:
    return parse(cell["source"]).body


def made_by(solution: Cell) -> list[str]:
    """Return the names of the functions and classes that a solution defines."""
    return [node.name for node in body(solution) if isinstance(node, DEFINITION)]


def faults_of_solution(cell: Cell) -> Iterator[str]:
    begins, ends = (
        [i + 1 for i, line in enumerate(cell["source"].splitlines()) if line.strip() == mark]
        for mark in ("### BEGIN SOLUTION", "### END SOLUTION")
    )
    if len(begins) != len(ends) or any(a >= b for a, b in zip(begins, ends, strict=False)):
        yield "the markers of a solution do not match"
    for node in body(cell):
        if not isinstance(node, DEFINITION):
            yield f"a solution only defines functions, not: {ast.unparse(node)[:60]}"
            continue
        lines = range(node.lineno, node.end_lineno + 2)
        if not any(line in lines for line in begins):
            yield f"{node.name} has no ### BEGIN SOLUTION"
        if isinstance(node, ast.FunctionDef):
            inside = [(a, b) for a, b in zip(begins, ends, strict=False) if a in lines]
            secret = [n for n in node.body if any(a < n.lineno < b for a, b in inside)]
            open_ = [n for n in node.body if n not in secret]
            if not ast.get_docstring(node) or len(open_) != 1:
                yield f"of {node.name}, only the first line and the docstring stay outside"


def faults_of_check(cell: Cell, name: str, answers: list[str]) -> Iterator[str]:
    match body(cell):
        case [ast.FunctionDef(name=found, decorator_list=[ast.Name("self_check")]) as check]:
            pass
        case _:
            yield "the check is one function below @self_check"
            return
    if found != name:
        yield f"{found} should be called {name}"
    parameters = [argument.arg for argument in check.args.args]
    if sorted(parameters) != sorted(answers):
        yield f"{name} takes {parameters}, the solution defines {answers}"
    for node in ast.walk(check):
        if isinstance(node, ast.Assert) and node.msg is None:
            yield f"say what is wrong: {ast.unparse(node)[:60]}"
    for parameter in parameters:
        if not reaches_an_assertion(check, parameter):
            yield f"no assertion depends on {parameter}"


def mentions(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(node))


def reaches_an_assertion(check: ast.FunctionDef, parameter: str) -> bool:
    """Follow the names that depend on a parameter until one stands in an assertion.

    A call of another function of the notebook counts, since such a function may assert.
    """
    flow = {parameter}
    while True:
        before = len(flow)
        for node in ast.walk(check):
            flow |= receivers(node, flow)
        if len(flow) == before:
            break
    for node in ast.walk(check):
        match node:
            case ast.Assert(test=test) if mentions(test, flow):
                return True
            case ast.If() | ast.Try() if mentions(node, flow) and raises(node):
                return True
            case ast.Expr(value=ast.Call()) | ast.With() if mentions(node, flow):
                return True
    return False


def raises(node: ast.AST) -> bool:
    raised = [part for part in ast.walk(node) if isinstance(part, ast.Raise) and part.exc]
    return any("AssertionError" in ast.unparse(part) for part in raised)


def receivers(node: ast.AST, flow: set[str]) -> set[str]:
    """Return the names to which a statement passes on what one of the names in ``flow`` holds."""
    match node:
        case ast.Assign(targets=targets, value=value) if mentions(value, flow):
            places: list[ast.AST] = list(targets)
        case ast.AugAssign(target=target, value=value) if mentions(value, flow):
            places = [target]
        case ast.NamedExpr(target=target, value=value) if mentions(value, flow):
            places = [target]
        case ast.For(target=target, iter=source) | ast.comprehension(target=target, iter=source):
            places = [target] if mentions(source, flow) else []
        case ast.withitem(context_expr=source, optional_vars=target) if target is not None:
            places = [target] if mentions(source, flow) else []
        case ast.FunctionDef(name=name) if mentions(node, flow):
            return {name}
        case ast.Call(func=ast.Attribute(value=owner), args=args) if args:
            places = [owner] if any(mentions(argument, flow) for argument in args) else []
        case _:
            return set()
    return {part.id for place in places for part in ast.walk(place) if isinstance(part, ast.Name)}


def calls(cells: list[Cell], function: str) -> Iterator[tuple[ast.Call, int]]:
    """Yield each call of a function, and how often it is made: in a loop, once for each entry.

    A call inside a function of the cells is made as often as that one is called.
    """
    module = ast.parse("\n".join(cell["source"] for cell in cells))
    literals = {
        target.id: node.value
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for statement in module.body:
        times = 1
        if isinstance(statement, ast.For):
            times = entries(statement.iter, literals)
        if isinstance(statement, DEFINITION):
            many = isinstance(statement, ast.FunctionDef) and statement.args.vararg
            made = list(calls_in(module, statement.name))
            times = sum(len(call.args) - 1 if many else 1 for call in made)
        for call in calls_in(statement, function):
            yield call, times


def calls_in(node: ast.AST, function: str) -> list[ast.Call]:
    found = [part for part in ast.walk(node) if isinstance(part, ast.Call)]
    return [call for call in found if getattr(call.func, "id", None) == function]


def entries(loop: ast.expr, literals: dict[str, ast.expr]) -> int:
    """Count the entries of what a loop runs over: a table, written there or named."""
    if isinstance(loop, ast.Call) and isinstance(loop.func, ast.Attribute):
        loop = loop.func.value  # table.items() loops over table
    if isinstance(loop, ast.Name):
        loop = literals.get(loop.id, loop)
    match loop:
        case ast.Dict(keys=found) | ast.List(elts=found) | ast.Tuple(elts=found):
            return len(found)
    return 1


def faults_of_mutants(cells: list[Cell], check: str, answers: list[str]) -> Iterator[str]:
    refused, accepted = list(calls(cells, "refuses")), list(calls(cells, "accepts"))
    if sum(times for _, times in refused) < 3:
        yield f"{check} is tried on fewer than three wrong answers"
    if not accepted:
        yield f"{check} is tried on no right answer in another style"
    for call, _ in [*refused, *accepted, *calls(cells, "refuses_distortions")]:
        if not call.args or ast.unparse(call.args[0]) != check:
            yield f"{ast.unparse(call)[:60]} belongs to another exercise"
    tried = {keyword.arg for call, _ in refused for keyword in call.keywords}
    if None in tried:  # refuses(check, message, **wrong): the names stand elsewhere in the cells
        nodes = [node for cell in cells for node in ast.walk(parse(cell["source"]))]
        tried |= {node.value for node in nodes if isinstance(node, ast.Constant)}
        tried |= {node.arg for node in nodes if isinstance(node, ast.keyword)}
    for answer in sorted(set(answers) - tried):
        yield f"no wrong answer is tried for {answer}"


def faults(cells: list[Cell], chapter: str) -> list[str]:
    """Say what is wrong with the exercises of a chapter."""
    try:
        groups = exercises(cells)
    except WrongOrder as error:
        return [str(error)]
    found: list[str] = []
    for count, (task, solution, check, *mutants) in enumerate(groups, start=1):
        name = f"check_{chapter}_{count}"
        answers = made_by(solution)
        if f"{chapter}.{count} " not in task["source"].splitlines()[0]:
            found.append(f"the task does not begin with its number, {chapter}.{count}")
        if not LEVEL.search(task["source"]) or "<details>" not in task["source"]:
            found.append(f"the task {chapter}.{count} lacks its level or a hint")
        found += [
            *faults_of_solution(solution),
            *faults_of_check(check, name, answers),
            *faults_of_mutants(mutants, name, answers),
        ]
    return found


def shared_names(cells: list[Cell]) -> list[str]:
    found = []
    for group in exercises(cells):
        made = set(made_by(group[1]))
        for cell in code(cells):
            if cell not in group and (shared := made & global_names(cell["source"])):
                found.append(f"{sorted(shared)} in: {cell['source'][:60]}")
    return found
