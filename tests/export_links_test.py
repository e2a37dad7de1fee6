"""Symbolic links inside the tree lead nowhere: an exporter that follows them could be turned against
other files by whoever may write into the tree."""

import json
import os

import pytest

from export_fixture import invoice


@pytest.fixture
def outside(tmp_path):
    """A folder that is none of the tree's business, with a file that looks like one of ours."""
    folder = tmp_path / "outside"
    (folder / "CN").mkdir(parents=True)
    (folder / "CN" / "20250304+INV1.json").write_text("precious")
    (folder / "CN" / "20250304+INV9.json").write_text("precious")
    return folder


def unchanged(outside):
    return [(file.name, file.read_text()) for file in sorted((outside / "CN").iterdir())] == [
        ("20250304+INV1.json", "precious"), ("20250304+INV9.json", "precious")]


@pytest.mark.parametrize("link", ["t1", "t1/CN"])
def test_nothing_is_written_through_a_link(sqlite, tree, outside, link):
    sqlite.make_table()
    sqlite.add(invoice(1), invoice(2, tenant="t2"))
    path = os.path.join(tree.path, link)
    os.makedirs(os.path.dirname(path))
    os.symlink(outside if link == "t1" else outside / "CN", path)
    ran = tree.export(sqlite, code=3)
    assert unchanged(outside)
    error = next(line for line in ran.lines if line["message_type"] == "error")
    assert "t1/CN" in error["message"] and "symbolic link" in error["hint"]
    assert os.path.exists(os.path.join(tree.path, "t2/CN/20250304+INV2.json"))

    os.remove(path)
    tree.export(sqlite)
    tree.check_equals(sqlite)


def test_nothing_is_removed_through_a_link(sqlite, tree, outside):
    sqlite.make_table()
    sqlite.add(invoice(1), invoice(2, tenant="t2"))
    tree.export(sqlite)
    os.rename(os.path.join(tree.path, "t1"), os.path.join(tree.path, "old"))
    os.symlink(outside, os.path.join(tree.path, "t1"))
    sqlite.run("DELETE FROM t_invoice WHERE fid = 1")
    tree.export(sqlite, "--prune", code=None)
    assert unchanged(outside)


def test_a_link_in_the_place_of_a_file_is_replaced_not_followed(sqlite, tree, outside):
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.write("t1/CN/x", b"")
    os.remove(os.path.join(tree.path, "t1/CN/x"))
    os.symlink(outside / "CN" / "20250304+INV1.json",
               os.path.join(tree.path, "t1/CN/20250304+INV1.json"))
    tree.export(sqlite)
    assert unchanged(outside)
    tree.check_equals(sqlite)


def test_the_state_folder_is_no_link(sqlite, tree, outside):
    sqlite.make_table()
    sqlite.add(invoice(1))
    os.makedirs(tree.path)
    os.symlink(outside, tree.state_folder)
    ran = tree.export(sqlite, code=1)
    assert "symbolic link" in ran.exit_error["message"]
    assert sorted(os.listdir(outside)) == ["CN"]


def test_the_tree_itself_may_be_a_link(sqlite, tree, tmp_path):
    sqlite.make_table()
    sqlite.add(invoice(1))
    (tmp_path / "disk").mkdir()
    os.symlink(tmp_path / "disk", tree.path)
    tree.export(sqlite)
    tree.check_equals(sqlite)
    tree.export(sqlite, "--compress=zstd")


# Layout ndjson


def test_no_part_is_written_or_removed_through_a_link(sqlite, tree, outside):
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.export(sqlite, "--layout", "ndjson")
    os.rename(os.path.join(tree.path, "t1"), os.path.join(tree.path, "old"))
    for name in os.listdir(os.path.join(tree.path, "old/CN")):
        os.rename(os.path.join(tree.path, "old/CN", name), outside / "CN" / name)
    os.symlink(outside, os.path.join(tree.path, "t1"))
    before = {name: os.lstat(outside / "CN" / name).st_mtime_ns
              for name in os.listdir(outside / "CN")}
    ran = tree.export(sqlite, "--layout", "ndjson", code=1)
    assert f"{tree.path}/t1" in ran.text() and "symbolic link" in ran.text()
    assert before == {name: os.lstat(outside / "CN" / name).st_mtime_ns
                      for name in os.listdir(outside / "CN")}


@pytest.mark.parametrize("name", ["..", ".", "", "../../outside/CN/20250304+INV1.json",
                                  "20250304+INV1.json", ".hidden.ndjson", "a\0b.ndjson"])
def test_a_manifest_names_nothing_but_parts(sqlite, tree, outside, name):
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.export(sqlite, "--layout", "ndjson")
    path = os.path.join(tree.path, "t1/CN/_manifest.json")
    with open(path, encoding="utf-8") as file:
        manifest = json.load(file)
    manifest["parts"][0]["file"] = name
    with open(path, "w", encoding="utf-8") as file:
        json.dump(manifest, file)
    ran = tree.export(sqlite, "--layout", "ndjson", code=1)
    assert "_manifest.json" in ran.text() and unchanged(outside)
