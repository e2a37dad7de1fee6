"""The command line as people and scripts meet it: exit codes, streams, languages, completion."""

import json
import os
import pty
import re
import shutil
import signal
import sqlite3
import subprocess
import unicodedata

import pytest

BINARY = os.environ["TIDEMARK_BINARY"]


@pytest.fixture
def tidemark(tmp_path):
    """Runs the binary in an empty folder with an environment of its own."""

    def run(*words, **variables):
        stdout = variables.pop("stdout", subprocess.PIPE)
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **variables}
        return subprocess.run(
            [BINARY, *words],
            env=environment,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            timeout=60,
            encoding="utf-8",
        )

    return run


# Streams and exit codes


def test_results_go_to_stdout_and_nothing_else_does(tidemark):
    ran = tidemark("version")
    assert ran.returncode == 0
    assert ran.stdout.startswith("tidemark ")
    assert ran.stderr == ""
    assert tidemark("--version").stdout == ran.stdout


def test_version_names_what_it_was_built_with(tidemark):
    line = json.loads(tidemark("version", "--json").stdout)
    assert line["version"].count(".") == 2
    assert line["built_with"]["SQLite"].startswith("3.")
    assert "SQLite 3." in tidemark("version", "--verbose").stdout


@pytest.mark.parametrize(
    "words, says",
    [
        (["exprot"], "unknown command 'exprot'"),
        (["config", "chekc"], "did you mean 'check'?"),
        (["config", "check", "--ofline"], "did you mean '--offline'?"),
        (["version", "--lang", "de"], "--lang is en|zh, not 'de'"),
        (["version", "extra"], "unexpected word 'extra'"),
        (["version", "--json=1"], "--json takes no value"),
        (["config", "show", "--config"], "--config needs a value"),
        (["completion"], "SHELL is missing"),
        (["config"], "'tidemark config' needs a command"),
        ([], "'tidemark' needs a command"),
    ],
)
def test_a_wrong_command_line_is_exit_code_2(tidemark, words, says):
    ran = tidemark(*words)
    assert ran.returncode == 2
    assert says in ran.stderr
    assert ran.stdout == ""


def test_json_ends_with_an_exit_error(tidemark):
    ran = tidemark("config", "chekc", "--json")
    last = json.loads(ran.stdout.splitlines()[-1])
    assert last["message_type"] == "exit_error"
    assert last["code"] == ran.returncode == 2
    assert last["kind"] == "usage"


def test_a_full_disk_behind_stdout_is_a_failure(tidemark):
    with open("/dev/full", "w", encoding="utf-8") as full:
        ran = tidemark("version", stdout=full)
    assert ran.returncode == 1
    assert "standard output" in ran.stderr


def test_a_reader_that_left_is_none(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run(
        [BINARY, "config", "reference"],
        stdout=writer,
        stderr=subprocess.PIPE,
        env={"HOME": str(tmp_path)},
        check=False,
    )
    os.close(writer)
    assert ran.returncode == 0
    assert ran.stderr == b""


def test_closed_standard_streams_do_no_harm(tmp_path):
    ran = subprocess.run(
        ["/bin/sh", "-c", f'"{BINARY}" version >&-'],
        stderr=subprocess.PIPE,
        env={"HOME": str(tmp_path)},
        check=False,
    )
    assert ran.returncode == 1
    assert b"standard output" in ran.stderr


# Languages and help


def test_the_language_is_known_before_anything_is_said(tidemark):
    assert "error: unknown command" in tidemark("nothing").stderr
    assert "错误：未知命令" in tidemark("nothing", LANG="zh_CN.UTF-8").stderr
    assert "错误：未知命令" in tidemark("nothing", TIDEMARK_LANG="zh").stderr
    assert "error: unknown command" in tidemark("nothing", "--lang=en", TIDEMARK_LANG="zh").stderr
    assert "错误：未知命令" in tidemark("nothing", "--lang", "zh", LC_ALL="C").stderr


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"]])
def test_help_lists_commands_and_exit_codes(tidemark, words):
    ran = tidemark(*words)
    assert ran.returncode == 0
    assert ran.stderr == ""
    for expected in ("Usage: tidemark", "Commands:", "config", "Examples:", "Exit codes:", "143"):
        assert expected in ran.stdout


def test_help_speaks_chinese(tidemark):
    page = tidemark("config", "check", "--help", "--lang", "zh").stdout
    for expected in ("用法：tidemark config check", "选项：", "--offline", "示例："):
        assert expected in page


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_line_of_help_is_wider_than_the_screen(tidemark, language):
    def width(line):
        return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)

    for words in ([], ["config"], ["config", "check"], ["completion"]):
        for line in tidemark(*words, "--help", "--lang", language).stdout.splitlines():
            assert width(line) <= 80, line


# Configuration


def test_a_wrong_configuration_is_exit_code_2_and_all_of_it_is_said(tidemark, tmp_path):
    file = tmp_path / "wrong.toml"
    file.write_text('[log]\nlevel = "loud"\nfromat = "json"\n')
    ran = tidemark("config", "check", "--config", str(file), "--json")
    assert ran.returncode == 2
    assert "wrong.toml:2" in ran.stderr
    assert "wrong.toml:3" in ran.stderr
    types = [json.loads(line)["message_type"] for line in ran.stdout.splitlines()]
    assert types == ["error", "exit_error"]


@pytest.mark.parametrize("line,said", [
    ('[schedule.jobs.load_orders]\ncron = "61 * * * *"\n', "minute: 61"),
    ('[schedule.jobs.load_users]\ncron = "0 0 30 2 *"\n', "never comes"),
    ('[schedule]\ntime_zone = "Mars/Olympus"\n', "Mars"),
])
def test_config_check_reads_the_times_of_jobs(line, said, tidemark, tmp_path):
    (tmp_path / "tidemark.toml").write_text(line)
    ran = tidemark("config", "check", "--offline")
    assert ran.returncode == 2, ran.stdout
    assert said in ran.stderr
    assert "tidemark.toml:2" in ran.stderr


def test_config_check_connects_unless_told_not_to(tidemark, tmp_path):
    file = tmp_path / "tidemark.toml"
    file.write_text('source = "sqlite:missing.db"\n')
    assert tidemark("config", "check", "--offline").returncode == 0
    ran = tidemark("config", "check")
    assert ran.returncode == 1
    assert "missing.db" in ran.stderr
    assert not (tmp_path / "missing.db").exists()
    sqlite3.connect(tmp_path / "missing.db").execute("CREATE TABLE t (x)").connection.close()
    ran = tidemark("config", "check")
    assert ran.returncode == 0, ran.stderr
    assert "SQLite 3." in ran.stdout


@pytest.mark.parametrize("key", ["TIDEMARK_LOAD__WAREHOUSE", "TIDEMARK_STATE",
                                 "TIDEMARK_RECEIVE__DATABASE"])
def test_config_check_knows_which_files_will_be_made(key, tidemark, tmp_path):
    for name in ("new.db", "folder/below/new.db", f"{tmp_path}/new.db"):
        ran = tidemark("config", "check", **{key: f"sqlite:{name}"})
        assert ran.returncode == 0, ran.stderr
        assert "will be created" in ran.stdout and "connected" not in ran.stdout
    assert os.listdir(tmp_path) == []
    line, = tidemark("config", "check", "--json", **{key: "sqlite:new.db"}).stdout.splitlines()[-1:]
    shown = json.loads(line)
    assert (shown["connected"], shown["will_be_created"]) == (False, True)

    (tmp_path / "file").write_text("x" * 5000)
    for name, said in (("file/new.db", "Not a directory"), ("file", "not a database"), (".", "")):
        ran = tidemark("config", "check", "--lang", "en", **{key: f"sqlite:{name}"})
        assert ran.returncode != 0 and said in ran.stderr, ran.stderr
    # Who reads the same file from elsewhere does not make it.
    ran = tidemark("config", "check", TIDEMARK_SOURCE="sqlite:new.db", **{key: "sqlite:new.db"})
    assert ran.returncode == 1


def test_config_check_tells_an_absent_server_from_a_mistake(tidemark):
    ran = tidemark("config", "check", TIDEMARK_SOURCE="mysql://reader:hidden@127.0.0.1:1/finance")
    assert ran.returncode == 75
    assert "hidden" not in ran.stderr + ran.stdout


def test_config_show_says_where_each_value_is_from(tidemark):
    ran = tidemark("config", "show", "--json", "-v", TIDEMARK_SOURCE="mysql://u:hidden@h/d")
    rows = {row["key"]: row for row in map(json.loads, ran.stdout.splitlines())}
    assert rows["log.level"]["value"] == "debug"
    assert rows["log.level"]["origin"] == "flag"
    assert rows["source"]["value"] == "mysql://u:***@h/d"
    assert rows["source"]["where"] == "TIDEMARK_SOURCE"
    assert rows["log.format"]["origin"] == "default"


def test_the_reference_explains_every_setting(tidemark):
    keys = [json.loads(line)["key"] for line in tidemark("config", "show", "--json").stdout.splitlines()]
    page = tidemark("config", "reference").stdout
    for key in keys:
        assert f"### `{key.replace('export.invoices.', 'export.*.')}`" in page
    assert "默认" in tidemark("config", "reference", "--lang", "zh").stdout


# Runs

def test_runs_are_listed_and_shown(tidemark, tmp_path):
    state = tmp_path / ".local/state/tidemark"
    assert tidemark("runs", "list").stdout == "nothing has run yet\n"
    assert state.stat().st_mode & 0o777 == 0o700
    with sqlite3.connect(state / "tidemark.db") as database:
        for row in [
            ("01A", "export invoices", "x", "h", 1, 1, "2025-12-03T12:00:00.000Z",
             "2025-12-03T12:15:30.000Z", "2025-12-03T12:15:30.000Z", "partial",
             '{"rows_read":7}', "one reject", 3),
            ("01B", "export invoices", "x", "h", 1, 1, "2025-12-03T12:00:00.000Z",
             "2025-12-03T12:00:10.000Z", None, "running", "{}", "", None),
        ]:
            database.execute(f"INSERT INTO runs VALUES ({','.join('?' * 13)})", row)
    database.close()
    lines = tidemark("runs", "list", "--lang", "zh").stdout.splitlines()
    assert "失联" in lines[1] and "部分成功" in lines[2] and "15分30秒" in lines[2]
    rows = [json.loads(line) for line in tidemark("runs", "list", "--json").stdout.splitlines()]
    assert [(row["id"], row["status"]) for row in rows] == [("01B", "stale"), ("01A", "partial")]
    assert rows[1]["duration_seconds"] == 930
    assert len(tidemark("runs", "list", "--json", "-n1").stdout.splitlines()) == 1
    page = tidemark("runs", "show", "01A").stdout
    assert "one reject" in page and "rows_read" in page
    assert tidemark("runs", "show", "01").returncode == 1
    assert tidemark("runs", "show", "zzz").returncode == 1
    assert tidemark("runs", "list", "--limit", "0").returncode == 2


def test_a_newer_state_database_is_left_alone(tidemark, tmp_path):
    assert tidemark("runs", "list").returncode == 0
    file = tmp_path / ".local/state/tidemark/tidemark.db"
    with sqlite3.connect(file) as database:
        database.execute("UPDATE schema_version SET version = 99")
    database.close()
    ran = tidemark("runs", "list")
    assert ran.returncode == 1
    assert "version 99" in ran.stderr and "hint:" in ran.stderr


def test_the_journal_is_replayed(tidemark, tmp_path):
    state = tmp_path / ".local/state/tidemark"
    state.mkdir(parents=True)
    (state / "journal.ndjson").write_text(
        json.dumps(
            {
                "id": "01J", "job": "export invoices", "command": "x", "host": "h", "pid": 1,
                "pid_start": 1, "started_at": "2025-12-03T12:00:00.000Z",
                "heartbeat_at": "2025-12-03T12:00:00.000Z", "ended_at": "2025-12-03T12:00:01.000Z",
                "status": "success", "counts": {"rows_read": 5}, "error": "", "exit_code": 0,
            }
        )
        + "\n"
    )
    assert json.loads(tidemark("runs", "show", "01J", "--json").stdout)["counts"]["rows_read"] == 5
    assert (state / "journal.ndjson").read_text() == ""


# Terminals


def run_on_a_terminal(words, variables, tmp_path):
    """What the binary writes to stderr when that is a terminal."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [BINARY, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=child,
        env={"HOME": str(tmp_path), **variables},
    )
    os.close(child)
    seen = b""
    while True:
        try:
            piece = os.read(parent, 4096)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    process.wait(timeout=60)
    os.close(parent)
    return seen.decode()


def test_colour_only_where_it_is_wanted(tmp_path):
    coloured = {"TERM": "xterm"}
    assert "\x1b[31m" in run_on_a_terminal(["nothing"], coloured, tmp_path)
    for words, variables in [
        (["nothing"], {"TERM": "xterm", "NO_COLOR": "1"}),
        (["nothing", "--no-color"], coloured),
        (["nothing"], {"TERM": "dumb"}),
        (["nothing"], {}),
    ]:
        assert "\x1b" not in run_on_a_terminal(words, variables, tmp_path)


def test_an_ignored_interrupt_stays_ignored(tmp_path):
    """As in `nohup` or a script's background job."""
    process = subprocess.run(
        ["/bin/sh", "-c", f'trap "" INT; "{BINARY}" version & wait'],
        stdout=subprocess.PIPE,
        env={"HOME": str(tmp_path)},
        timeout=60,
        check=False,
    )
    assert process.stdout.startswith(b"tidemark ")
    assert process.returncode != -signal.SIGINT


# Completion

bash = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")


@pytest.fixture
def completed(tidemark, tmp_path):
    """What bash offers at the end of a command line."""
    script = tmp_path / "completion.bash"
    script.write_text(tidemark("completion", "bash").stdout)

    def complete(*words):
        program = f"""
source {script}
COMP_WORDS=({" ".join(f"'{word}'" for word in words)})
COMP_CWORD={len(words) - 1}
_tidemark 2>/dev/null
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
        ran = subprocess.run(
            ["bash", "--norc", "-uc", program],
            stdout=subprocess.PIPE,
            cwd=tmp_path,
            encoding="utf-8",
            timeout=60,
            check=True,
        )
        return ran.stdout.split()

    return complete


@bash
def test_bash_completes_commands_flags_and_values(completed, tmp_path):
    assert completed("tidemark", "conf") == ["config"]
    assert completed("tidemark", "config", "") == ["check", "show", "reference"]
    assert completed("tidemark", "config", "check", "--off") == ["--offline"]
    assert completed("tidemark", "completion", "") == ["bash", "zsh", "fish"]
    assert completed("tidemark", "--lang", "") == ["en", "zh"]
    assert completed("tidemark", "version", "--log-format", "=", "j") == ["json"]
    (tmp_path / "tidemark.toml").touch()
    assert completed("tidemark", "--config", "tide") == ["tidemark.toml"]


# How each shell asks a completion, and what it does with the answer, is its own; these play it.
# bash takes = for a word of its own.
ASK_BASH = """
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_tidemark 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
"""
ASK_ZSH = """
compdef() { }
compset() { PREFIX=${PREFIX#*=} }
offer() { for word in "$@"; do [[ $word == $PREFIX* ]] && print -r -- $word; done; true }
compadd() { offer "${@[2,-1]}" }
_describe() { offer ${${(P)2}%%:*} }
_files() { if [[ $1 == -/ ]]; then offer *(N-/); else offer *(N); fi }
_message() { }
source $1; shift
words=("$@") CURRENT=$# PREFIX=${@[-1]}
_tidemark
"""
ASK_FISH = """
source $argv[1]
complete -C (string join ' ' -- $argv[2..-1]) | string split -f 1 \\t
true
"""


@pytest.fixture(params=["bash", "zsh", "fish"])
def offered(request, tidemark, tmp_path):
    """What a shell offers at the end of a command line."""
    shell = request.param
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = tmp_path / "script"
    script.write_text(tidemark("completion", shell).stdout)
    folder = tmp_path / "here"
    (folder / "below").mkdir(parents=True)
    (folder / "tidemark.toml").touch()
    ask = {"bash": ["bash", "--norc", "-uc", ASK_BASH, "bash"],
           "zsh": ["zsh", "-f", "-c", ASK_ZSH, "zsh"],
           "fish": ["fish", "--no-config", "-c", ASK_FISH]}[shell]

    def offer(*words):
        if shell == "bash":
            words = [part for word in words for part in re.split("(=)", word) if part or not word]
        ran = subprocess.run([*ask, str(script), *words], stdout=subprocess.PIPE, cwd=folder,
                             env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
                             encoding="utf-8", timeout=60, check=True)
        # fish gives back the whole word.
        return sorted({line.rstrip("/").split("=")[-1] for line in ran.stdout.split()})

    return offer


def test_every_shell_offers_commands_flags_and_values(offered):
    assert offered("tidemark", "conf") == ["config"]
    assert offered("tidemark", "export", "state", "") == ["import", "reset", "restore", "show"]
    assert offered("tidemark", "completion", "") == ["bash", "fish", "zsh"]
    assert "--layout" in offered("tidemark", "export", "invoices", "--lay")
    assert offered("tidemark", "--lang", "") == ["en", "zh"]
    assert offered("tidemark", "export", "invoices", "--layout", "nd") == ["ndjson"]
    assert offered("tidemark", "export", "invoices", "--layout=") == ["files", "ndjson"]
    assert offered("tidemark", "export", "invoices", "--layout=nd") == ["ndjson"]
    assert offered("tidemark", "export", "invoices", "-o", "") == ["below"]
    assert "tidemark.toml" in offered("tidemark", "--config", "tide")


def test_no_shell_offers_a_value_where_it_would_be_a_word_of_its_own(offered):
    """`--compress zstd` is `--compress` and the word zstd."""
    assert "zstd" in offered("tidemark", "export", "invoices", "--compress=")
    assert offered("tidemark", "export", "invoices", "--compress=zs") == ["zstd"]
    assert "zstd" not in offered("tidemark", "export", "invoices", "--compress", "")


def test_the_value_of_a_flag_is_no_command(offered):
    for words in (["--config", "export"], ["--config=export"]):
        assert offered("tidemark", *words, "vers") == ["version"]
    assert offered("tidemark", "--config", "load", "export", "state", "sh") == ["show"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_completion_scripts_are_valid(tidemark, tmp_path, shell, language):
    ran = tidemark("completion", shell, "--lang", language)
    assert ran.returncode == 0
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = tmp_path / "script"
    script.write_text(ran.stdout)
    subprocess.run([shell, "-n", str(script)], check=True, timeout=60)
