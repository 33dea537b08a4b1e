import typer

from reference_app.cli.jobs import jobs
from reference_app.cli.system import init_db, status
from reference_app.cli.users import users

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Operate the triage application.")
app.command()(init_db)
app.command()(status)
app.add_typer(users, name="users")
app.add_typer(jobs, name="jobs")
