"""The programs that take the place of the old scripts, and further tables by name."""

import os
import re
import subprocess

import pytest

from export_fixture import invoice
from programs import FOLDER, run


@pytest.fixture
def script(tmp_path):
    """The folder in which the old scripts stood."""
    folder = tmp_path / "script"
    folder.mkdir()
    return folder


@pytest.fixture
def table(sqlite):
    sqlite.make_table()
    sqlite.add(*[invoice(fid, tenant=f"t{fid % 2}") for fid in range(1, 13)])
    return {"TIDEMARK_SOURCE": sqlite.url}


def login(mariadb):
    return {"DB_HOST": "127.0.0.1", "DB_PORT": str(mariadb.server.port), "DB_USER": "tidemark",
            "DB_PASSWORD": "tidemark", "DB_NAME": "tidemark"}


def files(folder):
    return sorted(os.path.relpath(os.path.join(where, name), folder)
                  for where, _, names in os.walk(folder) for name in names
                  if ".export_state" not in where)


# export_invoice_data


def test_full_export_with_the_variables_of_the_script(mariadb, script, tmp_path):
    mariadb.make_table()
    mariadb.add(*[invoice(fid) for fid in range(1, 6)])
    ran = run(["./export_invoice_data"], script, **login(mariadb))
    assert files(tmp_path / "context/invoices") == [
        f"t1/CN/20250304+INV{fid}.json" for fid in range(1, 6)]
    for line in ("导出完成!", "成功导出: 5 条记录", "总分组数: 1", "成功分组: 1", "失败分组: 0",
                 "无数据分组: 0", "总发票数: 5", "成功文件: 5", "失败文件: 0"):
        assert line in ran.out.splitlines(), ran.text()
    assert re.search(r"^总耗时: \d+\.\d\d 秒$", ran.out, re.M)
    assert re.search(r"^平均每张发票处理时间: \d+\.\d+ 秒$", ran.out, re.M)


def test_incremental_runs_keep_their_state_where_it_was(table, script, tmp_path):
    ran = run(["./export_invoice_data", "--incremental"], script, **table)
    assert "成功导出: 12 条新记录" in ran.out
    state = tmp_path / "context/invoices/.export_state/.last_export_time"
    assert [line.split("|")[0] for line in state.read_text().splitlines()] == ["t0", "t1"]
    again = run(["./export_invoice_data", "-i"], script, **table)
    assert "成功导出: 0 条新记录" in again.out


def test_the_short_options_of_the_script(table, script, tmp_path):
    run(["./export_invoice_data", "-i", "-d", "-l", "1", "-v", "-t", "8"], script, **table)
    assert not (tmp_path / "context").exists()
    run(["./export_invoice_data", "-o", "here", "-c", "-l", "1"], script, **table)
    assert [name[-8:] for name in files(script / "here")] == [".json.gz"] * 6
    run(["./export_invoice_data"], script, OUTPUT_DIR="there", **table)
    assert len(files(script / "there")) == 12
    assert "--incremental" in run(["./export_invoice_data", "-h"], script).out


def test_it_speaks_chinese_unless_told_otherwise(table, script):
    assert "未知选项" in run(["./export_invoice_data", "--wrong"], script, code=2,
                         LANG="en_US.UTF-8").err
    assert "Export complete!" in run(["./export_invoice_data", "--lang", "en"], script,
                                     **table).out


@pytest.mark.parametrize("wrong", ["abc", "0", "-5", "10s", "1e3", "99999999999999999999", "3601",
                                   "\x1b[2J"])
def test_a_wrong_progress_interval_is_told_and_stops_nothing(table, script, wrong):
    ran = run(["./export_invoice_data"], script, PROGRESS_INTERVAL=wrong, **table)
    assert "PROGRESS_INTERVAL=" in ran.err and "3600 之间的秒数" in ran.err
    assert "\x1b" not in ran.err
    told = run(["./export_invoice_data", "--lang", "en"], script, PROGRESS_INTERVAL=wrong, **table)
    assert "is no number of seconds from 1 to 3600" in told.err


@pytest.mark.parametrize("right", ["", "1", "3600"])
def test_a_right_progress_interval_is_taken_in_silence(table, script, right):
    ran = run(["./export_invoice_data"], script, PROGRESS_INTERVAL=right, **table)
    assert "PROGRESS_INTERVAL" not in ran.err


def test_a_configuration_file_still_counts(table, script):
    (script / "tidemark.toml").write_text('[export.invoices]\noutput = "configured"\n')
    run(["./export_invoice_data"], script, **table)
    assert len(files(script / "configured")) == 12


def test_the_python_shim_passes_everything_on(table, script, tmp_path):
    ran = run(["/usr/bin/python3", "./export_invoice_data.py", "--limit", "0x"], script, code=2,
              **table)
    assert "--limit" in ran.err
    run(["/usr/bin/python3", "./export_invoice_data.py", "--incremental", "--compress"], script,
        **table)
    assert len(files(tmp_path / "context/invoices")) == 12


# export_invoice_data.sh


def test_the_bash_shim_has_the_tree_and_the_lines_of_the_bash_script(table, script, tmp_path,
                                                                     sqlite):
    shim = ["/bin/bash", "./export_invoice_data.sh"]
    full = run(shim, script, **table).out.splitlines()
    assert full[0] == "[INFO] 运行模式: full"
    assert "[SUCCESS] 全量导出完成!" in full
    assert full[-2:] == ["[INFO] 租户数量: 2", "[INFO] 成功导出: 12 条记录"]

    first = run(shim, script, EXPORT_MODE="incremental", **table).out.splitlines()
    assert "[INFO] 租户 t0: 首次导出，基线时间: 1970-01-01 00:00:00" in first
    assert "[SUCCESS] 租户 t0: 导出 6 条新记录" in first
    assert "[SUCCESS] 增量导出完成!" in first
    assert first[-3:] == ["[INFO] 处理租户数: 2", "[INFO] 成功导出: 12 条新记录",
                          "[INFO] 状态文件: ../context/.export_state/.last_export_time"]
    assert (tmp_path / "context/.export_state/.last_export_time").exists()
    assert files(tmp_path / "context")[0] == "t0/CN/20250304+INV10.json"

    again = run(shim, script, EXPORT_MODE="incremental", TENANT_ID="t1", **table).out
    assert re.search(r"^\[INFO\] 租户 t1: 20\S+ \S+ -> 20\S+ \S+$", again, re.M)
    assert "[INFO] 租户 t1: 无新增数据" in again
    assert "t0" not in again

    sqlite.run("UPDATE t_invoice SET fext_field = '{broken' WHERE fid = 1")
    partial = run(shim, script, code=3, **table).out
    assert "[WARNING] 全量导出部分完成" in partial
    assert "完成!" not in partial


def test_the_bash_shim_dry_run(sqlite, table, script, tmp_path):
    shim = ["./export_invoice_data.sh"]
    run(shim, script, DRY_RUN="true", EXPORT_MODE="incremental", **table)
    for variables in ({"DRY_RUN": "yes"}, {"EXPORT_MODE": "incrmental"}):
        run(shim, script, code=2, **variables, **table)
    sqlite.run("UPDATE t_invoice SET fext_field = '{broken' WHERE fid = 1")
    shown = run(shim, script, code=3, DRY_RUN="true", EXPORT_MODE="incremental", **table).out
    assert "[WARNING] 增量导出试运行完成：未写入任何文件" in shown
    assert not (tmp_path / "context").exists()


# Installed


def test_everything_is_installed_beside_the_binary(table, script, tmp_path):
    subprocess.run(["cmake", "--install", FOLDER, "--prefix", str(tmp_path / "usr")],
                   check=True, stdout=subprocess.DEVNULL)
    installed = tmp_path / "usr/bin"
    assert sorted(os.listdir(installed)) == [
        "export_basic_data", "export_basic_data.py", "export_invoice_data",
        "export_invoice_data.py", "export_invoice_data.sh", "tidemark"]
    assert os.readlink(installed / "export_invoice_data") == "tidemark"
    for shim in ("export_invoice_data.py", "export_invoice_data.sh"):
        link = script / shim  # Where cron looks for it.
        link.symlink_to(installed / shim)
        run([link], script, **table)
    assert len(files(tmp_path / "context/invoices")) == 12


# [export.NAME]


def test_further_tables_are_exported_by_name(sqlite, tmp_path):
    sqlite.make_table("t_receipt")
    sqlite.add(*[invoice(fid, number=f"R{fid}") for fid in range(1, 4)], table="t_receipt")
    (tmp_path / "tidemark.toml").write_text(
        f'source = "{sqlite.url}"\n[export.receipts]\ntable = "t_receipt"\n'
        'output = "receipts"\npath = "{date}/{number}"\n')
    ran = run(["tidemark", "export", "receipts", "--threads", "2", "--json"], tmp_path)
    assert ran.summary["command"] == "export receipts"
    assert files(tmp_path / "receipts") == [f"20250304/R{fid}.json" for fid in range(1, 4)]
    run(["tidemark", "export", "receipts", "-i", "-o", "other"], tmp_path)
    assert len(files(tmp_path / "other")) == 3
    with open(tmp_path / "tidemark.toml", "a", encoding="utf-8") as file:
        file.write('country_column = ""\n')
    for words in (["-i"], ["-d"], ["--tenant", "t1"], []):
        error = run(["tidemark", "export", "receipts", "--country", "CN", *words], tmp_path,
                    code=2).err
        assert "export.receipts.country_column is empty" in error
    shown = run(["tidemark", "export", "receipts", "--help"], tmp_path).out
    assert "--incremental" in shown


@pytest.mark.parametrize("words, says", [
    (["receits"], "did you mean 'receipts'? The configuration has: invoices, receipts"),
    (["receits", "--threads", "2"], "did you mean receipts?"),
    (["statee"], "did you mean 'state'?"),
    (["statee", "show"], "did you mean 'state'?"),
    (["orders"], "there is no export 'orders'"),
    (["Receipts"], "unknown command 'Receipts'"),
    (["../receipts"], "unknown command"),
])
def test_an_unknown_name_is_an_error_that_lists_the_known_ones(tmp_path, words, says):
    (tmp_path / "tidemark.toml").write_text('[export.receipts]\ntable = "t_receipt"\n')
    ran = run(["tidemark", "export", *words], tmp_path, code=2)
    assert says in ran.err
