"""What modules are taken for."""

from __future__ import annotations

from conformance.examples import program_from


def test_a_module_named_service_is_one_and_a_feature_of_that_name_is_none() -> None:
    program = program_from({"app/users/service.py": "", "app/service/models.py": "", "app/services/mail.py": ""})

    roles = {module.name: sorted(module.roles) for module in program.modules if module.roles}

    assert roles == {
        "app.services": ["services"],
        "app.services.mail": ["services"],
        "app.service.models": ["models"],
        "app.users.service": ["services"],
    }


def test_a_package_of_configurations_in_the_plural_is_the_configuration() -> None:
    program = program_from({"app/configs/chat.py": "import os\n\nTOKENS = os.environ['TOKENS']\n"})

    assert sorted(m.name for m in program.modules if m.has_role("config")) == ["app.configs", "app.configs.chat"]


PROVIDER = "def get_{0}(): ...\n"
USING = (
    "from fastapi import APIRouter, Depends\n\nfrom app.{0}.one import get_one\nfrom app.{0}.two import get_two\n\n"
    "router = APIRouter()\n\n\n@router.get('/')\ndef index(a=Depends(get_one), b=Depends(get_two)): ...\n"
)


def test_the_folder_that_holds_the_providers_is_deps_and_a_core_with_two_of_them_is_none() -> None:
    found = {}
    for folder, beside in (
        ("injection", ("three",)),
        ("core", ("three",)),
        ("injected", ("config",)),
        ("database", ("tables", "redis")),
    ):
        files = {
            f"app/{folder}/one.py": PROVIDER.format("one"),
            f"app/{folder}/two.py": PROVIDER.format("two"),
            **{f"app/{folder}/{name}.py": "X = 1\n" for name in beside},
            "app/routes.py": USING.format(folder),
        }
        found[folder] = sorted(m.name for m in program_from(files).modules if m.has_role("deps"))

    assert found == {
        "injection": ["app.injection", "app.injection.one", "app.injection.three", "app.injection.two"],
        "core": [],
        "injected": [],
        "database": [],
    }


def test_a_feature_named_config_is_not_the_configuration_where_another_module_has_the_settings() -> None:
    program = program_from(
        {
            "app/plugin/config/service.py": "def find(): ...\n",
            "app/core/conf.py": "from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings): ...\n",
        }
    )

    assert [m.name for m in program.modules if m.has_role("config")] == ["app.core.conf"]
