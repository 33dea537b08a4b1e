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
