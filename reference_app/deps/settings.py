from typing import Annotated

from fastapi import Depends

from reference_app.config import Settings, get_settings

SettingsDep = Annotated[Settings, Depends(get_settings)]
