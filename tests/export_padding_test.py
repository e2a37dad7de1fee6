"""Texts of CHAR(n), which PostgreSQL fills up with blanks and MySQL does not."""

import os

import pytest
from export_fixture import invoice, payload_of
from export_source_test import edit_record, record

CHAR = {"ftenant_id": "CHAR(8)", "fcountry": "CHAR(4)", "finvoice_no": "CHAR(20)",
        "fissue_date": "CHAR(12)"}


def content(*numbers, tenant="t1", country="CN"):
    return {f"{tenant}/{country}/20250304+INV{n}": payload_of(n).encode() for n in numbers}


def padded(*numbers):
    return {f"t1______/CN__/20250304+{f'INV{n}':_<20}": payload_of(n).encode() for n in numbers}


def make_old_tree(source, tree, *words):
    """As a version before this one left it: empty, but with its record."""
    tree.incremental(source, "90m", *words)
    edit_record(tree, lambda value: value.pop("trimmed"))


@pytest.fixture(params=["mariadb", "postgres"])
def server(request):
    return request.getfixturevalue(request.param)


def test_the_blanks_are_not_taken(server, tree):
    server.make_table(**CHAR)
    server.add(invoice(1), invoice(2, tenant="t2", country="  "))
    ran = tree.export(server)
    assert ran.notes == []
    one = {**content(1), **content(2, tenant="t2", country="UNKNOWN")}
    assert tree.files() == one
    assert record(tree)["trimmed"] is True
    server.add(invoice(3, stamp=server.ago(70)))
    first = tree.incremental(server, "60m")
    assert first.notes == [] and first.files_written == 1
    assert sorted(tree.state()) == ["t1", "t2"]
    server.add(invoice(4, stamp=server.ago(55)))
    again = tree.incremental(server, "50m")
    assert again.rows_read == 1 and again.notes == []
    assert tree.files() == {**one, **content(3, 4)}


def test_what_is_chosen_has_no_blanks(server, tree):
    server.make_table(**CHAR)
    server.add(invoice(1), invoice(2, country="US"), invoice(3, tenant="t2"))
    ran = tree.export(server, "--country", "CN", "--tenant", "t1")
    assert ran.notes == [] and tree.files() == content(1)
    assert tree.export(server, "--limit", "2").notes == []
    assert tree.files() == {**content(1), **content(2, country="US")}
    for words in (("-i", "--country", "CN"), ("-i", "--tenant", "t1"), ("--country", "CN")):
        assert tree.export(server, *words).notes == []
    assert tree.files() == {**content(1), **content(2, country="US"), **content(3, tenant="t2")}


def test_a_tenant_with_blanks_is_not_there(server, tree):
    server.make_table(**CHAR)
    server.add(invoice(1))
    ran = tree.export(server, "-i", "--tenant", "t1  ")
    assert "is the name right?" in str(ran.notes)
    assert tree.files() == {} and not os.path.exists(tree.state_path)


def test_the_loose_index_scan_and_a_key_of_texts(postgres, tree):
    postgres.make_table(key="ftenant_id, finvoice_no", **CHAR)
    postgres.add(*[invoice(n, tenant=f"t{n % 3}") for n in range(30)],
                 invoice(99, tenant="ahead", stamp="2099-01-01 00:00:00"))
    ran = tree.incremental(postgres, "60m")
    assert "ahead (2099" in str(ran.notes)
    assert len(tree.files()) == 30 and sorted(tree.state()) == ["ahead", "t0", "t1", "t2"]
    assert all("_" not in path for path in tree.files())
    assert tree.incremental(postgres, "50m").rows_read == 0


@pytest.mark.parametrize("words", [(), ("--layout", "ndjson")])
def test_a_tree_that_began_with_them_keeps_them(postgres, tree, words):
    postgres.make_table(**CHAR)
    make_old_tree(postgres, tree, *words)
    postgres.add(invoice(1, stamp=postgres.ago(80)))
    assert tree.incremental(postgres, "70m", *words).rows_read == 1
    folders = [name for name in os.listdir(tree.path) if name.startswith("t1")]
    assert folders == ["t1______"] and list(tree.state()) == ["t1      "]
    postgres.add(invoice(2, stamp=postgres.ago(65)))
    assert tree.incremental(postgres, "60m", *words).rows_read == 1
    full = tree.export(postgres, *words)
    assert "new folder" in str(full.notes) and full.rows_gone == 0
    assert [name for name in os.listdir(tree.path) if name.startswith("t1")] == folders
    if not words:
        assert tree.files() == padded(1, 2)
    assert "trimmed" not in record(tree)


def test_a_lost_record_changes_no_path(postgres, tree):
    postgres.make_table(**CHAR)
    make_old_tree(postgres, tree)
    postgres.add(invoice(1, stamp=postgres.ago(80)))
    tree.incremental(postgres, "70m")
    os.remove(os.path.join(tree.state_folder, "source.json"))
    tree.incremental(postgres, "60m")
    assert tree.files() == padded(1) and list(tree.state()) == ["t1      "]


def test_an_old_tree_without_such_columns_never_has_them(postgres, tree):
    postgres.make_table()
    make_old_tree(postgres, tree)
    postgres.add(invoice(1, stamp=postgres.ago(80)))
    assert tree.incremental(postgres, "70m").notes == []
    postgres.run("ALTER TABLE t_invoice ALTER COLUMN ftenant_id TYPE CHAR(8)")
    postgres.add(invoice(2, stamp=postgres.ago(65)))
    ran = tree.incremental(postgres, "60m")
    assert ran.rows_read == 1 and ran.notes == []
    assert tree.files() == content(1, 2)
