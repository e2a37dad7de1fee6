"""Fixtures of the end-to-end tests."""

import os
import subprocess

import pytest

import servers
from export_fixture import MariaSource, PostgresSource, SqliteSource, Tree


@pytest.fixture(scope="session")
def mariadb_server():
    with servers.MariaDB() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server():
    with servers.Postgres() as server:
        yield server


def make_source(kind, request, tmp_path):
    if kind == "sqlite":
        return SqliteSource(tmp_path / "source.db")
    server = request.getfixturevalue(f"{kind}_server")
    return {"mariadb": MariaSource, "postgres": PostgresSource}[kind](server)


@pytest.fixture(params=["sqlite", "mariadb", "postgres"])
def source(request, tmp_path):
    """Each database in turn, without tables."""
    with make_source(request.param, request, tmp_path) as made:
        yield made


@pytest.fixture
def sqlite(tmp_path):
    with SqliteSource(tmp_path / "source.db") as made:
        yield made


@pytest.fixture
def mariadb(mariadb_server):
    with MariaSource(mariadb_server) as made:
        yield made


@pytest.fixture
def postgres(postgres_server):
    with PostgresSource(postgres_server) as made:
        yield made


@pytest.fixture
def small_disk(request, tmp_path):
    """A file system of 2 MiB, or of the size that the test is parametrized with."""
    folder = tmp_path / "disk"
    folder.mkdir()
    size = getattr(request, "param", "2m")
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder],
        stderr=subprocess.DEVNULL, check=False).returncode == 0
    if not mounted:
        pytest.skip("needs root and the right to mount a tmpfs")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture
def tree(tmp_path):
    """An output folder that does not exist yet, and the tool beside it."""
    return Tree(tmp_path / "out", tmp_path)
