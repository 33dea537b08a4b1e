"""Names, and plain code made of them: what the applications' bodies consist of."""

from __future__ import annotations

from random import Random
from typing import Final

NOUNS: Final = tuple(
    """account address agreement alert answer article asset audit balance banner batch bill booking branch budget bundle
    calendar campaign card cart case catalog channel charge claim client comment company condition contact contract
    coupon course credit customer deal debit delivery deposit design device discount dispatch document domain draft
    entry estimate event exchange expense export feedback fee field filter folder form forecast gift group guide holder
    image incident invoice item journal label lead ledger lesson letter license limit listing location loan log
    machine mandate margin meeting member menu message metric milestone note notice offer office option order outcome
    package page parcel partner passage patient payment payout period permit phase plan policy portfolio position post
    premium price process product profile program project promise prospect purchase question quote rate rating reading
    receipt record refund region relation reminder rental reply report request reservation resource response result
    review reward risk room route rule salary sample schedule score season section segment seller sensor service
    session shipment shop signal site slot source sprint staff stage stake station step stock store story subject
    survey switch symbol target tax team template tenant term test ticket token topic trade transfer trip unit upload
    usage user vacancy value vehicle vendor venue version view visit voucher wallet warehouse warning window""".split()
)
TRAITS: Final = tuple(
    """active annual archived basic billable blended bulk central certified closed common core daily direct double early
    external final first fixed flat foreign former free general global gross hourly inner internal joint late leading
    legal linked local main major manual master mobile monthly native net nightly open outer paid partial past pending
    personal planned primary prior private public quarterly quick rapid rated raw recent regional remote rolling routed
    secondary secured seasonal senior shared short single special spare split standard static stored summary tagged
    tiered total tracked trial unified verified virtual weekly whole yearly""".split()
)
VERBS: Final = tuple(
    """accept adjust allocate approve archive assign attach balance calculate cancel classify close collect combine
    compare complete confirm convert copy decline defer detach distribute duplicate escalate estimate evaluate expire
    extend flag forward freeze issue join lock mark measure merge move normalise notify open pause postpone prepare
    prioritise process publish rank recalculate reconcile refresh reject release remind renew reopen replace reserve
    resolve restore resume retry revise route score settle share sort split submit suspend synchronise transfer unlock
    update verify withdraw""".split()
)
ATTRIBUTES: Final = tuple(
    """amount available balance category code count currency description details discount due duration end factor first
    height index items kind label last length level limit lines margin maximum minimum name number offset order owner
    position price priority quantity rank rate reason reference score sequence size source start status step subject
    tags target title total unit value version weight width""".split()
)
SENTENCES: Final = (
    "Entries that lie outside the period are left alone",
    "The caller decides what happens to those that are refused",
    "Amounts are in the currency of the owner",
    "What was agreed on before counts, and not what is listed today",
    "An empty selection is an error of the caller",
    "Rounded half up, as the ledger does",
    "The order is that in which they were received",
    "Later versions replace earlier ones of the same reference",
    "Nothing is written before all of them are known to be valid",
    "Times are in UTC",
    "The limits of the tenant apply",
    "Names are compared without regard to case",
)


def camel(name: str) -> str:
    """Return the class name of a snake_case name."""
    return "".join(part.capitalize() for part in name.split("_"))


def plural(name: str) -> str:
    """Return the plural of a noun, near enough."""
    if name.endswith("y") and name[-2] not in "aeiou":
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("s", "x", "ch", "sh")) else f"{name}s"


class Writer:
    """Writes plain code at random: expressions, statements, functions and classes that use no library."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def docstring(self, what: str, indent: str) -> str:
        """Return a docstring of one line, or of a paragraph, or with what can go wrong."""
        random = self.random
        if random.random() < 0.4:
            return f'{indent}"""{what}."""\n'
        more = f".\n{indent}".join(random.sample(SENTENCES, random.randint(3, 6)))
        if random.random() < 0.5:
            more += f".\n\n{indent}Raises:\n{indent}    ValueError: {random.choice(SENTENCES).lower()}"
        return f'{indent}"""{what}.\n\n{indent}{more}.\n{indent}"""\n'

    def comment(self, indent: str) -> str:
        """Return a line of comment."""
        return f"{indent}# {self.random.choice(SENTENCES)}.\n"

    def name(self) -> str:
        """Return the name of a variable."""
        random = self.random
        if random.random() < 0.5:
            return random.choice((random.choice(NOUNS), random.choice(ATTRIBUTES)))
        return f"{random.choice(TRAITS)}_{random.choice(NOUNS)}"

    def constant(self) -> str:
        """Return a literal."""
        random = self.random
        match random.randrange(4):
            case 0:
                return str(random.randint(0, 500))
            case 1:
                return f'"{random.choice(TRAITS)}_{random.choice(NOUNS)}_{random.choice(ATTRIBUTES)}"'
            case 2:
                return f'"{random.choice((random.choice(TRAITS), random.choice(SENTENCES)))}"'
            case _:
                return random.choice(("True", "False", "0", "1", "1.0", '""'))

    def place(self, known: list[str]) -> str:
        """Return a name that is known, or what lies below it."""
        name = self.random.choice(known)
        return f"{name}.{self.random.choice(ATTRIBUTES)}" if self.random.random() < 0.4 else name

    def expression(self, known: list[str], depth: int = 2) -> str:
        """Return an expression over the names that are known."""
        random = self.random
        if depth <= 0:
            return self.place(known) if random.random() < 0.7 else self.constant()
        inner = depth - 1
        match random.randrange(12):
            case 0 | 1:
                given = ", ".join(self.expression(known, inner - 1) for _ in range(random.randint(0, 2)))
                return f"{random.choice(known)}.{random.choice(VERBS)}_{random.choice(ATTRIBUTES)}({given})"
            case 2:
                operator = random.choice(("+", "-", "*", "//"))
                return f"{self.expression(known, inner)} {operator} {self.place(known)}"
            case 3:
                return f'f"{random.choice(NOUNS)} {{{self.place(known)}}}: {{{self.place(known)}}}"'
            case 4:
                return f'{random.choice(known)}["{random.choice(ATTRIBUTES)}"]'
            case 5:
                each = random.choice(("each", "entry", "line", "one"))
                held = self.expression([each, *known], inner - 1)
                return f"[{held} for {each} in {self.place(known)} if {each}.{random.choice(ATTRIBUTES)}]"
            case 6:
                pairs = ", ".join(
                    f'"{key}": {self.expression(known, inner - 1)}'
                    for key in random.sample(ATTRIBUTES, random.randint(1, 3))
                )
                return f"{{{pairs}}}"
            case 7:
                function = random.choice(("len", "sorted", "sum", "min", "max", "tuple", "set", "str", "int"))
                return f"{function}({self.place(known)})"
            case 8:
                return f"({self.place(known)} if {self.condition(known)} else {self.constant()})"
            case _:
                return self.place(known) if random.random() < 0.7 else self.constant()

    def condition(self, known: list[str]) -> str:
        """Return an expression that is true or false."""
        random = self.random
        match random.randrange(6):
            case 0:
                return f"not {self.place(known)}"
            case 1:
                return f"{self.place(known)} in {self.place(known)}"
            case 2:
                return f"{self.place(known)} == {self.constant()}"
            case 3:
                return f"{self.place(known)} > {self.place(known)} and {self.place(known)}"
            case 4:
                return f"isinstance({random.choice(known)}, {random.choice(('str', 'int', 'list', 'dict'))})"
            case _:
                return f"{self.place(known)} <= {self.expression(known, 1)}"

    def statements(self, known: list[str], indent: str, number: int, depth: int = 2) -> str:
        """Return as many statements; those that bind a name make it known to the ones after them."""
        return "".join(self.statement(known, indent, depth) for _ in range(number))

    def statement(self, known: list[str], indent: str, depth: int) -> str:
        """Return one statement, with what it holds."""
        random, inner = self.random, f"{indent}    "
        said = f'{inner}logger.info("{random.choice(SENTENCES)}: %s", {self.place(known)})\n'

        def block(number: int, *more: str) -> str:
            return self.statements([*known, *more], inner, number, depth - 1)

        match random.randrange(14 if depth else 8):
            case 0 | 1 | 2 | 3:
                name = self.name()
                line = f"{indent}{name} = {self.expression(known)}\n"
                known.append(name)
                return line
            case 4:
                return f"{indent}{random.choice(known)}.{random.choice(VERBS)}({self.expression(known)})\n"
            case 5:
                said = f'"{random.choice(SENTENCES)}: %s, %s", {self.place(known)}, {self.place(known)}'
                return f"{indent}logger.debug({said})\n"
            case 6:
                return self.comment(indent)
            case 7:
                return f"{indent}{random.choice(known)}.{random.choice(ATTRIBUTES)} = {self.expression(known)}\n"
            case 8 | 9:
                text = f"{indent}if {self.condition(known)}:\n{block(random.randint(0, 2))}{said}"
                return f"{text}{indent}else:\n{block(1)}{said}" if random.random() < 0.4 else text
            case 10 | 11:
                each = random.choice(("each", "entry", "line", "one"))
                return f"{indent}for {each} in {self.place(known)}:\n{block(random.randint(0, 2), each)}{said}"
            case 12:
                error = random.choice(("ValueError", "KeyError", "TypeError", "(ValueError, LookupError)"))
                return (
                    f"{indent}try:\n{block(random.randint(0, 2))}{said}{indent}except {error} as error:\n"
                    f'{inner}raise ValueError(f"no such {random.choice(NOUNS)}: {{error}}") from error\n'
                )
            case _:
                return f'{indent}if {self.condition(known)}:\n{inner}raise ValueError("{random.choice(SENTENCES)}")\n'

    def function(self, name: str, *, indent: str = "", own: bool = False, asynchronous: bool = False) -> str:
        """Return a function, or a method where it is `own`."""
        random = self.random
        taken = [
            f"{trait}_{noun}" for trait, noun in zip(random.sample(TRAITS, 4), random.sample(NOUNS, 4), strict=True)
        ]
        taken = taken[: random.randint(1, 4)]
        typed = ", ".join(
            f"{each}: {random.choice(('str', 'int', 'Any', 'list[Any]', 'dict[str, Any]'))}" for each in taken
        )
        first = f"self, {typed}" if own else typed
        known = [*taken, "self"] if own else list(taken)
        body = self.statements(known, f"{indent}    ", random.randint(3, 9))
        what = f"{name.strip('_').replace('_', ' ').capitalize()} of a {random.choice(TRAITS)} {random.choice(NOUNS)}"
        return (
            f"{indent}{'async ' if asynchronous else ''}def {name}({first}) -> Any:\n"
            f"{self.docstring(what, f'{indent}    ') if random.random() < 0.85 else ''}"
            f"{body}{indent}    return {self.expression(known)}\n"
        )

    def cls(self, name: str, bases: str = "") -> str:
        """Return a class with a constructor and methods."""
        random = self.random
        taken = random.sample(NOUNS, random.randint(2, 4))
        kept = "".join(f"        self.{each} = {each}\n" for each in taken)
        given = ", ".join(f"{each}: {random.choice(('str', 'int', 'Any'))}" for each in taken)
        methods = [
            self.function(f"{random.choice(VERBS)}_{random.choice(NOUNS)}", indent="    ", own=True)
            for _ in range(random.randint(2, 5))
        ]
        doc = self.docstring(f"A {random.choice(TRAITS)} {random.choice(NOUNS)}", "    ")
        head = f"class {name}{f'({bases})' if bases else ''}:\n{doc}\n"
        return "\n".join([f"{head}    def __init__(self, {given}) -> None:\n{kept}", *methods])
