from typing import Literal, NamedTuple

from reference_app.models import JobState, SystemStatus


class Tile(NamedTuple):
    """One figure of the dashboard, however it is drawn."""

    name: str
    value: str
    tone: Literal["plain", "good", "bad"] = "plain"


def verdict_of(status: SystemStatus) -> str:
    return "The system is healthy." if status.healthy else "The system is not well."


def tiles_of(status: SystemStatus) -> list[Tile]:
    return [
        _server("Database", status.database),
        _server("Redis", status.redis),
        _server("Worker", status.worker),
        Tile("In the queue", str(status.queued)),
        *(Tile(f"Jobs {state}", str(status.jobs.get(state, 0))) for state in JobState),
    ]


def _server(name: str, up: bool) -> Tile:
    return Tile(name, "up", "good") if up else Tile(name, "down", "bad")
