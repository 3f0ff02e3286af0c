"""The commands: python -m db <command>. `make help` lists the usual ones."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable

import psycopg
from psycopg.conninfo import conninfo_to_dict

from db import control, lint, seed, stack, supabase, token
from db.cluster import embedded_cluster
from db.connection import connect
from db.exceptions import VoltaroError
from db.migrate import apply_code, migrate
from db.settings import Secrets, Settings

__all__ = ["main"]


def _say(text: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        print(f"voltaro: {text}", file=sys.stderr, flush=True)


def _up(settings: Settings, options: argparse.Namespace) -> None:
    if not stack.run(settings, is_foreground=not options.detached):
        control.say_running(settings, _say)


def _start(settings: Settings, _: argparse.Namespace) -> None:
    info = control.start(settings, _say)
    for line in stack.greeting(info):
        print(line)


def _stop(settings: Settings, _: argparse.Namespace) -> None:
    _say("stopped" if control.stop(settings, _say) else "not running")


def _reset(settings: Settings, _: argparse.Namespace) -> None:
    control.reset(settings, _say)
    _say(f"forgot everything in {settings.home}")


def _info(settings: Settings, _: argparse.Namespace) -> None:
    print(json.dumps(control.get_info(settings), indent=2))


def _migrate(settings: Settings, _: argparse.Namespace) -> None:
    result = migrate(settings)
    for migration in result.migrations:
        print(f"migrated {migration}")
    _print_code(result.code.ran, result.code.dropped)


def _apply(settings: Settings, _: argparse.Namespace) -> None:
    result = apply_code(settings)
    _print_code(result.ran, result.dropped)


def _print_code(ran: tuple[str, ...], dropped: tuple[str, ...]) -> None:
    for path in ran:
        print(f"applied db/code/{path}")
    for item in dropped:
        print(f"dropped {item}")
    if not ran and not dropped:
        print("db/code is applied")


def _lint(settings: Settings, _: argparse.Namespace) -> None:
    with connect(settings.database_url, owner=True) as connection:
        lint.check(connection)
    print("no rule is broken")


def _seed(settings: Settings, _: argparse.Namespace) -> None:
    print("made the demo tenants" if seed.seed(settings) else "the database has tenants already")


def _token(settings: Settings, options: argparse.Namespace) -> None:
    print(token.mint(settings, options.email, tenant=options.tenant))


def _psql(settings: Settings, options: argparse.Namespace) -> None:
    parameters = conninfo_to_dict(settings.database_url)
    # By environment: arguments are for everybody on the machine to read.
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
    }
    environment = {
        variable: str(parameters[name]) for name, variable in names.items() if name in parameters
    }
    program = embedded_cluster(settings).tool("psql")
    arguments = [program, *(text for text in options.arguments if text != "--")]
    os.execve(program, arguments, {**os.environ, **environment})  # noqa: S606 - no shell wanted


def _supabase(settings: Settings, options: argparse.Namespace) -> None:
    del settings
    supabase.main(options.arguments)


def _certificates(settings: Settings, options: argparse.Namespace) -> None:
    # Imported where it is needed: no other command waits for cryptography.
    from db.certificates import make_certificates  # noqa: PLC0415 - see above

    folder = make_certificates(settings, options.names)
    print(f"certificates of the bridge   {folder}/rsa.pem, {folder}/ecdsa.pem")
    print(f"root certificates            {settings.home}/ca/ca.pem (for chargers)")


_COMMANDS: dict[str, tuple[Callable[[Settings, argparse.Namespace], None], str]] = {
    "up": (_up, "start everything and stay in the foreground"),
    "start": (_start, "start everything detached"),
    "stop": (_stop, "end what up or start runs"),
    "reset": (_reset, "stop and forget the data of the embedded server"),
    "info": (_info, "print the running stack as JSON"),
    "migrate": (_migrate, "roles, migrations, secrets and code"),
    "apply": (_apply, "changed files of db/code"),
    "lint": (_lint, "check the catalogue against db/lint"),
    "seed": (_seed, "make the demo tenants in an empty database"),
    "token": (_token, "print a JWT for a person"),
    "psql": (_psql, "open psql as the owner"),
    "certificates": (_certificates, "make certificates for TLS, for these names"),
    "supabase": (_supabase, "generate supabase/migrations"),
}


_WITHOUT_SECRETS = frozenset({"stop", "reset", "info", "certificates"})


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line; end the process with a usage line when it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m db", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, (_, purpose) in _COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=purpose)
        if name == "up":
            command.add_argument("--detached", action="store_true", help=argparse.SUPPRESS)
        elif name == "token":
            command.add_argument("email")
            command.add_argument("--tenant", help="slug of the tenant to act in")
        elif name == "certificates":
            command.add_argument("names", nargs="*", help="names and addresses of the bridge")
        elif name in {"psql", "supabase"}:
            command.set_defaults(takes_rest=True)
    options, rest = parser.parse_known_args(arguments)
    if rest and "takes_rest" not in options:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    options.arguments = rest
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit status."""
    options = _parse(arguments)
    try:
        run, _ = _COMMANDS[options.command]
        # What ends a stack must work when its secrets cannot be read, and needs none of them.
        secrets = Secrets.generate() if options.command in _WITHOUT_SECRETS else None
        run(Settings.from_environment(secrets=secrets), options)
        sys.stdout.flush()
    except VoltaroError as error:
        _say(str(error))
        return error.exit_status
    except psycopg.OperationalError as error:
        _say(f"the database went away: {str(error).strip().splitlines()[0]}")
        return 1
    except BrokenPipeError:
        # The reader (head, jq) has seen enough; Python would complain once more at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if os.environ.get("VOLTARO_DEBUG") == "1":
            raise
        reason = next(iter(str(error).strip().splitlines()), "no reason given")
        _say(f"unexpected {type(error).__name__}: {reason} (VOLTARO_DEBUG=1 shows where)")
        return 1
    return 0
