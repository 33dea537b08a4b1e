import asyncio

from reference_app.components.scheduler.schedule import running_scheduler
from reference_app.config import get_settings
from reference_app.core.logs import configure_logging


async def keep_the_clock() -> None:
    async with running_scheduler(get_settings()):
        await asyncio.Event().wait()


if __name__ == "__main__":
    configure_logging(get_settings().log_level)
    asyncio.run(keep_the_clock())
