"""Every normative statement of the two documents: which rules decide it, and what only a reviewer can.

The texts are in own words. A statement that no rule decides wholly carries a question, with the places to look.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["DOCUMENTS", "SECTIONS", "STATEMENTS", "Look", "Section", "Statement"]


class Look(StrEnum):
    """What in the code a question is about: where a reviewer looks."""

    PROVIDERS = "providers"
    STATE_KEYS = "keys of app.state"
    LIFESPANS = "lifespans"
    ENDPOINTS = "endpoints"
    ROUTERS = "routers"
    TASKS = "tasks"
    CONTEXT_KEYS = "keys of arq's ctx"
    WORKERS = "workers"
    ENQUEUES = "calls that enqueue"
    SERVICES = "services"
    COMPONENTS = "components"
    CLI = "command line"
    SETTINGS = "configuration"
    TESTS = "tests"
    SUPPRESSIONS = "suppressed findings"


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that a document demands.

    Attributes:
        rules: the ids of the rules that decide it; two letters stand for a family that is off until asked for.
        question: what is left to ask a reviewer, "" where the rules decide it wholly.
        look: where to look for the answer.
    """

    id: str
    text: str
    rules: tuple[str, ...] = ()
    question: str = ""
    look: tuple[Look, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a document.

    Attributes:
        chapter: the heading that it stands under, "" for one of the first level.
        nothing: why it demands nothing, "" where it has statements.
    """

    document: str
    title: str
    statements: tuple[Statement, ...]
    chapter: str = ""
    nothing: str = ""


DOCUMENTS: Final = {
    "PRD-012": "Backend Architecture & Dependency Injection Standards",
    "IP": "Integration Patterns (Aegis Stack)",
}


def _decided(name: str, text: str, *rules: str) -> Statement:
    return Statement(name, text, rules)


def _partly(name: str, text: str, rules: str, question: str, *look: Look) -> Statement:
    return Statement(name, text, tuple(rules.split()), question, look)


def _asked(name: str, text: str, question: str, *look: Look) -> Statement:
    return Statement(name, text, (), question, look)


def _prd(chapter: str, title: str, *statements: Statement, nothing: str = "") -> Section:
    return Section("PRD-012", title, statements, chapter, nothing)


def _ip(title: str, *statements: Statement, nothing: str = "") -> Section:
    return Section("IP", title, statements, "", nothing)


_1 = "§1 — Purpose & Scope"
_2 = "§2 — Core Forbidden Patterns"
_3 = "§3 — FastAPI DI Architecture"
_4 = "§4 — Async Resource Lifecycle Rules"
_5 = "§5 — ARQ Worker DI"
_6 = "§6 — Dependency Module File Layout"
_7 = "§7 — Testing with DI"
_8 = "§8 — Cross-References"

_PRD: Final = (
    _prd(
        _1,
        "Problem Statement",
        _decided("prd.1.nullable", "No injected parameter is typed so that it may be None.", "DI101", "DI102"),
        _decided("prd.1.fallback", "No dependency is constructed as the fallback of one that was not given.", "DI103"),
        _decided("prd.1.god-file", "No single dependencies file holds every dependency.", "DI104"),
        _decided("prd.1.singletons", "No pool, client or engine comes into being while a module is imported.", "DI106"),
        _decided("prd.1.state-in-routes", "Routes do not touch app.state.", "DI107"),
        _decided("prd.1.worker-globals", "The worker keeps no dependency in a module global.", "WK303"),
    ),
    _prd(
        _1,
        "Boundary",
        _partly(
            "prd.1.scope",
            "The standard holds for every FastAPI route and every ARQ task.",
            "CK903 CK904",
            "Is there a route or task that this check was not given (generated, excluded, in another repository)?",
            Look.ROUTERS,
            Look.TASKS,
        ),
        _asked(
            "prd.1.auth",
            "Injection for authentication (the current user, token validation) follows PRD-008-1.",
            "Do the providers that authenticate do what PRD-008-1 says?",
            Look.PROVIDERS,
        ),
    ),
    _prd(
        "",
        _2,
        _partly(
            "prd.2.review",
            "The forbidden patterns are enforced in code review, since no linter catches them all.",
            "CK901 CK902",
            "Is the reason given for each suppressed finding one that you accept?",
            Look.SUPPRESSIONS,
        ),
    ),
    _prd(
        _2,
        "Rule 1 — No Nullable Dependency Parameters",
        _decided("prd.r1.never-none", "A provider never supplies None.", "DI101"),
        _partly(
            "prd.r1.raises",
            "Where a resource is not ready, its provider raises, at once and at that layer.",
            "DI101 LC207",
            "Does each provider raise an error that names the resource, and none hide it behind a default?",
            Look.PROVIDERS,
        ),
        _decided("prd.r1.signature", "The parameter that receives a dependency is not optional.", "DI102"),
    ),
    _prd(
        _2,
        "Rule 2 — No x = x or SomeClass() Conditional Fallback Construction",
        _decided(
            "prd.r2.every-layer",
            "Providers, factories and constructors do not construct what they were not given.",
            "DI103",
        ),
        _partly(
            "prd.r2.error",
            "A dependency that was not injected is a programming error, and shows as one.",
            "DI103 DI117",
            "Does a null object or a dummy as default hide a dependency that was not given?",
            Look.PROVIDERS,
            Look.SERVICES,
        ),
    ),
    _prd(
        _2,
        "Rule 3 — SRP: One Dependency Module per Resource",
        _decided("prd.r3.one-concern", "A dependency module serves one concern.", "DI104"),
    ),
    _prd(
        _2,
        "Rule 4 — No Module-Level Singletons: All Stateful Resources Live in Lifespan",
        _decided(
            "prd.r4.no-module-level",
            "Nothing, stateful or stateless, is instantiated at module level, without exception.",
            "DI106",
            "CF604",
        ),
        _partly(
            "prd.r4.lifespan-owns",
            "The lifespan (FastAPI) or on_startup (ARQ) creates and owns every resource.",
            "DI106 LC204 WK304",
            "Does an object that is not known as a resource hold a connection, a thread or a cache of its own?",
            Look.STATE_KEYS,
            Look.CONTEXT_KEYS,
        ),
        _decided(
            "prd.r4.released", "The lifespan releases what has to be released, after its yield.", "LC201", "LC202"
        ),
    ),
    _prd(
        _2,
        "Rule 5 — No Quasi-Globals in Async Context: ARQ Worker Uses ctx Exclusively",
        _decided("prd.r5.contextvar", "No ContextVar carries a resource.", "WK302"),
        _decided("prd.r5.globals", "No module-level name is assigned a resource at start-up.", "WK303"),
        _decided("prd.r5.ctx-only", "arq's ctx is the only carrier of the worker's resources.", "WK304", "WK305"),
        _decided("prd.r5.none-checks", "Tasks do not check whether a resource is there.", "WK312"),
    ),
    _prd(
        _3,
        "Lifespan Pattern (Canonical)",
        _decided(
            "prd.3.init",
            "Application-scoped singletons are initialised in the lifespan and stored in app.state.",
            "DI106",
            "LC204",
            "LC207",
            "LC208",
        ),
        _decided("prd.3.own-module", "The lifespan has a module of its own, apart from the entrypoint.", "DI114"),
        _decided("prd.3.cleanup", "What the lifespan initialises, it cleans up.", "LC201", "LC202"),
        _asked(
            "prd.3.metrics",
            "Metrics of the API are configured in the lifespan (PRD-011).",
            "Does the lifespan configure the metrics, once?",
            Look.LIFESPANS,
        ),
    ),
    _prd(
        _3,
        "Dependency Provider Files",
        _decided("prd.3.in-deps", "Providers live in the deps package.", "DI105"),
        _decided(
            "prd.3.returns-state",
            "A provider hands out what app.state holds and makes no pool of its own.",
            "LC204",
            "LC207",
        ),
        _decided("prd.3.alias", "Beside each provider stands its Annotated alias.", "DI110"),
        _decided("prd.3.typed", "Provider and alias say the same type.", "DI115", "DI116"),
        _partly(
            "prd.3.session",
            "The database session is yielded per request, rolled back on an error, which goes on, and closed.",
            "LC205 LC206 LC210",
            "Does the session provider roll back on an error, itself or by its context manager?",
            Look.PROVIDERS,
        ),
        _decided("prd.3.settings", "Settings come from one cached function.", "LC209"),
        _asked(
            "prd.3.chain",
            "A provider that needs another takes it by its alias.",
            "Do providers take what they need by alias, and not by fetching it themselves?",
            Look.PROVIDERS,
        ),
    ),
    _prd(
        _3,
        "deps/__init__.py — Re-exports Only Type Aliases",
        _decided(
            "prd.3.init-aliases",
            "The deps package re-exports Annotated aliases, lists them, and nothing else.",
            "DI109",
        ),
        _decided("prd.3.init-no-providers", "Provider functions are never re-exported.", "DI109"),
        _decided("prd.3.import-package", "Routes import from the deps package, not from its modules.", "DI111"),
        _decided("prd.3.override-import", "Who overrides a provider imports it from its own module.", "DI109", "DI111"),
    ),
    _prd(
        _3,
        "Route Consumption (Canonical)",
        _decided("prd.3.by-alias", "Endpoints take dependencies as parameters typed with an alias.", "DI112", "DI117"),
        _decided("prd.3.body", "Endpoints take a typed body and return a typed response.", "DV501", "DV504"),
    ),
    _prd(
        _3,
        "Router-Level Auth Injection (Keep Existing Pattern)",
        _asked(
            "prd.3.router-auth",
            "Where a whole router requires authentication, the router injects it.",
            "Which of these routers require authentication on every route, and does the router say so?",
            Look.ROUTERS,
        ),
        _decided("prd.3.no-redeclare", "Routes of such a router redeclare the user only where they use it.", "DI113"),
    ),
    _prd(
        "",
        _4,
        _decided(
            "prd.4.db-pool",
            "The database pool lives from start-up to shutdown of the application.",
            "DI106",
            "LC201",
            "LC204",
        ),
        _decided(
            "prd.4.redis-pool",
            "The Redis pool lives from start-up to shutdown of the application.",
            "DI106",
            "LC201",
            "LC204",
        ),
        _decided(
            "prd.4.session",
            "A database session lives for one request, and closes in a finally.",
            "LC203",
            "LC205",
            "LC206",
        ),
        _decided("prd.4.redis-connection", "Requests get the pool, which manages its connections.", "LC204"),
        _decided("prd.4.settings", "Settings are immutable and cached for the application.", "LC209", "CF604"),
        _asked(
            "prd.4.meter",
            "The MeterProvider is configured in the lifespan.",
            "Is the MeterProvider set up by the lifespan, and put where its provider reads it?",
            Look.LIFESPANS,
            Look.STATE_KEYS,
        ),
        _decided(
            "prd.4.rule-1",
            "Application-scoped singletons are initialised in the lifespan, stored in app.state, never made at import.",
            "DI106",
            "DI108",
            "LC204",
            "LC207",
        ),
        _decided(
            "prd.4.rule-2",
            "Request-scoped resources are yielded, and cleaned up even when there is an exception.",
            "LC205",
            "LC206",
            "LC210",
        ),
        _decided(
            "prd.4.rule-3", "Scopes do not mix: no session in the lifespan, no pool in a provider.", "LC203", "LC204"
        ),
        _asked(
            "prd.4.rule-4",
            "Dependencies are cleaned up in the reverse of their order: the last declared first.",
            "Does a dependency that cleans up use another one that is declared after it?",
            Look.PROVIDERS,
            Look.ENDPOINTS,
        ),
    ),
    _prd(
        "",
        _5,
        _decided("prd.5.no-app", "The worker is a process of its own: no app.state and no request.", "WK311"),
        _decided("prd.5.ctx", "ctx alone passes resources from the hooks to the tasks.", "WK301", "WK303", "WK304"),
        _decided("prd.5.startup", "on_startup puts every resource of the worker into ctx.", "WK304", "WK305"),
        _decided("prd.5.shutdown", "on_shutdown releases what on_startup made.", "WK308"),
        _asked(
            "prd.5.metrics",
            "Metrics of the worker are configured in on_startup (PRD-011).",
            "Does on_startup configure the worker's metrics?",
            Look.WORKERS,
        ),
        _decided("prd.5.registered", "The worker's settings register every task, with its hooks.", "WK307", "WK309"),
        _partly(
            "prd.5.redis-settings",
            "The worker's Redis settings come from the application's settings.",
            "CF601",
            "Are the worker's Redis settings made from the settings, with no address written out?",
            Look.WORKERS,
        ),
        _decided("prd.5.tasks", "Tasks take every dependency from ctx.", "WK304", "WK305", "WK311"),
        _decided("prd.5.annotations", "What is said of the type of a value in ctx is accurate.", "WK306"),
    ),
    _prd(
        "",
        _6,
        _decided(
            "prd.6.layout",
            "There is a deps package, a lifespan, a config and a worker module where they are needed.",
            "LY409",
        ),
        _partly(
            "prd.6.deps-file",
            "A module of deps holds one resource's providers and their alias.",
            "DI104 DI110",
            "Is each module of deps named after what it provides?",
            Look.PROVIDERS,
        ),
        _decided("prd.6.deps-init", "The deps package itself re-exports aliases alone.", "DI109"),
        _decided("prd.6.deps-import", "Routes import aliases from the package.", "DI111"),
        _decided("prd.6.state-writer", "The lifespan module alone writes app.state.", "DI108"),
        _decided("prd.6.ctx-writer", "The worker module alone writes ctx.", "WK301"),
        _decided("prd.6.config", "The config module is the single source of environment variables.", "CF601", "CF603"),
        _partly(
            "prd.6.tasks",
            "Tasks live in a package of their own, a module for each concern.",
            "WK309 LY409",
            "Does each module of tasks have one concern?",
            Look.TASKS,
        ),
    ),
    _prd(
        _7,
        "Override Pattern (FastAPI Built-in)",
        _decided("prd.7.only-overrides", "Tests inject doubles by dependency_overrides alone.", "TS701", "TS704"),
        _decided("prd.7.effective", "What is overridden is a provider that the application depends on.", "TS703"),
        _decided("prd.7.duration", "An override lasts for the test: it is cleared.", "TS702"),
        _decided("prd.7.tests-only", "Overrides are for tests.", "TS706"),
    ),
    _prd(
        _7,
        "DB Session Override",
        _decided("prd.7.session", "The session is overridden at its provider.", "TS701", "TS702", "TS703"),
        _asked(
            "prd.7.engine",
            "Tests have an in-memory engine that is disposed, and a session for each test.",
            "Does each test have a session of its own, on an engine that no other system sees and that is disposed?",
            Look.TESTS,
        ),
    ),
    _prd(
        _7,
        "Combining Multiple Overrides",
        _decided("prd.7.combined", "Several overrides stand in one fixture, which clears them all.", "TS702"),
    ),
    _prd(
        _7,
        "Rule",
        _decided("prd.7.no-patch", "Module-level variables are never patched.", "TS701"),
        _decided(
            "prd.7.nothing-to-patch",
            "There are no module-level singletons that one would have to patch.",
            "DI106",
            "WK303",
        ),
    ),
    _prd(
        "",
        _8,
        _partly(
            "prd.8.prd-007",
            "PRD-007: no isinstance, cast, TYPE_CHECKING, try-except spam or Any.",
            "FP",
            'Is one of these patterns in the code? (`extend-select = ["FP"]` lets the check look.)',
        ),
        _asked(
            "prd.8.prd-008-1",
            "PRD-008-1: the auth layer gets its user and its Redis by injection.",
            "Does token validation take Redis by its alias?",
            Look.PROVIDERS,
        ),
        _asked(
            "prd.8.prd-011",
            "PRD-011: metrics are configured from the lifespan and from on_startup.",
            "Are both called from there, and from nowhere else?",
            Look.LIFESPANS,
            Look.WORKERS,
        ),
        _asked(
            "prd.8.prd-003",
            "PRD-003: reading and updating the state of a LangGraph graph takes no dependencies.",
            "Where the code uses LangGraph: are these calls free of injected objects?",
            Look.SERVICES,
            Look.TASKS,
        ),
        _decided("prd.8.prd-006", "PRD-006: bodies of requests and responses are Pydantic models.", "DV501", "DV504"),
    ),
)

_IP: Final = (
    _ip(
        "About This Guide",
        _decided("ip.about.all", "The patterns hold for every service, built in or one's own.", "LY402", "LY403"),
    ),
    _ip(
        "Business Logic Layer",
        _partly(
            "ip.layer",
            "Business logic is kept in services, apart from infrastructure, and can be called from anywhere.",
            "LY402 LY403",
            "Is there business logic in an endpoint, a task or a command?",
            Look.ENDPOINTS,
            Look.TASKS,
            Look.CLI,
        ),
    ),
    _ip(
        "What Goes Where",
        _decided("ip.where.data", "Services do the database work, the external calls and the files.", "LY404", "LY408"),
        _asked(
            "ip.where.logic",
            "Services hold complex logic and transformations of data.",
            "Does an endpoint or a task decide or transform what a service should?",
            Look.ENDPOINTS,
            Look.TASKS,
        ),
        _asked(
            "ip.where.pure",
            "Services hold pure functions that can be tested as units.",
            "Is what could be a pure function one, with a test?",
            Look.SERVICES,
        ),
        _asked(
            "ip.where.files",
            "A service is one file, or a folder where its domain is complex.",
            "Has a service file grown so that it should be a folder?",
            Look.SERVICES,
        ),
        _asked(
            "ip.where.components",
            "Components hold endpoints, scheduled jobs, background tasks and handlers of the user interface.",
            "Does each of these stand in the component that it belongs to?",
            Look.COMPONENTS,
        ),
        _decided("ip.where.explicit", "Components import services explicitly; nothing is discovered.", "LY405"),
        _decided(
            "ip.where.thin",
            "Components are thin: take the request, call the service, give the response.",
            "LY404",
            "LY408",
        ),
    ),
    _ip(
        "Service Structure Example",
        _partly(
            "ip.service.session",
            "A service is given its session when it is constructed.",
            "DI103 LY402",
            "Are the services given what they need, and do they reach for nothing?",
            Look.SERVICES,
        ),
        _decided("ip.service.compose", "Services may call services, and nothing further out.", "LY402"),
    ),
    _ip(
        "Component → Service Patterns",
        _decided("ip.pattern", "Every component imports the service and calls its method.", "LY404", "LY405", "LY408"),
    ),
    _ip("API → Service", _decided("ip.api", "Routes call methods of services.", "LY404", "LY406", "LY408")),
    _ip("CLI → Service", _decided("ip.cli", "Commands call the same methods.", "LY404", "LY408")),
    _ip(
        "Worker → Service",
        _decided("ip.worker.thin", "Tasks are thin wrappers of a method of a service.", "LY404", "LY408"),
        _decided("ip.worker.model", "A task makes a model of the data that it is given.", "DV505"),
        _decided("ip.worker.registered", "Tasks are registered in the worker's settings.", "WK309"),
    ),
    _ip("Scheduler → Service", _decided("ip.scheduler", "Scheduled jobs call methods of services.", "LY404", "LY408")),
    _ip(
        "Consistent Behavior",
        _asked(
            "ip.consistent",
            "One service class has many entry points: a workflow is the same wherever it starts.",
            "Is a workflow written twice, in two entry points?",
            Look.ENDPOINTS,
            Look.TASKS,
            Look.CLI,
        ),
    ),
    _ip(
        "Cross-Component Patterns",
        _decided("ip.cross", "Components meet at declared gateways and in services, not in each other.", "LY401"),
    ),
    _ip(
        "Scheduler → Worker",
        _decided(
            "ip.scheduler.enqueue",
            "The scheduler gives heavy work to the worker, by the name of a task that exists.",
            "WK310",
        ),
        _partly(
            "ip.scheduler.pool",
            "The pool of the queue is had from its gateway, and closed by whom it was made for.",
            "LY401",
            "Is each pool that is got for one call closed after it, in a finally?",
            Look.ENQUEUES,
        ),
        _asked(
            "ip.scheduler.choice",
            "Light work (under a second, no retry) runs in the scheduler; heavy work, or with retries, in the worker.",
            "Is each job on the right side?",
            Look.ENQUEUES,
            Look.TASKS,
        ),
    ),
    _ip(
        "API → Worker",
        _decided("ip.api.enqueue", "Endpoints queue work by the name of a task that exists.", "WK310", "LY401"),
        _asked(
            "ip.api.answer",
            "An endpoint that queues work answers at once, with the id of the job.",
            "Does each endpoint that enqueues give the id back, and wait for nothing?",
            Look.ENQUEUES,
        ),
    ),
    _ip(
        "Frontend ↔ Backend",
        _decided("ip.frontend", "The frontend runs beside the backend and calls services directly.", "LY401", "LY404"),
    ),
    _ip(
        "Container Boundaries",
        _asked(
            "ip.containers",
            "Each component runs in a container of its own and scales by itself.",
            "Can each component be started, stopped and scaled without another?",
            Look.COMPONENTS,
            Look.WORKERS,
        ),
        _decided(
            "ip.containers.shared",
            "Services, core, configuration and sessions are what components share.",
            "LY401",
            "LY402",
        ),
        _decided("ip.containers.isolated", "Hooks and start-up are each component's own.", "LY407"),
        _decided("ip.containers.lifecycle", "Each container manages its own lifecycle.", "LC201", "LY407", "WK308"),
        _asked(
            "ip.containers.resources",
            "Resources (CPU, memory) are allotted to each component by itself.",
            "Does the deployment say what each component gets?",
            Look.COMPONENTS,
        ),
    ),
    _ip(
        "Data Validation Boundaries",
        _decided(
            "ip.validation", "Data is validated where it enters and trusted inside.", "DV502", "DV503", "DV504", "DV505"
        ),
    ),
    _ip(
        "Validate Hard at Entry Points",
        _decided("ip.validation.api", "Endpoints take and give models.", "DV501", "DV504"),
        _partly(
            "ip.validation.cli",
            "Commands validate what they are given and what the API answers.",
            "DV502",
            "Do the commands check their arguments before they call a service?",
            Look.CLI,
        ),
        _decided("ip.validation.worker", "Tasks validate what they are given.", "DV505"),
    ),
    _ip(
        "Trust Internally",
        _decided("ip.trust", "Inside, attributes of models are read; nothing is looked up with `.get`.", "DV503"),
        _decided("ip.trust.out", "The response model validates what leaves the API.", "DV501"),
        _decided("ip.trust.cli", "Pydantic models validate what the API answers a command.", "DV502"),
    ),
    _ip(
        "Testing Services",
        _decided("ip.testing", "Tests of services need neither the API server nor the worker.", "TS705", "LY403"),
        _asked(
            "ip.testing.direct",
            "Services are tested directly.",
            "Has each service that the change touches a test that calls it?",
            Look.SERVICES,
        ),
    ),
    _ip(
        "Configuration Access",
        _decided("ip.config.import", "Settings are reached by an explicit import, everywhere.", "CF601", "LC209"),
        _decided("ip.config.constants", "Constants are immutable and depend on no environment.", "CF602"),
        _partly(
            "ip.config.environment",
            "What depends on the environment (addresses, secrets, switches) is configuration.",
            "CF601 CF603",
            "Is an address, a secret or a switch written into the code?",
            Look.SETTINGS,
        ),
    ),
    _ip("Next Steps", nothing="It says where to read on."),
)

SECTIONS: Final = (*_PRD, *_IP)
"""The sections of both documents, in their order."""

STATEMENTS: Final = tuple(statement for section in SECTIONS for statement in section.statements)
"""All of them."""
