"""What the documents say is so: their command lines run, their settings are valid, their links lead
somewhere.

The lines of ```sh blocks that begin with `tidemark` (also as `./build/tidemark`, or as one of its
drop-ins) run in order, page by page, in a folder with a sample database that TIDEMARK_SOURCE names.
Words after `sh` say what else holds: `exit=3` that each line of the block ends with 3, `needs=mysql`
(or postgres, data, root, …) that it wants something that is not there; then its words are checked
alone. A block of any language with `file=NAME` is that file, without the newline at its end."""

import json
import os
import re
import shlex
import shutil
import subprocess

import pytest

BINARY = os.environ["TIDEMARK_BINARY"]
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RUN_TIMEOUT_S = 120
PROGRAM = re.compile(r"(?:[A-Z_]+=\S* )*(?:tidemark|\./build/tidemark|export_invoice_data|export_basic_data)(?: |$)")


def pages():
    found = [name for name in os.listdir(ROOT) if name.endswith(".md")]
    for top in ("docs", "deploy", "src"):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names
                      if name.endswith(".md")]
    return sorted(found)


def text_of(page):
    with open(os.path.join(ROOT, page), encoding="utf-8") as file:
        return file.read()


def blocks(page, language=None):
    """(words after the language, text) of each fenced block of a language, or of all."""
    fence = re.compile(r"^( *)```(\S*)[ ]*(.*?)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
    return [(match[3].split(), re.sub(f"^{match[1]}", "", match[4], flags=re.MULTILINE))
            for match in fence.finditer(text_of(page)) if language in (None, match[2])]


def commands(page):
    for words, text in blocks(page, "sh"):
        for line in text.replace("\\\n", " ").splitlines():
            if PROGRAM.match(line):
                yield words, line


def pages_with(language):
    return [page for page in pages() if blocks(page, language)]


@pytest.fixture
def shell(tmp_path):
    """Runs a line as a person's shell would, with nothing of the tester's environment."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("tidemark", "export_invoice_data", "export_basic_data"):
        (programs / name).symlink_to(BINARY)
    folder = tmp_path / "here"
    folder.mkdir()

    def run(line):
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", line.replace("./build/tidemark", "tidemark")],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=RUN_TIMEOUT_S, encoding="utf-8", errors="replace", check=False,
            env={"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(tmp_path), "LANG": "C.UTF-8",
                 "TIDEMARK_SOURCE": "sqlite:sample.db"})

    run.folder = folder
    return run


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    path = tmp_path_factory.mktemp("sample") / "sample.db"
    subprocess.run([BINARY, "samples", "create", "--to", f"sqlite:{path}", "--invoices", "200"],
                   env={"PATH": os.environ["PATH"], "HOME": str(path.parent)}, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=RUN_TIMEOUT_S)
    return path


def check_words(shell, line):
    """The commands of the line exist, and so do the flags."""
    words = [word for word in shlex.split(line, comments=True) if not re.match(r"[A-Z_]+=", word)]
    end = next((i for i, word in enumerate(words) if word in ("|", ">", ">>", "&&")), len(words))
    words = words[:end]
    path = [words[0]]
    for word in words[1:]:
        if word.startswith("-"):
            break
        listed = shell(f"{shlex.join(path)} --help --lang en").stdout
        if not re.search(rf"^  {re.escape(word)}  ", listed, re.MULTILINE):
            break
        path.append(word)
    ran = shell(f"{shlex.join(path)} --help --lang en")
    assert ran.returncode == 0, f"{line}\n{ran.stdout}"
    for word in words:
        if re.match(r"--?[a-z]", word):
            flag = word.partition("=")[0]
            assert re.search(rf"(?:^|[\s,]){re.escape(flag)}(?![\w-])", ran.stdout, re.MULTILINE), (
                f"{line}\n{flag} is no flag of {shlex.join(path)}")


@pytest.mark.parametrize("page", [page for page in pages() if any(commands(page))])
def test_the_commands_of_a_page_run(page, shell, sample):
    shutil.copy(sample, shell.folder / "sample.db")
    for words, text in blocks(page):
        for name in (word[5:] for word in words if word.startswith("file=")):
            (shell.folder / name).write_text(text.removesuffix("\n"), encoding="utf-8")
    for words, line in commands(page):
        settings = dict(word.split("=", 1) for word in words)
        if "needs" in settings:
            check_words(shell, line)
            continue
        ran = shell(line)
        assert ran.returncode == int(settings.get("exit", 0)), f"{page}: {line}\n{ran.stdout}"


@pytest.mark.parametrize("page", pages_with("toml"))
def test_the_settings_of_a_page_are_valid(page, shell):
    (shell.folder / "source-password").write_text("x", encoding="utf-8")
    for number, (_, text) in enumerate(blocks(page, "toml")):
        file = shell.folder / f"{number}.toml"
        file.write_text(text.replace("/etc/tidemark", str(shell.folder)), encoding="utf-8")
        file.chmod(0o600)
        ran = shell(f"tidemark config check --offline --config {file}")
        assert ran.returncode == 0, f"{page}\n{text}\n{ran.stdout}"


@pytest.mark.parametrize("page, language",
                         [("docs/configuration.md", "en"), ("docs/configuration.zh-CN.md", "zh")])
def test_the_reference_of_settings_is_what_the_program_prints(page, language, shell):
    printed = shell(f"tidemark config reference --lang {language}").stdout
    assert text_of(page) == printed, f"tidemark config reference --lang {language} > {page}"


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_first_pages_show_the_two_commands(page):
    lines = [line.split("#")[0].strip() for _, text in blocks(page, "sh")
             for line in text.splitlines()]
    assert "./run" in lines
    assert "./test" in lines


def anchors(page):
    """The names by which the headings of a page are linked, as the usual hosts make them."""
    for heading in re.findall(r"^#+ (.*)$", re.sub(r"^ *```.*?^ *```$", "", text_of(page),
                                                   flags=re.MULTILINE | re.DOTALL), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", pages())
def test_links_lead_somewhere(page):
    text = re.sub(r"^ *```.*?^ *```$|`[^`\n]*`", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        led = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        assert os.path.exists(os.path.join(ROOT, led)), f"{page}: {target}"
        if anchor and led.endswith(".md"):
            assert anchor in anchors(led), f"{page}: {target}"


def test_every_page_of_the_manual_is_there_in_both_languages():
    pages_of = {language: set(os.listdir(os.path.join(ROOT, "docs", language)))
                for language in ("manual", "manual.zh-CN")}
    assert pages_of["manual"] == pages_of["manual.zh-CN"]


MANUALS = ["docs/manual/export.md", "docs/manual.zh-CN/export.md"]


@pytest.mark.parametrize("page", MANUALS)
def test_the_manual_names_every_option_of_an_export(page, shell):
    shown = shell("tidemark export invoices --help --lang en").stdout
    options = shown.split("\nOptions:\n")[1].split("\n\n")[0]
    missing = set(re.findall(r"^ +(?:-\w, )?(--[\w-]+)", options, re.MULTILINE))
    assert len(missing) > 10
    missing -= set(re.findall(r"--[\w-]+", text_of(page)))
    assert not missing


@pytest.mark.parametrize("page", MANUALS)
def test_the_manual_names_every_field_of_the_summary(page, shell, sample):
    shutil.copy(sample, shell.folder / "sample.db")
    fields = set()
    for command in ("invoices --incremental", "sweep"):
        ran = shell(f"tidemark export {command} --json 2>/dev/null | tail -n 1")
        summary = json.loads(ran.stdout)
        fields |= set(summary)
        fields |= {name for tenant in summary["tenants"] for name in tenant}
    assert "boundary" in fields and "findings" in fields
    missing = {name for name in fields if not re.search(rf"`{name}(?:\[\])?`", text_of(page))}
    assert not missing
