"""`tidemark doctor --load`: what is right is called right, and each thing that is wrong is found and
told with what to do, for the shop and for the warehouse, on each database."""

import json
import sqlite3
import urllib.parse

import pytest

from hub_states import fresh_state
from load_fixture import CREDENTIALS, PresentShop, Warehouse, days_ago, load
from programs import run


class Patient:
    def __init__(self, folder, shop, warehouse):
        self.folder = folder
        self.shop = shop
        self.warehouse = warehouse

    def findings(self, *words, code=0, credentials=CREDENTIALS):
        ran = run(["tidemark", "doctor", "--load", "--shop-url", self.shop.url, "--warehouse",
                   self.warehouse.url, "--json", *words], self.folder, code=code,
                  TIDEMARK_LOAD__HISTORY_START=days_ago(7), **credentials)
        for secret in credentials.values():
            assert "secret" not in secret or secret not in ran.out + ran.err
        assert ran.summary["exit_code"] == ran.code
        return [line for line in map(json.loads, ran.out.splitlines())
                if line["message_type"] == "finding"]

    def wrong(self, code=0, **more):
        """What is not as it should be: {check: (verdict, what, mend)}."""
        return {one["check"]: (one["verdict"], one["what"], one["mend"])
                for one in self.findings(code=code, **more) if one["verdict"] != "ok"}

    def load(self, *words):
        # The shop's orders are of the last days: a year of empty windows before would tell nothing.
        return load(self.shop, self.warehouse, self.folder, *words,
                    TIDEMARK_LOAD__HISTORY_START=days_ago(7))


def make_patient(kind, shop, request, folder):
    if kind == "sqlite":
        path = folder / "warehouse.db"
        return Patient(folder, shop,
                       Warehouse(f"sqlite:{path}", lambda: sqlite3.connect(path)))
    state = fresh_state(kind, request, folder)
    return Patient(folder, shop, Warehouse(state.url, state.connect))


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with PresentShop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture
def patient(shop, request, tmp_path):
    yield make_patient("sqlite", shop, request, tmp_path)
    shop.ask("faults", {"spec": ""})


@pytest.fixture(params=["sqlite", "mariadb", "postgres"])
def anywhere(shop, request, tmp_path):
    return make_patient(request.param, shop, request, tmp_path)


def change(patient, *statements):
    connection = patient.warehouse.connect()
    cursor = connection.cursor()
    for statement in statements:
        cursor.execute(statement)
    connection.commit()
    connection.close()


def test_a_sound_shop_and_warehouse(anywhere):
    empty = anywhere.findings()
    assert not [one for one in empty if one["verdict"] != "ok"], empty
    # One permission each for orders, after-sales, users, goods, and three for live sessions.
    assert [one["check"] for one in empty].count("permission") == 7
    anywhere.load("--incremental")
    full = anywhere.findings()
    assert not [one for one in full if one["verdict"] != "ok"], full
    checks = {one["check"]: one["what"] for one in full}
    assert ("integrity" in checks) == anywhere.warehouse.url.startswith("sqlite:")
    assert {"credentials", "shop", "token", "shop_clock", "whitelist", "connection", "version",
            "charset", "grants", "zone", "watermark", "rejects"} <= set(checks)
    assert "xiaoe orders" in checks["watermark"]


def test_what_is_late_and_what_is_set_aside(anywhere):
    anywhere.load("--incremental")
    change(anywhere, "UPDATE load_streams SET complete_upto='2025-01-31 00:00:00' "
           "WHERE stream='orders'",
           "INSERT INTO load_rejects (platform, stream, record_id, content_hash, reason, reason_zh, "
           "scan_id, rejected_at) VALUES ('xiaoe','orders','o_7','0','price','价格','s',"
           "'2025-01-31 00:00:00')")
    wrong = anywhere.wrong()
    assert set(wrong) == {"watermark", "rejects"}
    assert "2025-01-31 00:00:00" in wrong["watermark"][1]
    assert "tidemark load orders" in wrong["watermark"][2]
    assert "orders 1 (o_7)" in wrong["rejects"][1]


def test_views_that_are_gone(anywhere):
    anywhere.load("--incremental")
    change(anywhere, "DROP VIEW v_users_daily")
    lost, = (one for one in anywhere.findings(code=1) if one["verdict"] != "ok")
    assert (lost["check"], lost["verdict"]) == ("views", "failure") and "v_users_daily" in lost["what"]
    change(anywhere, lost["statement"])
    assert [(check, told[0]) for check, told in anywhere.wrong().items()] == [("views", "warning")]
    anywhere.load("--incremental")
    assert not anywhere.wrong()


def test_a_watermark_that_begins_late_or_lies_in_the_future(anywhere):
    anywhere.load("--incremental")
    change(anywhere, f"UPDATE load_streams SET complete_from='{days_ago(3)} 00:00:00' "
           "WHERE stream='orders'")
    verdict, what, mend = anywhere.wrong()["watermark"]
    assert verdict == "warning" and days_ago(3) in what and days_ago(7) in mend
    change(anywhere, "UPDATE load_streams SET complete_upto='2125-01-31 00:00:00' "
           "WHERE stream='orders'")
    verdict, what, mend = anywhere.wrong(code=1)["watermark"]
    assert verdict == "failure" and "2125-01-31 00:00:00" in what and "--from" in mend


def test_what_was_taken_over_has_not_arrived(anywhere):
    (anywhere.folder / "progress").write_text(days_ago(3) + " 08:00:00\n")
    run(["tidemark", "load", "import-progress", "progress", "--yes", "--warehouse",
         anywhere.warehouse.url], anywhere.folder, TIDEMARK_LOAD__HISTORY_START=days_ago(7))
    anywhere.load("--incremental")
    findings = {one["check"]: one for one in anywhere.findings()}
    assert "but for what was taken over" in findings["watermark"]["what"]
    gaps = findings["gaps"]
    span = [f"{days_ago(7)} 00:00:00", f"{days_ago(3)} 08:00:00"]
    assert gaps["verdict"] == "warning" and " to ".join(span) in gaps["what"]
    command = "tidemark load orders --from '{}' --to '{}'".format(*span)
    assert command in gaps["mend"]
    # A part that was read leaves two; what the finding says reads them.
    anywhere.load("--from", days_ago(5), "--to", days_ago(5))
    gaps, = [one for one in anywhere.findings() if one["check"] == "gaps"]
    assert "2 times" in gaps["what"] and command in gaps["mend"]
    anywhere.load("--from", span[0], "--to", span[1])
    sound = anywhere.findings()
    assert not [one for one in sound if one["verdict"] != "ok"], sound
    watermark, = [one["what"] for one in sound if one["check"] == "watermark"]
    assert "has arrived (" in watermark


@pytest.mark.parametrize("table", ["orders", "load_streams", "sqlite_schema"])
def test_a_damaged_file(table, patient):
    patient.load("--incremental")
    path = patient.folder / "warehouse.db"
    connection = sqlite3.connect(path)
    page, = connection.execute("SELECT pageno FROM dbstat WHERE name=? AND pagetype='leaf'",
                               (table,)).fetchone()
    size, = connection.execute("PRAGMA page_size").fetchone()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with open(path, "r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)
    wrong = patient.wrong(code=1)
    verdict, what, mend = wrong["connection" if table == "sqlite_schema" else "integrity"]
    assert verdict == "failure" and ("damaged" in what or "malformed" in what)
    assert "tidemark load backup" in mend
    # What cannot be read is no mere warning, and no table that is missing.
    assert {verdict for verdict, _, _ in wrong.values()} == {"failure"}
    assert ("watermark" in wrong) == (table == "load_streams"), wrong


@pytest.mark.parametrize("kind,may", [("mariadb", "SELECT"), ("postgres", "SELECT"),
                                      ("mariadb", "SELECT, INSERT, UPDATE, DELETE, CREATE VIEW"),
                                      ("postgres", "SELECT, INSERT, UPDATE, DELETE"),
                                      ("postgres-without-temporary",
                                       "SELECT, INSERT, UPDATE, DELETE")])
def test_a_user_with_too_few_grants(kind, may, shop, request, tmp_path):
    kind, _, without = kind.partition("-")
    patient = make_patient(kind, shop, request, tmp_path)
    url = urllib.parse.urlsplit(patient.warehouse.url)
    name = "looker" + url.path[1:].rsplit("_", 1)[-1][-12:]
    rest = f"{name}:x@{url.hostname}:{url.port}{url.path}"
    if kind == "mariadb":
        made = [f"CREATE USER '{name}'@'%' IDENTIFIED BY 'x'",
                f"GRANT {may} ON {url.path[1:]}.* TO '{name}'@'%'"]
        gone = [f"DROP USER '{name}'@'%'"]
    else:
        made = [f"CREATE ROLE {name} LOGIN PASSWORD 'x'",
                f"ALTER DEFAULT PRIVILEGES GRANT {may} ON TABLES TO {name}"]
        if without:
            made.append(f"REVOKE TEMPORARY ON DATABASE {url.path[1:]} FROM PUBLIC")
        gone = [f"DROP OWNED BY {name}", f"DROP ROLE {name}"]
    owner = patient.warehouse
    change(patient, *made)
    try:
        for tables in (False, True):
            if tables:
                patient.load("--incremental")
            patient.warehouse = Warehouse(f"{url.scheme}://{rest}", owner.connect)
            # Who can write all rows can load, until a new version wants new tables. Larger batches
            # go through a temporary table in PostgreSQL.
            only_warned = tables and "INSERT" in may and not without
            wrong = patient.wrong(code=0 if only_warned else 1)
            assert set(wrong) == {"grants"}, wrong
            verdict, what, mend = wrong["grants"]
            assert verdict == ("warning" if only_warned else "failure")
            assert "INSERT" in mend
            if without:
                assert "TEMPORARY on the database" in what
            if "INSERT" in may:
                assert ("CREATE, ALTER, DROP" if kind == "mariadb" else "CREATE on the schema") in what
            patient.warehouse = owner
    finally:
        change(patient, *gone)


@pytest.mark.parametrize("spec,check,verdict,what,mend", [
    ("ip=1", "whitelist", "failure", "2051", "IP whitelist"),
    ("deny=orders", "permission", "failure", "xe.order.list.get/1.0.1", "订单管理-查询"),
    ("deny=live", "permission", "warning", "xe.alive.", "tidemark load live"),
    ("skew=-900s", "shop_clock", "failure", "behind", "NTP"),
    ("skew=120s", "shop_clock", "warning", "ahead", "NTP"),
    ("malformed=1", "permission", "warning", "1002", "look again"),
    ("storm=1", "permission", "warning", "2054", "look again"),
    ("html=1", "permission", "warning", "not the shop's API", ""),
    ("error500=1", "permission", "warning", "HTTP status 500", ""),
])
def test_faults_of_the_shop(spec, check, verdict, what, mend, patient):
    patient.shop.ask("faults", {"spec": spec})
    wrong = patient.wrong(code=1 if verdict == "failure" else 0)
    assert set(wrong) == {check}, wrong
    assert wrong[check][0] == verdict
    assert what in wrong[check][1]
    assert mend in wrong[check][2]


@pytest.mark.parametrize("change,check,what", [
    ({"TIDEMARK_XIAOE__SECRET_KEY": "other-secret"}, "token", "2004"),
    ({"TIDEMARK_XIAOE__APP_ID": "other"}, "token", "2002"),
    ({"TIDEMARK_XIAOE__CLIENT_ID": "other"}, "token", "2020"),
    ({"TIDEMARK_XIAOE__SECRET_KEY": ""}, "credentials", "secret_key"),
])
def test_wrong_credentials(change, check, what, patient):
    wrong = patient.wrong(code=1, credentials=CREDENTIALS | change)
    assert set(wrong) == {check}
    assert what in wrong[check][1]
    assert "TIDEMARK_XIAOE__" in wrong[check][2]


def test_a_shop_that_is_away_and_a_warehouse_that_is(tmp_path, request):
    with PresentShop(tmp_path) as shop:
        patient = make_patient("sqlite", shop, request, tmp_path)
    assert set(patient.wrong(code=1)) == {"shop"}
    patient.warehouse = Warehouse("mysql://nobody@127.0.0.1:1/none", None)
    assert set(patient.wrong(code=1)) == {"shop", "connection"}


@pytest.mark.parametrize("words", [("--load", "--hub"), ("--load", "--create-index"),
                                   ("--shop-url", "http://127.0.0.1:1"), ("--warehouse", "sqlite:x")])
def test_flags_that_do_not_go_together(words, tmp_path):
    run(["tidemark", "doctor", *words], tmp_path, code=2)
