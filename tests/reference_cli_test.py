"""`tidemark export reference` and the drop-in export_basic_data."""

import json
import os

import pytest

from programs import run

TABLES = ("t_currency", "t_invoice_type", "t_uom_code", "t_tax_category_code", "t_payment_means")


@pytest.fixture
def codes(source, tmp_path):
    """Each database with the reference tables."""
    for table in (*TABLES, "t_invoice"):
        source.run(f"DROP TABLE IF EXISTS {table}")
    run(["tidemark", "samples", "create", "--to", source.url, "--invoices", 1], tmp_path)
    return source


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def test_every_table_becomes_its_files(codes, tmp_path):
    ran = run(["tidemark", "export", "reference", "--source", codes.url, "--json"], tmp_path)
    output = tmp_path / "context/basic-data"
    assert ran.summary["lists_failed"] == 0
    assert [entry["table"] for entry in ran.summary["lists"]] == list(TABLES)

    stored = codes.run("SELECT code, name, name_zh, minor_units FROM t_currency")
    found = load(output / "global/currencies.json")
    assert sorted((row["code"], row["name"], row["name_zh"], row["minor_units"])
                  for row in found) == sorted(stored)
    assert load(output / "global/invoice-types.json")
    for table, folder in (("t_uom_code", "uom-codes"),
                          ("t_tax_category_code", "tax-category-codes"),
                          ("t_payment_means", "payment-means")):
        in_files = {(name[:-len(".json")], row["code"])
                    for name in os.listdir(output / "codes" / folder)
                    for row in load(output / "codes" / folder / name)}
        assert in_files == {(country or "_default", code) for country, code in
                            codes.run(f"SELECT country_code, code FROM {table}")}

    again = run(["tidemark", "export", "reference", "--source", codes.url, "--json"], tmp_path)
    assert again.summary["files_written"] == 0
    assert again.summary["files_unchanged"] == ran.summary["files_written"]


def test_a_missing_table_makes_the_run_partial(sqlite, tmp_path):
    run(["tidemark", "samples", "create", "--to", sqlite.url, "--invoices", 1], tmp_path)
    sqlite.run("DROP TABLE t_currency")
    ran = run(["tidemark", "export", "reference", "--source", sqlite.url, "--json"], tmp_path,
              code=3)
    assert ran.summary["lists_failed"] == 1 and ran.summary["exit_code"] == 3
    assert "t_currency" in ran.err
    assert (tmp_path / "context/basic-data/global/invoice-types.json").exists()
    for table in TABLES[1:]:
        sqlite.run(f"DROP TABLE {table}")
    run(["tidemark", "export", "reference", "--source", sqlite.url], tmp_path, code=1)


def test_a_dry_run_writes_nothing(sqlite, tmp_path):
    run(["tidemark", "samples", "create", "--to", sqlite.url, "--invoices", 1], tmp_path)
    ran = run(["tidemark", "export", "reference", "--source", sqlite.url, "-d", "--json"],
              tmp_path)
    assert ran.summary["files_written"] > 0
    assert not (tmp_path / "context").exists()


def test_tables_and_columns_come_from_the_configuration(sqlite, tmp_path):
    run(["tidemark", "samples", "create", "--to", sqlite.url, "--invoices", 1], tmp_path)
    sqlite.run("ALTER TABLE t_currency RENAME TO codes_of_money")
    (tmp_path / "tidemark.toml").write_text(
        f'source = "{sqlite.url}"\n[reference]\noutput = "here"\n'
        '[reference.currencies]\ntable = "codes_of_money"\ncolumns = ["name_zh", "code"]\n')
    run(["tidemark", "export", "reference"], tmp_path)
    assert list(load(tmp_path / "here/global/currencies.json")[0]) == ["name_zh", "code"]


def test_the_drop_in_writes_where_the_script_did(mariadb, tmp_path):
    for table in (*TABLES, "t_invoice"):
        mariadb.run(f"DROP TABLE IF EXISTS {table}")
    run(["tidemark", "samples", "create", "--to", mariadb.url, "--invoices", 1], tmp_path)
    here = tmp_path / "script"
    here.mkdir()
    login = {"DB_HOST": "127.0.0.1", "DB_PORT": str(mariadb.server.port), "DB_USER": "tidemark",
             "DB_PASSWORD": "tidemark", "DB_NAME": "tidemark"}
    ran = run(["./export_basic_data"], here, **login)
    assert "导出完成!" in ran.out
    assert load(tmp_path / "context/basic-data/global/currencies.json")
    run(["/usr/bin/python3", "./export_basic_data.py"], here, OUTPUT_DIR="elsewhere", **login)
    assert load(here / "elsewhere/global/currencies.json")
