"""`python -m src.commands`, which `server/aliquot` starts."""

from __future__ import annotations

import typer

from src.commands import (
    assets,
    configuration,
    database,
    keys,
    load,
    people,
    post,
    specification,
    work,
)

app = typer.Typer(
    name="aliquot",
    help="Runs and looks after an Aliquot. Settings come from the environment.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("check-config")(configuration.check)
app.command("settings")(configuration.show)
app.command("migrate")(database.migrate)
app.command("demo")(database.fill_demo)
app.command("verify-events")(database.verify_events)
app.command("create-admin")(people.create_admin)
app.command("test-mail")(post.test_mail)
app.command("assets")(assets.assets)
app.command("openapi")(specification.openapi)
app.command("schedules")(work.schedules)
app.add_typer(work.jobs, name="jobs")
app.add_typer(keys.keys, name="keys")
app.add_typer(load.accounts_of_tests, name="load-accounts")

if __name__ == "__main__":
    app(prog_name="aliquot")
