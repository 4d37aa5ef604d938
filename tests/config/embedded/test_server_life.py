import psycopg
import pytest


def test_a_started_server_answers_as_the_applications_login(server):
    server.start()

    with psycopg.connect(**server.connection_parameters) as connection:
        row = connection.execute("SELECT current_user, current_database()").fetchone()
    assert row == ("foyer", "foyer")


def test_the_login_is_no_superuser_and_cannot_become_one(server):
    server.start()

    with psycopg.connect(**server.connection_parameters) as connection:
        rights = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolreplication, rolcreatedb"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert rights == (False, False, False, False, True)
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba.conf entry"):
        psycopg.connect(**server.connection_parameters | {"user": "postgres"})
