"""Tests of servers.py: that servers start, come back, and leave nothing behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import psycopg2
import pymysql

import servers

PROGRAM = [sys.executable, servers.__file__]


def mariadb_value(server, sql, **options):
    connection = pymysql.connect(host="127.0.0.1", port=server.port, user=servers.USER,
                                 password=servers.PASSWORD, database=servers.DATABASE,
                                 autocommit=True, **options)
    with connection, connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
        return row[0] if row else None


def postgres_value(server, sql, url=None):
    connection = psycopg2.connect(url or server.url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def wait_until(condition, timeout_s=30):
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class EachServer(unittest.TestCase):
    def test_mariadb_keeps_what_was_committed(self):
        with servers.MariaDB(time_zone="Asia/Shanghai") as server:
            folder = server.folder
            self.assertEqual(mariadb_value(server, "SELECT @@system_time_zone"), "CST")
            self.assertEqual(mariadb_value(server, "SELECT 1", unix_socket=server.socket), 1)
            mariadb_value(server, "CREATE TABLE t (v INT)")
            mariadb_value(server, "INSERT INTO t VALUES (7)")
            port = server.port
            server.kill9()
            self.assertRaises(pymysql.err.OperationalError, mariadb_value, server, "SELECT 1")
            server.start()
            self.assertEqual(mariadb_value(server, "SELECT v FROM t"), 7)
            server.restart()
            self.assertEqual(mariadb_value(server, "SELECT v FROM t"), 7)
            self.assertEqual(server.port, port)
        self.assertFalse(os.path.exists(folder))

    def test_postgres_keeps_what_was_committed(self):
        with servers.Postgres(time_zone="Asia/Shanghai") as server:
            folder = server.folder
            self.assertEqual(postgres_value(server, "SHOW timezone"), "Asia/Shanghai")
            by_socket = (f"host={server.socket} port={server.port} user={servers.USER} "
                         f"password={servers.PASSWORD} dbname={servers.DATABASE}")
            self.assertEqual(postgres_value(server, "SELECT 1", by_socket), 1)
            postgres_value(server, "CREATE TABLE t (v INT)")
            postgres_value(server, "INSERT INTO t VALUES (7)")
            server.kill9()
            self.assertRaises(psycopg2.OperationalError, postgres_value, server, "SELECT 1")
            server.start()
            self.assertEqual(postgres_value(server, "SELECT v FROM t"), 7)
            server.restart()
            self.assertEqual(postgres_value(server, "SELECT v FROM t"), 7)
        self.assertFalse(os.path.exists(folder))

    def test_redis_keeps_what_was_added(self):
        with servers.Redis() as server:
            folder = server.folder
            self.assertEqual(server.ask("SET", "a", "7"), "OK")
            port = server.port
            server.kill9()
            self.assertRaises(OSError, server.ask, "GET", "a")
            server.start()
            self.assertEqual(server.ask("GET", "a"), "7")
            server.restart()
            self.assertEqual(server.ask("GET", "a"), "7")
            self.assertEqual(server.port, port)
            self.assertRaisesRegex(servers.ServerError, "ERR", server.ask, "NONSENSE")
            self.assertTrue(os.path.exists(server.socket))
        self.assertFalse(os.path.exists(folder))

    def test_a_failed_start_shows_the_log_and_cleans_up(self):
        for kind, wrong in ((servers.MariaDB, ["--no-such-option"]),
                            (servers.Postgres, ["-c", "no_such_option=1"]),
                            (servers.Redis, ["--no-such-option", "1"])):
            server = kind(args=wrong)
            with self.assertRaisesRegex(servers.ServerError, "(?s)log:.*no.such.option"):
                server.__enter__()
            self.assertIsNone(server.folder)


class Run(unittest.TestCase):
    """The command line. Each run has a TMPDIR of its own, so that what is left behind shows."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="tm", dir="/tmp")
        self.addCleanup(holder.cleanup)
        self.folder = holder.name
        os.chmod(self.folder, 0o777)
        self.environment = dict(os.environ, TMPDIR=self.folder)
        # ./test has servers of its own; these tests ask what their own run makes.
        for name in ("TIDEMARK_TEST_MARIADB_URL", "TIDEMARK_TEST_POSTGRES_URL"):
            self.environment.pop(name, None)

    def left_behind(self):
        return [name for name in os.listdir(self.folder) if name.startswith("tidemark-")]

    def server_runs(self):
        found = subprocess.run(["pgrep", "-f", self.folder + "/tidemark-"], check=False,
                               capture_output=True)
        return bool(found.stdout)

    def spawn(self, *arguments, **options):
        return subprocess.Popen([*PROGRAM, "run", *arguments], env=self.environment,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                **options)

    def check_nothing_left(self):
        self.assertEqual(self.left_behind(), [])
        self.assertFalse(self.server_runs())

    def test_passes_urls_and_the_exit_code(self):
        run = self.spawn("--", "sh", "-c",
                         "echo $TIDEMARK_TEST_MARIADB_URL $TIDEMARK_TEST_POSTGRES_URL; exit 7")
        output, _ = run.communicate()
        self.assertRegex(output, r"^mysql://\S+@127.0.0.1:\d+/\S+ postgres://\S+\n$")
        self.assertEqual(run.returncode, 7)
        self.check_nothing_left()

    def test_starts_only_what_was_asked_for(self):
        run = self.spawn("--postgres", "--", "env")
        output, _ = run.communicate()
        self.assertIn("TIDEMARK_TEST_POSTGRES_URL=", output)
        self.assertNotIn("TIDEMARK_TEST_MARIADB_URL=", output)

    def test_a_command_that_does_not_exist_is_an_error(self):
        run = self.spawn("--mariadb", "--", "/no/such/command")
        _, errors = run.communicate()
        self.assertEqual(run.returncode, 1)
        self.assertIn("/no/such/command", errors)
        self.check_nothing_left()

    def test_a_signal_ends_command_and_servers(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            run = self.spawn("--postgres", "--", "sh", "-c", "echo up; exec sleep 600")
            self.assertEqual(run.stdout.readline(), "up\n")
            run.send_signal(number)
            run.communicate(timeout=60)
            self.assertEqual(run.returncode, 128 + number)
            self.check_nothing_left()

    def test_ctrl_c_ends_command_and_servers(self):
        run = self.spawn("--postgres", "--", "sh", "-c", "echo up; exec sleep 600",
                         start_new_session=True)
        self.assertEqual(run.stdout.readline(), "up\n")
        os.killpg(run.pid, signal.SIGINT)
        run.communicate(timeout=60)
        self.assertEqual(run.returncode, 130)
        self.check_nothing_left()

    def test_a_signal_while_servers_start_leaves_nothing(self):
        run = self.spawn("--postgres", "--", "true")
        self.assertTrue(wait_until(self.left_behind))
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=60)
        self.assertEqual(run.returncode, 128 + signal.SIGTERM)
        self.check_nothing_left()

    def test_servers_do_not_outlive_a_killed_runner(self):
        run = self.spawn("--mariadb", "--postgres", "--", "sh", "-c", "echo up; sleep 2")
        self.assertEqual(run.stdout.readline(), "up\n")
        run.kill()
        run.communicate(timeout=60)
        self.assertTrue(wait_until(lambda: not self.server_runs()))

    @unittest.skipUnless(os.geteuid() == 0, "needs root to become somebody else")
    def test_works_as_an_ordinary_user(self):
        run = self.spawn("--", "sh", "-c", "id -u", user="nobody", group="nogroup",
                         extra_groups=[], cwd="/")
        output, errors = run.communicate()
        self.assertEqual((output, run.returncode), ("65534\n", 0), errors)
        self.check_nothing_left()


if __name__ == "__main__":
    unittest.main()
