"""`manage.py dbshell` with the psql that came with the server."""

import os
from collections.abc import Iterable
from typing import Any

from django.db.backends.postgresql import client

from config.embedded import binaries


class DatabaseClient(client.DatabaseClient):
    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        args, env = super().settings_to_cmd_args_env(settings_dict, parameters)
        path = os.pathsep.join([str(binaries.find()), os.environ.get("PATH", os.defpath)])
        return args, {**(env or {}), "PATH": path}

    def runshell(self, parameters: Iterable[str]) -> None:
        params = self.connection.get_connection_params()
        self.connection.settings_dict["HOST"] = params["host"]
        super().runshell(parameters)
