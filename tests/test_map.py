"""The map: the three graphs, the texts for mermaid and graphviz, and the page in a browser."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from conformance import cli
from conformance.check import Examined, examine
from conformance.config import Config
from conformance.map import MAPS, VIEWS
from conformance.map.graphs import Edge, Graph, Kind, Node
from conformance.map.text import collapsed, dot, mermaid
from tests.browser import CHROMIUM, Page, chromium
from tests.kit import lay_out

APP = {
    "app/__init__.py": "",
    "app/main.py": "from fastapi import FastAPI\n\nfrom app.api import users\nfrom app.lifespan import lifespan\n\n"
    "app = FastAPI(lifespan=lifespan)\napp.include_router(users.router)\n",
    "app/lifespan.py": "from contextlib import asynccontextmanager\n\nfrom arq import create_pool\n\n\n"
    "@asynccontextmanager\nasync def lifespan(app):\n    app.state.redis = await create_pool()\n"
    "    try:\n        yield\n"
    "    finally:\n        await app.state.redis.aclose()\n",
    "app/deps/__init__.py": 'from app.deps.redis import RedisDep\n\n__all__ = ["RedisDep"]\n',
    "app/deps/redis.py": "from typing import Annotated\n\nfrom fastapi import Depends, Request\n"
    "from arq import ArqRedis\n\n\n"
    "def get_redis(request: Request) -> ArqRedis | None:\n    return request.app.state.redis\n\n\n"
    "RedisDep = Annotated[ArqRedis, Depends(get_redis)]\n",
    "app/api/__init__.py": "",
    "app/api/users.py": "from fastapi import APIRouter\n\nfrom app.deps.redis import RedisDep\n\n"
    "router = APIRouter()\n\n\n"
    '@router.get("/users")\nasync def users(redis: RedisDep) -> list[str]:\n'
    '    await redis.enqueue_job("greet")\n    return []\n',
    "app/tasks/__init__.py": "",
    "app/tasks/greet.py": 'async def greet(ctx: dict) -> None:\n    await ctx["http"].get("/")\n',
    "app/worker.py": "import httpx\nfrom arq.connections import RedisSettings\n\n"
    "from app.tasks.greet import greet\n\n\n"
    'async def on_startup(ctx: dict) -> None:\n    ctx["http"] = httpx.AsyncClient()\n\n\n'
    'async def on_shutdown(ctx: dict) -> None:\n    await ctx["http"].aclose()\n\n\n'
    "class WorkerSettings:\n    functions = [greet]\n    on_startup = on_startup\n    on_shutdown = on_shutdown\n"
    "    redis_settings = RedisSettings()\n",
}


@pytest.fixture(scope="module")
def examined(tmp_path_factory: pytest.TempPathFactory) -> Examined:
    return examine([lay_out(tmp_path_factory.mktemp("target"), APP) / "app"], Config())


def ways(graph: Graph) -> set[tuple[str, str, str]]:
    labels = {node.id: node.label for node in graph.nodes}
    return {(labels[edge.source], edge.label, labels[edge.target]) for edge in graph.edges}


# --- the graphs ----------------------------------------------------------------------------------------------------


def test_modules_are_drawn_with_their_roles_and_a_broken_import_has_its_finding(examined: Examined) -> None:
    graph = VIEWS["modules"](examined)

    assert {node.label: node.within[0] for node in graph.nodes} == {
        "app": "no role",
        "app.api": "no role",
        "app.api.users": "routes",
        "app.deps": "deps",
        "app.deps.redis": "deps",
        "app.lifespan": "lifespan",
        "app.main": "entrypoint",
        "app.tasks": "tasks",
        "app.tasks.greet": "tasks",
        "app.worker": "worker",
    }
    broken = [edge for edge in graph.edges if edge.findings]
    assert [(edge.source, edge.target, edge.line) for edge in broken] == [
        ("module:app/api/users.py", "module:app/deps/redis.py", 3)
    ]
    assert [examined.report.findings[number].rule for number in broken[0].findings] == ["DI111"]


def test_injection_leads_from_the_endpoint_to_the_release(examined: Examined) -> None:
    graph = VIEWS["injection"](examined)

    assert ways(graph) == {
        ("GET users", "takes", "RedisDep"),
        ("RedisDep", "stands for", "get_redis"),
        ("get_redis", "reads", "app.state.redis"),
        ("app.state.redis", "is set by", "lifespan, line 8"),
        ("lifespan, line 8", "is released by", "app.state.redis.aclose, line 12"),
    }
    provider = next(node for node in graph.nodes if node.kind is Kind.PROVIDER)
    assert "DI101" in {examined.report.findings[number].rule for number in provider.findings}


def test_the_worker_leads_from_the_enqueue_to_the_release(examined: Examined) -> None:
    assert ways(VIEWS["worker"](examined)) == {
        ("users, line 10", "enqueues", "greet"),
        ("WorkerSettings", "registers", "greet"),
        ("greet", "reads", 'ctx["http"]'),
        ('ctx["http"]', "is set by", "on_startup, line 8"),
        ("on_startup, line 8", "is released by", 'ctx["http"].aclose, line 12'),
    }


def test_what_arq_itself_puts_into_ctx_is_said(tmp_path: Path) -> None:
    task = 'async def greet(ctx: dict) -> None:\n    await ctx["redis"].ping()\n'
    target = lay_out(tmp_path, {**APP, "app/tasks/greet.py": task}) / "app"

    assert ('ctx["redis"]', "is set by", "arq itself") in ways(VIEWS["worker"](examine([target], Config())))


def test_a_key_that_nothing_sets_ends_in_a_broken_arrow(tmp_path: Path) -> None:
    unset = APP["app/deps/redis.py"].replace("state.redis", "state.cache")
    made = examine([lay_out(tmp_path, {**APP, "app/deps/redis.py": unset}) / "app"], Config())

    graph = VIEWS["injection"](made)

    broken = next(edge for edge in graph.edges if edge.target == "state_key:cache")
    assert "LC207" in {made.report.findings[number].rule for number in broken.findings}
    assert not [edge for edge in graph.edges if edge.source == "state_key:cache"]


# --- text ----------------------------------------------------------------------------------------------------------


def a_graph(*labels: str, broken: bool = False) -> Graph:
    found = (0,) if broken else ()
    nodes = tuple(
        Node(f"module:{label}", Kind.MODULE, label, ("routes", *label.split(".")), "a.py", 1, (), found)
        for label in labels
    )
    edges = tuple(Edge(one.id, other.id, "imports", "a.py", 1, findings=found) for one, other in pairwise(nodes))
    return Graph("modules", "Modules", nodes, edges)


def test_mermaid_draws_what_is_broken_red() -> None:
    assert mermaid(a_graph("app.a", "app.b", broken=True)) == (
        '---\ntitle: "Modules"\n---\nflowchart LR\n  subgraph g0["routes"]\n    n0["app.a ✗1"]\n    n1["app.b ✗1"]\n'
        "  end\n"
        "  n0 ==> n1\n  classDef broken stroke:#c1121f,stroke-width:4px\n  class n0,n1 broken\n"
        "  linkStyle 0 stroke:#c1121f,stroke-width:4px\n"
    )


def test_dot_draws_what_is_broken_red() -> None:
    text = dot(a_graph("app.a", "app.b", broken=True))

    assert '"module:app.a" [label="app.a ✗1", tooltip="a.py:1", color="#c1121f", penwidth=3];' in text
    assert '"module:app.a" -> "module:app.b" [color="#c1121f", penwidth=3];' in text
    assert text.startswith("digraph modules {")


HOSTILE = '"] --> x\n</script><b>`\\" &lt; \u202e'


def test_no_text_of_the_target_acts_in_mermaid() -> None:
    line = next(line for line in mermaid(a_graph(HOSTILE)).splitlines() if line.startswith("    n0"))

    assert re.fullmatch(r'    n0\["[\w .,:/()*?=#;-]*"\]', line)


def test_no_text_of_the_target_acts_in_dot() -> None:
    for quoted in re.findall(r'"((?:[^"\\]|\\.)*)"', dot(a_graph(HOSTILE))):
        assert "\n" not in quoted
    assert len(dot(a_graph(HOSTILE)).splitlines()) == len(dot(a_graph("app.a")).splitlines())


def test_many_modules_are_drawn_as_their_packages() -> None:
    graph = a_graph(*(f"app.p{number % 40}.m{number}" for number in range(2000)))

    drawn = collapsed(graph, 50)

    assert len(drawn.nodes) == 40
    assert drawn.nodes[0].label == "app.p0 (50)"
    assert sum(int(re.findall(r"\((\d+)\)", edge.label)[0]) for edge in drawn.edges) == 1999


def test_the_formats_and_views_of_the_command_line_are_those_of_the_tables() -> None:
    assert tuple(MAPS) == cli.MAPS
    assert tuple(VIEWS) == cli.VIEWS


def test_the_command_writes_each_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(lay_out(tmp_path, APP) / "app")

    assert cli.main(["map", folder, "--isolated", "--format", "dot", "--view", "worker"]) == 0
    assert capsys.readouterr().out.startswith("digraph worker {")
    assert cli.main(["map", folder, "--isolated", "-o", str(tmp_path / "map.html")]) == 0
    assert capsys.readouterr().out == ""
    assert (tmp_path / "map.html").read_text("utf-8").startswith("<!doctype html>")


# --- the page ------------------------------------------------------------------------------------------------------


class Scripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.data = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][1].get("id") == "data":
            self.data += data


def test_the_page_holds_all_it_needs_and_its_data_cannot_act(tmp_path: Path) -> None:
    name = "app/api/<script>alert(1)<!--.py"
    files = {**APP, name: APP["app/api/users.py"].replace('"greet"', '"</script><script>alert(2)</script>"')}
    text = MAPS["html"](examine([lay_out(tmp_path, files) / "app"], Config()), "")

    page = Scripts()
    page.feed(text)
    assert [attributes for tag, attributes in page.tags if tag == "script"] == [
        {"type": "application/json", "id": "data"},
        {},
        {},
        {},
    ]
    assert not [tag for tag, attributes in page.tags if tag == "link" or {"src", "href"} & set(attributes)]
    data = json.loads(page.data)
    assert any("<script>" in node["label"] for node in data["graphs"][0]["nodes"])
    assert "default-src 'none'; script-src 'sha256-" in text


def test_the_libraries_came_with_their_licences() -> None:
    folder = Path(cli.__file__).parent / "map" / "page" / "vendor"

    scripts = sorted(file.name.split(".")[0] for file in folder.glob("*.js"))
    assert scripts == ["cytoscape", "dagre"]
    assert all("Permission is hereby granted" in (folder / f"{name}.LICENSE").read_text("utf-8") for name in scripts)


needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")


def a_page(folder: Path, examined: Examined) -> str:
    (folder / "map.html").write_text(MAPS["html"](examined, ""), "utf-8")
    return (folder / "map.html").as_uri()


def told(page: Page, selector: str) -> str:
    return str(page.run(f"document.querySelector({json.dumps(selector)}).innerText"))


@needs_browser
def test_a_finding_shows_its_code_and_what_to_write_instead(tmp_path: Path, examined: Examined) -> None:
    with chromium(tmp_path) as page:
        page.open(a_page(tmp_path, examined))
        page.until("window.drawnMap !== undefined")

        page.press("/", "/")
        page.type("DI101")
        page.until("document.querySelectorAll('#list button').length === 1")
        page.press("Enter")

        page.until("document.querySelector('#details h2') !== null")
        assert told(page, "#details h2") == "✗ DI101 nullable-provider"
        assert "def get_redis(request: Request) -> ArqRedis | None:" in told(page, "#details .hit")
        assert "Write instead" in told(page, "#details")
        page.click("#show")
        page.until("document.querySelector('#details h2').innerText === 'module: app.deps.redis'")
        assert page.errors == []
        assert [url for url in page.requests if not url.startswith("file:")] == []


@needs_browser
def test_a_finding_has_an_address_that_opens_it(tmp_path: Path, examined: Examined) -> None:
    (tmp_path / "map.html").write_text(MAPS["html"](examined, "modules"), "utf-8")
    with chromium(tmp_path) as page:
        page.open((tmp_path / "map.html").as_uri())
        page.until("window.drawnMap !== undefined")
        page.click("[data-finding='0']")
        address = page.run("location.href")
        assert page.run("document.querySelector('#details a').href") == address
        shown = page.run("document.querySelector('#details h2').textContent")
        page.press("Escape")
        assert "#" not in page.run("location.href")

        page.run(f"location.hash = {address.partition('#')[2]!r}")
        page.until("document.querySelector('#details h2') !== null")
        assert page.run("document.querySelector('#details h2').textContent") == shown
        assert page.run("document.activeElement.id") == "details"
        page.run("location.hash = 'finding=gone'")
        page.until("document.getElementById('told').textContent.startsWith('There is no such finding')")
        page.click("#copy")
        page.until(
            "document.getElementById('copy').textContent === 'Copied' || !document.getElementById('address').hidden"
        )
        assert page.errors == []

    with chromium(tmp_path / "again") as page:
        page.open(address)
        page.until("document.querySelector('#details h2') !== null")
        assert page.run("document.querySelector('#details h2').textContent") == shown
        assert page.run("location.href") == address
        assert page.errors == []


@needs_browser
def test_the_picture_goes_by_keys_and_shows_all_three_views(tmp_path: Path, examined: Examined) -> None:
    with chromium(tmp_path) as page:
        page.open(a_page(tmp_path, examined))
        page.until("window.drawnMap !== undefined")

        for key, nodes in (("2", 6), ("3", 6), ("1", 10)):
            page.press(key, key)
            page.until(f"window.drawnMap.nodes === {nodes}")
        page.run("document.getElementById('graph').focus()")
        page.press("ArrowRight")
        page.until("document.querySelector('#details h2') !== null")
        first = told(page, "#details h2")
        page.press("ArrowDown")
        page.press("ArrowRight")
        page.until(f"document.querySelector('#details h2').innerText !== {json.dumps(first)}")
        page.press("Escape")
        page.until("document.querySelector('#details h2') === null")
        before = page.run("document.documentElement.dataset.theme")
        page.click("#theme")
        assert {before, page.run("document.documentElement.dataset.theme")} == {"light", "dark"}
        assert page.errors == []


@needs_browser
def test_a_rule_and_a_role_narrow_the_picture(tmp_path: Path, examined: Examined) -> None:
    with chromium(tmp_path) as page:
        page.open(a_page(tmp_path, examined))
        page.until("window.drawnMap.nodes === 10")

        page.run("(r => { r.value = 'DI111'; r.dispatchEvent(new Event('change')); })(document.getElementById('rule'))")
        page.until("window.drawnMap.nodes === 2")
        page.run("(r => { r.value = ''; r.dispatchEvent(new Event('change')); })(document.getElementById('rule'))")
        page.click("#groups summary")
        page.click("#groups label input")
        page.until("window.drawnMap.nodes === 8")
        assert page.errors == []


@needs_browser
def test_two_thousand_modules_open_as_packages(tmp_path: Path) -> None:
    files = {f"app/p{n // 50}/q{n // 10 % 5}/m{n}.py": f"import app.p{(n + 50) // 50 % 40}\n" for n in range(2000)}
    files |= {f"app/p{n}/__init__.py": "" for n in range(40)}
    with chromium(tmp_path) as page:
        page.open(a_page(tmp_path, examine([lay_out(tmp_path / "target", files) / "app"], Config())))
        page.until("window.drawnMap !== undefined && window.drawnMap.nodes > 0")

        nodes = page.run("window.drawnMap.nodes")
        assert 20 <= nodes <= 60
        page.click("#open")
        page.until(f"window.drawnMap.nodes > {nodes}")
        assert page.errors == []
