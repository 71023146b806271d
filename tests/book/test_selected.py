"""Pictures that were chosen by a score are called selected, beside them and with the way."""

import ast
import re

import pytest

from notebooks import NOTEBOOKS, Cell, alt_text, label, markdown, parse, python, read, tags

CHOICE = {"argsort", "topk", "sort", "sorted", "argmax", "argmin", "nsmallest", "nlargest"}
WORD = re.compile(r"\b(?:selected|nearest)\b", re.I)  # a nearest neighbour says how it was chosen
GRID = re.compile(r"image_grid|imshow|picture_wall|grid_of|show_pictures")


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def chooses(node: ast.AST, chosen: set[str]) -> bool:
    """Whether an expression orders by a score, or uses a name that does.

    A comparison, such as ``labels == 3``, takes a group and not the best.
    """
    if isinstance(node, ast.Compare):
        return False
    if isinstance(node, ast.Call) and name_of(node) in CHOICE:
        return True
    if isinstance(node, ast.Name) and node.id in chosen:
        return True
    return any(chooses(part, chosen) for part in ast.iter_child_nodes(node))


def takes_chosen(node: ast.AST, chosen: set[str], taken: set[str]) -> bool:
    """Whether an expression has pictures that were taken by such an order."""
    loops = [part.target for part in ast.walk(node) if isinstance(part, ast.comprehension)]
    inner = {n.id for loop in loops for n in ast.walk(loop) if isinstance(n, ast.Name)}
    for part in ast.walk(node):
        if isinstance(part, ast.Subscript) and chooses(part.slice, chosen):
            return True
        if isinstance(part, ast.Name) and part.id in taken - inner:
            return True
    return False


def unnamed_choices(cells: list[Cell]) -> list[str]:
    """Return the cells that show chosen pictures without the word beside them."""
    found = []
    walls = drawers(cells)
    chosen: set[str] = set()  # names of orders, such as worst = error.argsort()[-10:]
    taken: set[str] = set()  # names of what an order took, such as digits[worst]
    for index, cell in enumerate(cells):
        if cell["cell_type"] != "code" or {"solution", "mutants"} & set(tags(cell)):
            continue
        shows = False
        for node in statements(parse(cell["source"])):
            if isinstance(node, ast.Assign):
                names = {n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)}
                took, chose = takes_chosen(node.value, chosen, taken), chooses(node.value, chosen)
                taken = taken | names if took else taken - names
                chosen = chosen | names if chose and not took else chosen - names
            calls = (part for part in ast.walk(node) if isinstance(part, ast.Call))
            for call in calls:
                given = [*call.args, *(k.value for k in call.keywords if k.arg == "images")]
                if GRID.search(name_of(call)) or name_of(call) in walls:
                    shows |= any(takes_chosen(each, chosen, taken) for each in given)
        if shows and not WORD.search(beside(cells, index)):
            found.append(cell["source"][:100])
    return found


def drawers(cells: list[Cell]) -> set[str]:
    """Return the functions of a notebook that draw the pictures which they are given."""
    modules = [parse(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    functions = [n for m in modules for n in m.body if isinstance(n, ast.FunctionDef)]
    return {
        function.name
        for function in functions
        for part in ast.walk(function)
        if isinstance(part, ast.Call) and GRID.search(name_of(part))
    }


def statements(module: ast.Module) -> list[ast.stmt]:
    """Return the simple statements of a cell in their order; those of a loop or function too."""
    simple = ast.Assign | ast.Expr | ast.Return
    return [node for node in ordered(module) if isinstance(node, simple)]


def ordered(node: ast.AST) -> list[ast.AST]:
    return [node, *(each for part in ast.iter_child_nodes(node) for each in ordered(part))]


def beside(cells: list[Cell], index: int) -> str:
    """Return what stands beside a picture: its cell and alt text, the prose before and after."""
    prose = [i for i, cell in enumerate(cells) if cell["cell_type"] == "markdown"]
    before = [i for i in prose if i < index][-1:]
    after = [i for i in prose if i > index][:1]
    texts = [cells[i]["source"] for i in before + after]
    return "\n".join([cells[index]["source"], alt_text(cells[index]), *texts])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=label)
def test_chosen_pictures_are_called_selected(path):
    assert not unnamed_choices(read(path))


@pytest.mark.parametrize(
    ("source", "is_choice"),
    [
        ("image_grid(digits[scores.argsort()[:10]])", True),
        ("worst = scores.topk(10).indices\nplots.image_grid(digits[worst], columns=5)", True),
        ("order = sorted(range(9), key=cost)\nbest = digits[order]\nimage_grid(best)", True),
        ("axes.imshow(digits[np.argmax(scores)])", True),
        ("def show(x): image_grid(x)\nshow(digits[scores.argsort()])", True),
        ("image_grid(digits[:10])", False),
        ("image_grid(digits[labels.argmax(1) == 3])", False),
        ("order = scores.argsort()\norder = range(9)\nimage_grid(digits[order])", False),
        ("plt.plot(losses[order.argsort()])", False),
    ],
)
def test_a_choice_is_found(source, is_choice):
    assert bool(unnamed_choices([markdown("Look."), python(source)])) == is_choice
    assert not unnamed_choices([markdown("Selected: the ten worst."), python(source)])
    assert not unnamed_choices([python(source, alt="The ten selected digits"), markdown("So.")])


def test_a_choice_of_an_earlier_cell_is_found():
    cells = [python("worst = cost.argsort()"), markdown("And now:"), python("image_grid(x[worst])")]
    assert len(unnamed_choices(cells)) == 1
