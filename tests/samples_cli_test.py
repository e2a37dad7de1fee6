"""`tidemark samples`: made, changed and imported tables, seen from outside."""

import csv
import gzip
import json
import os
from decimal import Decimal

import pytest

from programs import public_data, run

COUNTRIES = {  # ISO 3166-1, as a person would look them up.
    "United Kingdom": "GB", "Germany": "DE", "France": "FR", "EIRE": "IE", "Spain": "ES",
    "Netherlands": "NL", "Belgium": "BE", "Switzerland": "CH", "Portugal": "PT",
    "Australia": "AU", "Norway": "NO", "Italy": "IT", "Channel Islands": "JE", "Finland": "FI",
    "Cyprus": "CY", "Sweden": "SE", "Austria": "AT", "Denmark": "DK", "Japan": "JP",
    "Poland": "PL", "Israel": "IL", "USA": "US", "Hong Kong": "HK", "Singapore": "SG",
    "Iceland": "IS", "Canada": "CA", "Greece": "GR", "Malta": "MT",
    "United Arab Emirates": "AE", "European Community": "EU", "RSA": "ZA", "Lebanon": "LB",
    "Lithuania": "LT", "Brazil": "BR", "Czech Republic": "CZ", "Bahrain": "BH",
    "Saudi Arabia": "SA", "Unspecified": None}


def count(source, condition="1 = 1", table="t_invoice"):
    return source.run(f"SELECT COUNT(*) FROM {table} WHERE {condition}")[0][0]


@pytest.fixture
def empty(source):
    """Each database, without the tables of the samples."""
    for table in ("t_invoice", "t_currency", "t_invoice_type", "t_uom_code",
                  "t_tax_category_code", "t_payment_means"):
        source.run(f"DROP TABLE IF EXISTS {table}")
    return source


def test_created_tables_can_be_exported(empty, tmp_path):
    ran = run(["tidemark", "samples", "create", "--to", empty.url, "--invoices", 300, "--tenants",
               5, "--json"], tmp_path)
    assert ran.summary["invoices"] == count(empty) == 300
    assert ran.summary["payload_bytes"] > 0 and ran.summary["exit_code"] == 0
    assert count(empty, table="t_currency") > 20
    assert "tidemark:tidemark" not in ran.out + ran.err  # The password of the servers' URL.
    exported = run(["tidemark", "export", "invoices", "--source", empty.url, "-o", "tree",
                    "--json"], tmp_path)
    assert exported.summary["rows_read"] == count(
        empty, "fissue_status = 3 AND fext_field IS NOT NULL AND finvoice_no IS NOT NULL "
               "AND fissue_date IS NOT NULL")


def test_a_filled_table_is_replaced_only_when_asked(sqlite, tmp_path):
    create = ["tidemark", "samples", "create", "--to", sqlite.url, "--invoices", 10]
    run(create, tmp_path)
    refused = run([*create, "--json"], tmp_path, code=2)
    assert refused.summary["exit_code"] == 2
    assert "--replace" in refused.err
    run([*create[:-1], 20, "--replace"], tmp_path)
    assert count(sqlite) == 20


def test_the_same_seed_gives_the_same_rows(sqlite, tmp_path):
    for table, seed in (("a", 7), ("b", 7), ("c", 8)):
        run(["tidemark", "samples", "create", "--to", sqlite.url, "--invoices", 50, "--seed", seed,
             "--table", table, "--from", "2025-03-01", "--until", "2025-03-02", "--no-reference"],
            tmp_path)
    a, b, c = (sqlite.run(f"SELECT * FROM {table} ORDER BY fid") for table in "abc")
    assert a == b != c
    assert count(sqlite, "fupdate_time NOT BETWEEN '2025-03-01' AND '2025-03-02 23:59:59'",
                 "a") == 0


def test_an_interrupted_create_goes_on(sqlite, tmp_path):
    whole, parts = "whole", "parts"
    create = ["tidemark", "samples", "create", "--to", sqlite.url, "--no-reference", "--table"]
    run([*create, whole, "--invoices", 60], tmp_path)
    run([*create, parts, "--invoices", 60], tmp_path)
    sqlite.run("DELETE FROM parts WHERE fid > 25")
    assert run([*create, parts, "--invoices", 60, "--resume", "--json"],
               tmp_path).summary["invoices"] == 35
    assert sqlite.run("SELECT * FROM whole") == sqlite.run("SELECT * FROM parts")


def test_a_change_does_what_it_says(empty, tmp_path):
    run(["tidemark", "samples", "create", "--to", empty.url, "--invoices", 200], tmp_path)
    ran = run(["tidemark", "samples", "change", "--to", empty.url, "--update", 5, "--add", 4,
               "--void", 3, "--move", 2, "--stamp", "2026-01-02 03:04:05", "--json"], tmp_path)
    assert [len(ran.summary[what]) for what in ("updated", "added", "voided", "moved")] == [
        5, 4, 3, 2]
    assert ran.summary["stamp"] == "2026-01-02 03:04:05"
    assert count(empty, "fupdate_time = '2026-01-02 03:04:05'") == 14
    assert count(empty) == 204


def test_a_change_without_numbers_is_a_small_day(sqlite, tmp_path):
    run(["tidemark", "samples", "create", "--to", sqlite.url, "--invoices", 200], tmp_path)
    ran = run(["tidemark", "samples", "change", "--to", sqlite.url, "--json"], tmp_path)
    assert (len(ran.summary["updated"]), len(ran.summary["added"])) == (20, 10)
    only = run(["tidemark", "samples", "change", "--to", sqlite.url, "--add", 1, "--json"],
               tmp_path)
    assert (len(only.summary["updated"]), len(only.summary["added"])) == (0, 1)


@pytest.mark.parametrize("words, says", [
    (["create"], "--to is missing"),
    (["create", "--to", "x.db"], "--to"),
    (["create", "--to", "sqlite:x.db", "--invoices", "many"], "--invoices"),
    (["create", "--to", "sqlite:x.db", "--invoices", "0"], "at least one"),
    (["create", "--to", "sqlite:x.db", "--from", "yesterday"], "--from"),
    (["import", "gobl", "nowhere", "--to", "sqlite:x.db", "--append", "--replace"], "nowhere"),
    (["import", "online-retail", "--to", "sqlite:x.db"], "FILE is missing"),
])
def test_wrong_words_write_nothing(tmp_path, words, says):
    ran = run(["tidemark", "samples", *words], tmp_path, code=None)
    assert ran.code in (1, 2)
    assert says in ran.err
    assert count_files(tmp_path) == 0 or words[0] == "create"


def test_what_has_no_invoice_is_an_error_and_empties_no_table(sqlite, tmp_path):
    run(["tidemark", "samples", "create", "--to", sqlite.url, "--invoices", 3], tmp_path)
    empty, other, header = tmp_path / "empty", tmp_path / "other", tmp_path / "header.csv"
    empty.mkdir()
    other.mkdir()
    (empty / "readme.txt").write_text("nothing")
    (other / "order.json").write_text('{"order": 1}')
    header.write_text("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,"
                      "CustomerID,Country\n")
    for words, says in [(["gobl", empty], ".json files"), (["gobl", other], "not a GOBL document"),
                        (["online-retail", header], "below the header"),
                        (["code-lists", empty], "table_a1.xml")]:
        ran = run(["tidemark", "samples", "import", *words, "--to", sqlite.url, "--replace"],
                  tmp_path, code=1)
        assert str(words[1]) in ran.err and says in ran.err, ran.err
        assert count(sqlite) == 3


def count_files(folder):
    return sum(len(names) for _, _, names in os.walk(folder))


def test_a_configured_source_is_never_written_to(tmp_path):
    run(["tidemark", "samples", "create"], tmp_path, code=2, TIDEMARK_SOURCE="sqlite:prod.db")
    assert not (tmp_path / "prod.db").exists()


def test_the_password_may_come_from_the_environment(mariadb, tmp_path):
    mariadb.run("DROP TABLE IF EXISTS t_secret")
    url = mariadb.url.replace("tidemark:tidemark@", "tidemark@")
    create = ["tidemark", "samples", "create", "--to", url, "--invoices", 3, "--table", "t_secret",
              "--no-reference"]
    run(create, tmp_path, code=12, TIDEMARK_SOURCE_PASSWORD="wrong")
    run(create, tmp_path, TIDEMARK_SOURCE_PASSWORD="tidemark")
    assert count(mariadb, table="t_secret") == 3


def test_gobl_files_arrive_byte_for_byte(sqlite, tmp_path):
    folder = public_data("e-invoices/gobl-json")
    if folder is None:
        pytest.skip("the public data sets are not here (TIDEMARK_PUBLIC_DATA)")
    ran = run(["tidemark", "samples", "import", "gobl", folder, "--to", sqlite.url, "--json"],
              tmp_path)
    on_disk = set()
    for where, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(where, name), "rb") as file:
                on_disk.add(file.read())
    stored = [row[0].encode() for row in sqlite.run("SELECT fext_field FROM t_invoice")]
    assert len(stored) == ran.summary["invoices"] > 50
    assert set(stored) <= on_disk


def test_code_lists_become_reference_tables(sqlite, tmp_path):
    folder = public_data("code-lists")
    if folder is None:
        pytest.skip("the public data sets are not here (TIDEMARK_PUBLIC_DATA)")
    ran = run(["tidemark", "samples", "import", "code-lists", folder, "--to", sqlite.url,
               "--country", "CN", "--country", "DE", "--json"], tmp_path)
    assert ran.summary["codes"]["t_uom_code"] > 1000
    assert count(sqlite, "country_code = 'CN'", "t_uom_code") == ran.summary["codes"]["t_uom_code"]


# The real Online Retail set, through import and export, against an independent reading.


def plain(number):
    """The digits of a Decimal; there is no negative zero in money."""
    return format(abs(number) if number == 0 else number, "f")


@pytest.fixture(scope="module")
def retail():
    """(path of the file, {path in the tree: document}), every number as its digits."""
    path = public_data("online-retail/online_retail.csv.gz")
    if path is None:
        pytest.skip("the public data sets are not here (TIDEMARK_PUBLIC_DATA)")
    invoices = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            invoices.setdefault(row["InvoiceNo"], []).append(row)
    return path, dict(document(number, rows) for number, rows in invoices.items())


def document(number, rows):
    first = rows[0]
    code = COUNTRIES[first["Country"]]
    lines, pieces, total = [], Decimal(0), Decimal(0)
    for row in rows:
        quantity, price = Decimal(row["Quantity"]), Decimal(row["UnitPrice"])
        pieces += quantity
        total += quantity * price
        line = {"stock_code": row["StockCode"], "description": row["Description"] or None,
                "quantity": plain(quantity), "unit_price": plain(price),
                "amount": plain(quantity * price)}
        if row["InvoiceDate"] != first["InvoiceDate"]:
            line["invoice_date"] = row["InvoiceDate"]
        lines.append(line)
    day = first["InvoiceDate"][:10].replace("-", "")
    return f"online-retail/{code or 'UNKNOWN'}/{day}+{number}.json", {
        "invoice_no": number, "invoice_type": "381" if number.startswith("C") else "380",
        "invoice_date": first["InvoiceDate"], "customer_id": first["CustomerID"] or None,
        "country": first["Country"], "country_code": code, "currency": "GBP", "lines": lines,
        "totals": {"lines": str(len(rows)), "quantity": plain(pieces), "amount": plain(total)}}


def test_online_retail_survives_to_the_last_digit(retail, empty, tmp_path):
    path, expected = retail
    ran = run(["tidemark", "samples", "import", "online-retail", path, "--to", empty.url,
               "--json"], tmp_path)
    assert (ran.summary["invoices"], ran.summary["lines"]) == (25_900, 541_909)
    assert ran.summary["cancellations"] == 3_836
    assert Decimal(ran.summary["amount_gbp"]) == sum(
        Decimal(invoice["totals"]["amount"]) for invoice in expected.values())
    exported = run(["tidemark", "export", "invoices", "--source", empty.url, "-o", "tree",
                    "--json"], tmp_path)
    assert exported.summary["files_written"] == 25_900

    left = dict(expected)
    for folder, folders, names in os.walk(tmp_path / "tree"):
        if ".export_state" in folders:
            folders.remove(".export_state")
        for name in names:
            file = os.path.join(folder, name)
            with open(file, encoding="utf-8") as content:
                found = json.load(content, parse_float=str, parse_int=str)
            assert found == left.pop(os.path.relpath(file, tmp_path / "tree")), file
    assert not left, sorted(left)[:5]
