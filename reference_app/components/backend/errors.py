from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, status
from fastapi.responses import JSONResponse

from reference_app.core.errors import Conflict, Missing, Unauthorized


def add_error_handlers(app: FastAPI) -> None:
    """Say why a service refused, in the shape of FastAPI's own errors."""
    app.add_exception_handler(Conflict, _answer(status.HTTP_409_CONFLICT))
    app.add_exception_handler(Missing, _answer(status.HTTP_404_NOT_FOUND))
    app.add_exception_handler(Unauthorized, _answer(status.HTTP_401_UNAUTHORIZED, {"WWW-Authenticate": "Bearer"}))


def _answer(
    status_code: int, headers: dict[str, str] | None = None
) -> Callable[[Request, Exception], Awaitable[JSONResponse]]:
    async def answer(_: Request, refusal: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(refusal)}, status_code, headers)

    return answer
