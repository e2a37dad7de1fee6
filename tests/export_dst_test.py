"""A column of instants (TIMESTAMP of MariaDB, TIMESTAMPTZ of PostgreSQL) while the clocks go back:
one hour of local time comes twice, and rows of its first pass must not be taken for rows of its
second."""

import datetime

import pytest

import servers
from export_fixture import MariaSource, PostgresSource, invoice

# A zone of our own, whose clocks went back three days ago: at 03:00 summer time (01:00 UTC) it was
# 02:00 again. (A margin, by which these tests travel, is at most 30 days.)
DAY = (datetime.datetime.utcnow() - datetime.timedelta(days=3)).replace(
    hour=0, minute=0, second=0, microsecond=0)
ZONE = f"STD-1DST-2,J1/0,J{min(DAY.timetuple().tm_yday, 365)}/3"
FIRST_PASS = DAY  # UTC of the first 02:00.


class TurningMaria(MariaSource):
    """A server in that zone."""

    server_kind = servers.MariaDB
    instant = "TIMESTAMP NULL"
    drop_index = "DROP INDEX idx_incremental_export_t_invoice ON t_invoice"
    hour_of = "SELECT HOUR(FROM_UNIXTIME(?))"

    def in_utc(self, utc):
        self.run(f"SET time_zone = '{'+00:00' if utc else 'SYSTEM'}'")


class TurningPostgres(PostgresSource):
    """A server in that zone."""

    server_kind = servers.Postgres
    instant = "TIMESTAMPTZ"
    drop_index = "DROP INDEX idx_incremental_export_t_invoice"
    hour_of = "SELECT EXTRACT(HOUR FROM to_timestamp(?))"

    def in_utc(self, utc):
        self.run("SET timezone = 'UTC'" if utc else f"SET timezone = '{ZONE}'")


@pytest.fixture(params=[TurningMaria, TurningPostgres])
def turning(request, monkeypatch):
    monkeypatch.setenv("TZ", ZONE)
    with request.param.server_kind(time_zone=ZONE) as server, request.param(server) as source:
        hour = datetime.timedelta(hours=1)
        source.in_utc(False)
        for instant in (FIRST_PASS, FIRST_PASS + hour):
            seconds = int(instant.replace(tzinfo=datetime.timezone.utc).timestamp())
            shown = source.run(source.hour_of, (seconds,))[0][0]
            assert shown == 2, "the server does not follow the zone of this test"
        yield source


def add_stamped(source, first, last):
    """A row for every minute after the first 02:00, stamped by the instant."""
    source.in_utc(True)
    source.add(*[invoice(1000 + minute,
                         stamp=str(FIRST_PASS + datetime.timedelta(minutes=minute)))
                 for minute in range(first, last)])
    source.in_utc(False)


def margin_to(utc):
    """The margin of a run whose boundary is this time of that day."""
    hours, minutes = (int(part) for part in utc.split(":"))
    # The tool takes the margin off the clock in UTC, as the column has an instant and no local time.
    passed = (datetime.datetime.utcnow() - DAY
              - datetime.timedelta(hours=hours, minutes=minutes))
    return f"{int(passed.total_seconds())}s"


@pytest.mark.parametrize("indexed", [True, False])
def test_no_row_of_the_hour_that_comes_twice_is_lost(turning, tree, indexed):
    turning.make_table(fupdate_time=turning.instant)
    if not indexed:
        turning.run(turning.drop_index)
    add_stamped(turning, -30, 40)  # It is 02:40, summer time.
    tree.incremental(turning, margin_to("00:35"))
    add_stamped(turning, 40, 75)  # 02:15, winter time.
    tree.incremental(turning, margin_to("01:10"))
    add_stamped(turning, 75, 115)  # 02:55, winter time.
    tree.incremental(turning, margin_to("01:50"))
    add_stamped(turning, 115, 200)
    tree.incremental(turning, margin_to("04:00"))
    tree.check_equals(turning)


def test_a_cut_inside_that_hour_leaves_nothing_out(turning, tree):
    """Ranges are cut after 2,048 rows: at a position that local time cannot tell from another."""
    turning.make_table(fupdate_time=turning.instant)
    turning.in_utc(True)
    turning.add(*[invoice(fid, stamp=str(FIRST_PASS + datetime.timedelta(seconds=fid)))
                 for fid in range(1, 7200)])
    turning.in_utc(False)
    tree.incremental(turning, "5m")
    tree.check_equals(turning)


def test_dates_of_that_kind_stay_local(turning, tree):
    turning.make_table(fupdate_time=turning.instant, fissue_date=turning.instant)
    turning.add(invoice(1, date="2025-03-05 00:30:00", stamp=turning.ago(60)))
    tree.incremental(turning, "5m")
    assert list(tree.files()) == ["t1/CN/20250305+INV1"]
