from typing import Annotated

from fastapi import Depends, Request
from opentelemetry.metrics import MeterProvider


async def get_meter_provider(request: Request) -> MeterProvider:
    """Return the application's MeterProvider from app.state."""
    meter_provider: MeterProvider = request.app.state.meter_provider
    return meter_provider


MeterProviderDep = Annotated[MeterProvider, Depends(get_meter_provider)]


async def count_request(request: Request, meter_provider: MeterProviderDep) -> None:
    """Count the request by method; OpenTelemetry keeps one instrument per name."""
    counter = meter_provider.get_meter("reference_app").create_counter("api.requests")
    counter.add(1, {"method": request.method})
