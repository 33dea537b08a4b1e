"""What routes may ask for, as type aliases. A provider is imported from its own module, to guard or to override."""

from reference_app.deps.auth import CurrentUserDep, OwnedJobDep
from reference_app.deps.db import DbSessionDep
from reference_app.deps.jobs import JobServiceDep
from reference_app.deps.metrics import MeterProviderDep
from reference_app.deps.queue import TaskQueueDep
from reference_app.deps.redis import RedisDep
from reference_app.deps.reports import ReportServiceDep
from reference_app.deps.settings import SettingsDep
from reference_app.deps.system import SystemServiceDep
from reference_app.deps.tokens import TokenServiceDep
from reference_app.deps.users import UserServiceDep

__all__ = [
    "CurrentUserDep",
    "DbSessionDep",
    "JobServiceDep",
    "MeterProviderDep",
    "OwnedJobDep",
    "RedisDep",
    "ReportServiceDep",
    "SettingsDep",
    "SystemServiceDep",
    "TaskQueueDep",
    "TokenServiceDep",
    "UserServiceDep",
]
