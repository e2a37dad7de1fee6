"""Alerts of a real hub: a receiver that refuses, robots that check signatures and limits, a mail server,
robots that are down, hubs that are killed."""

import json
import os
import re
import sqlite3
import subprocess

import pytest

from alerts_fixture import MailServer, Robot
from certificates import Authority
from hub_fixture import Hub, Receiver, voucher, wait_until
from hub_states import fresh_state

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECRET = "SECtop-secret-of-the-robot"
# Quick, but for what a test is about: the intervals themselves are played in alarm_test.cc.
QUICK = {"TIDEMARK_ALERT__INTERVAL": "1s", "TIDEMARK_ALERT__OVER_AFTER": "0s",
         "TIDEMARK_ALERT__LANGUAGE": "en"}


def channel(robot, **more):
    table = f"TIDEMARK_ALERT__CHANNEL__{robot.kind.upper()}"
    values = {"webhook": robot.webhook, **more}
    return {f"{table}__{name.upper()}": value for name, value in values.items()}


def alerts(hub):
    return {row["rule"]: row for row in hub.get("/api/v1/alerts")["data"]}


def channels(hub):
    return {row["channel"]: row for row in hub.get("/api/v1/alerts")["channels"]}


@pytest.fixture(name="rejecting")
def a_rejecting_receiver():
    """400 while `rejecting.reject`, then 200."""
    with Receiver(lambda delivery: (400, '{"error":"tax id"}') if receiver.reject else
                  (200, "{}")) as receiver:
        receiver.reject = True
        yield receiver


def parked(hub):
    return hub.get("/api/v1/deliveries?status=parked")["data"]


def mend(hub, receiver):
    receiver.reject = False
    for delivery in parked(hub):
        hub.post(f"/api/v1/deliveries/{delivery['id']}/retry", status=202)
    wait_until(lambda: not parked(hub))


@pytest.mark.parametrize("kind", ["dingtalk", "wecom", "feishu"])
def test_a_rejected_delivery_is_told_once_and_told_when_it_is_over(tmp_path, rejecting, kind):
    secret = {} if kind == "wecom" else {"secret": SECRET}
    with Robot(kind, **secret) as robot, Hub(tmp_path, **QUICK, **channel(robot, **secret)) as hub:
        rejecting.trust(hub.subscribe(rejecting.url)["secret"])
        hub.post("/api/v1/vouchers", voucher())
        text = robot.next()
        assert text.startswith("[Tidemark] CRITICAL: 1 alert\n[CRITICAL] deliveries rejected by their receiver")
        assert "HTTP_400 (1)" in text
        row = alerts(hub)["parked_rejected_critical"]
        assert (row["state"], row["value"], row["level"]) == ("firing", 1, "critical")
        assert 'tidemark_alert_firing{rule="parked_rejected_critical"} 1' in hub.ask(
            "GET", "/metrics").text
        mend(hub, rejecting)
        over = robot.next()
        assert over.startswith("[Tidemark] alert over\n[OVER] deliveries rejected")
        assert robot.texts.empty() and robot.refused.empty()
        assert alerts(hub)["parked_rejected_critical"]["state"] == "ok"
        hub.stop()
        assert "top-secret" not in hub.log()


def test_failures_in_a_row_name_the_endpoint_and_levels_choose_the_channel(tmp_path):
    with Robot("dingtalk") as robot, Robot("wecom") as other, \
            Receiver(lambda delivery: (500, "broken")) as receiver, \
            Hub(tmp_path, TIDEMARK_ALERT__RULES__FAILURES_IN_ROW_CRITICAL__THRESHOLD="2",
                TIDEMARK_ALERT__RULES__RETRYING_NOTICE__THRESHOLD="0",
                TIDEMARK_ALERT__RULES__RETRYING_NOTICE__HOLD="0s", **QUICK, **channel(robot),
                **channel(other, levels="notice")) as hub:
        receiver.trust(hub.subscribe(receiver.url, name="tax refund")["secret"])
        for number in range(4):
            hub.post("/api/v1/vouchers", voucher(number))
        text = robot.next()
        assert re.search(r"\[CRITICAL\] failures in a row: \d+ \(above 2\).*: tax refund \(\d+\)", text)
        text = other.next()
        assert "[NOTICE] deliveries in retry" in text and "CRITICAL" not in text


def test_many_differences_of_a_receiver_are_told(tmp_path):
    with Robot("dingtalk") as robot, Receiver() as receiver, \
            Hub(tmp_path, TIDEMARK_ALERT__RULES__BACKLOG_WARNING__THRESHOLD="0",
                TIDEMARK_ALERT__RULES__BACKLOG_WARNING__HOLD="0s", **QUICK, **channel(robot)) as hub:
        made = hub.subscribe(receiver.url, name="tax refund")["id"]
        hub.post(f"/api/v1/subscriptions/{made}/pause", status=200)
        viewer, path = hub.token("viewer"), f"/api/v1/subscriptions/{made}/check"
        found = {"events": 500, "missing": 60, "older": 40, "different": 0, "cache": 0,
                 "repaired": False}

        def tell(**more):
            return hub.ask("POST", path, {**found, **more}, token=viewer).status

        assert tell() == 204
        shown = json.loads(hub.run("subscriptions", "show", made, "--json"))["last_check"]
        assert shown.pop("checked_at") > "2026" and shown == {**found, "unreadable": 0}
        assert f'tidemark_receiver_differences{{endpoint="{made}"}} 100' in hub.ask(
            "GET", "/metrics").text
        # Another alert tells that the hub has looked meanwhile: 100 is not above 100.
        hub.post("/api/v1/vouchers", voucher())
        assert "[WARNING] " in (text := robot.next()) and "differ" not in text, text
        assert tell(unreadable=1) == 204
        assert re.search(r"\[CRITICAL\] records that differ, .*: 101 \(above 100\).*: tax refund "
                         r"\(101\)", robot.next())
        assert tell(missing=0, older=0, repaired=True) == 204  # What a repair left.
        assert robot.next().startswith("[Tidemark] alert over\n[OVER] records that differ")
        assert robot.texts.empty()
        assert tell(missing=-1) == 400
        assert hub.ask("POST", path, found, token=hub.token("publisher")).status == 403
        assert hub.ask("POST", "/api/v1/subscriptions/sub_none/check", found).status == 404


def test_a_robot_that_is_down_gets_it_later_and_doctor_knows(tmp_path, rejecting):
    robot = Robot("dingtalk", secret=SECRET)
    robot.refuse = (200, '{"errcode":310000,"errmsg":"sign not match"}')
    with Hub(tmp_path, **QUICK, **channel(robot, secret=SECRET)) as hub:
        rejecting.trust(hub.subscribe(rejecting.url)["secret"])
        hub.post("/api/v1/vouchers", voucher())
        robot.refused.get(timeout=60)
        row = wait_until(lambda: channels(hub)["dingtalk"]["last_error"] and channels(hub)["dingtalk"])
        assert row["last_error"] == "errcode 310000: sign not match"
        assert row["waiting"] == 1
        variables = {name: value for name, value in hub.environment.items() if "ALERT" in name}
        found = [json.loads(line) for line in hub.run(
            "doctor", "--hub", "--state", hub.state, "--json", code=None, **variables).splitlines()]
        (finding,) = [one for one in found if one.get("check") == "alert_dingtalk"]
        assert finding["verdict"] == "warning" and "sign not match" in finding["what"]
        robot.refuse = None
        assert "[CRITICAL]" in robot.next()
        wait_until(lambda: channels(hub)["dingtalk"]["waiting"] == 0)
    robot.close()


def test_killed_again_and_again_it_is_neither_lost_nor_told_twice(tmp_path, rejecting):
    with Robot("dingtalk", secret=SECRET) as robot, \
            Hub(tmp_path, **QUICK, **channel(robot, secret=SECRET)) as hub:
        rejecting.trust(hub.subscribe(rejecting.url)["secret"])
        robot.refuse = (500, "down")
        hub.post("/api/v1/vouchers", voucher())
        robot.refused.get(timeout=60)
        for _ in range(3):
            hub.kill()
            hub.start()
        robot.refuse = None
        assert "[CRITICAL]" in robot.next()
        wait_until(lambda: channels(hub)["dingtalk"]["waiting"] == 0)
        for _ in range(3):
            hub.kill()
            hub.start()
            wait_until(lambda: alerts(hub)["parked_rejected_critical"]["state"] == "firing")
        mend(hub, rejecting)
        assert "[OVER]" in robot.next()
        assert robot.texts.empty()
        with sqlite3.connect(f"{tmp_path}/state/hub.db") as state:
            assert state.execute("SELECT count(*) FROM alert_outbox").fetchone() == (2,)


@pytest.mark.parametrize("kind", ["mariadb", "postgres"])
def test_of_two_hubs_on_one_state_one_speaks(tmp_path, request, rejecting, kind):
    state = fresh_state(kind, request, tmp_path).url
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    with Robot("wecom") as robot, Hub(folders[0], state, **QUICK, **channel(robot)) as one, \
            Hub(folders[1], state, **QUICK, **channel(robot)) as two:
        rejecting.trust(one.subscribe(rejecting.url)["secret"])
        one.post("/api/v1/vouchers", voucher())
        assert "[CRITICAL]" in robot.next()
        assert alerts(two)["parked_rejected_critical"]["state"] == "firing"
        # The one that has the lease gives it back when it stops, whichever it is.
        one.stop()
        mend(two, rejecting)
        assert "[OVER]" in robot.next()
        assert robot.texts.empty()


@pytest.mark.parametrize("implicit", [True, False], ids=["smtps", "starttls"])
def test_mail_inside_tls_with_a_login(tmp_path, rejecting, implicit):
    authority = Authority(tmp_path, "mail")
    table = "TIDEMARK_ALERT__CHANNEL__EMAIL__"
    (tmp_path / "password").write_text("auth-code\n")
    with MailServer(authority.issue("server"), implicit) as server, Hub(tmp_path, **{
            **QUICK, f"{table}URL": f"{'smtps' if implicit else 'smtp'}://127.0.0.1:{server.port}",
            f"{table}USER": "alerts@example.com", f"{table}PASSWORD_FILE": f"{tmp_path}/password",
            f"{table}FROM": "alerts@example.com", f"{table}TO": "a@example.com,b@example.com",
            f"{table}LEVELS": "critical", f"{table}CA_FILE": str(authority.certificate),
            "TIDEMARK_ALERT__LANGUAGE": "zh"}) as hub:
        rejecting.trust(hub.subscribe(rejecting.url)["secret"])
        hub.post("/api/v1/vouchers", voucher())
        envelope, mail = server.next()
        assert mail["subject"] == "[Tidemark] 严重告警 1 条"
        assert "【严重】被接收方拒绝的投递" in mail.get_content()
        assert len(envelope["to"]) == 2
        server.refuse = "451 4.3.0 try later"
        (tried,) = hub.post("/api/v1/alerts/test", {"channel": "email"}, 200)["data"]
        assert not tried["sent"] and "451" in tried["error"]


def test_a_gateway_is_sent_its_template(tmp_path, rejecting):
    with Robot("gateway") as robot, Hub(tmp_path, **QUICK, **{
            "TIDEMARK_ALERT__CHANNEL__SMS__WEBHOOK": robot.webhook,
            "TIDEMARK_ALERT__CHANNEL__SMS__BODY": '{"phone":"13800000000","text":"{title}"}',
            "TIDEMARK_ALERT__CHANNEL__SMS__AUTHORIZATION": "APPCODE top-secret-code",
            "TIDEMARK_ALERT__CHANNEL__SMS__EXPECT": '"errcode":0'}) as hub:
        rejecting.trust(hub.subscribe(rejecting.url)["secret"])
        hub.post("/api/v1/vouchers", voucher())
        assert robot.next() == "[Tidemark] CRITICAL: 1 alert"
        _, headers, body = robot.requests[0]
        assert headers["Authorization"] == "APPCODE top-secret-code"
        assert json.loads(body)["phone"] == "13800000000"


def test_the_limit_of_a_minute_holds_for_tests_too(tmp_path):
    with Robot("dingtalk", keyword="监控") as robot, \
            Hub(tmp_path, **QUICK, **channel(robot, keyword="监控", per_minute="2")) as hub:
        results = [hub.post("/api/v1/alerts/test", {}, 200)["data"][0] for _ in range(3)]
        assert [one["sent"] for one in results] == [True, True, False]
        assert "messages of this minute" in results[2]["error"]
        assert len(robot.requests) == 2
        assert robot.next().startswith("监控\n[Tidemark]")


def test_the_tool_lists_tests_and_mutes(tmp_path, rejecting):
    with Robot("dingtalk", secret=SECRET) as robot, \
            Hub(tmp_path, **QUICK, **channel(robot, secret=SECRET)) as hub:
        muted = json.loads(hub.run("alerts", "mute", "all", "--for", "1h", "--reason", "upgrade",
                                   "--json"))
        assert muted["alert"] == "all" and muted["muted_until"]
        rejecting.trust(hub.subscribe(rejecting.url)["secret"])
        hub.post("/api/v1/vouchers", voucher())
        wait_until(lambda: alerts(hub)["parked_rejected_critical"]["state"] == "firing")
        assert alerts(hub)["parked_rejected_critical"]["muted_until"] == muted["muted_until"]
        listed = hub.run("alerts", "list")
        assert "parked_rejected_critical" in listed and "firing" in listed
        assert "dingtalk" in hub.run("alerts", "test", "dingtalk")
        assert "This is a test" in robot.next()
        robot.refuse = (200, '{"errcode":300005,"errmsg":"token is not exist"}')
        assert "300005" in hub.run("alerts", "test", code=1)
        assert "300005" in hub.run("alerts", "channels")
        robot.refuse = None
        assert robot.texts.empty()
        hub.run("alerts", "unmute", "all")
        assert "[CRITICAL]" in robot.next()
        hub.run("alerts", "unmute", "all", code=1)
        hub.run("alerts", "mute", "disk", code=1)
        hub.run("alerts", "mute", "backlog", "--for", "soon", code=2)
        hub.run("alerts", "test", "pager", code=1)


def test_roles(tmp_path):
    with Hub(tmp_path) as hub:
        viewer, publisher = hub.token("viewer"), hub.token("publisher")
        assert hub.get("/api/v1/alerts", token=viewer)["data"]
        assert hub.ask("GET", "/api/v1/alerts", token=publisher).status == 403
        for path in ("test", "mute", "unmute"):
            assert hub.ask("POST", f"/api/v1/alerts/{path}", {"alert": "all", "for_seconds": 9},
                           token=viewer).status == 403
        operator = hub.token("operator")
        for body in ({"alert": "all"}, {"alert": "all", "for_seconds": 0},
                     {"alert": "all", "for_seconds": 9e9}, {"alert": "x", "for_seconds": 9},
                     {"alert": "all", "for_seconds": 9, "until": "x"}, [], {}):
            assert hub.ask("POST", "/api/v1/alerts/mute", body, token=operator).status == 400, body
        assert hub.ask("POST", "/api/v1/alerts/test", token=operator).status == 404


def test_wrong_settings_are_named_before_anything_runs(tmp_path):
    for wrong, words in (
            ({"TIDEMARK_ALERT__RULES__BACKLOG_WARNING__THRESHOLD": "50%"}, "backlog_warning.threshold"),
            ({"TIDEMARK_ALERT__CHANNEL__WECOM__WEBHOOK": "qyapi/send?key=top-secret"}, "channel.wecom"),
            ({"TIDEMARK_ALERT__CHANNEL__WECOM__LEVELS": "fatal",
              "TIDEMARK_ALERT__CHANNEL__WECOM__WEBHOOK": "https://x/"}, "fatal"),
            ({"TIDEMARK_ALERT__CHANNEL__EMAIL__URL": "smtp://x"}, "channel.email")):
        hub = Hub(tmp_path, **wrong)
        ran = subprocess.run([*hub.command()[:1], "config", "check", "--offline"],
                             env=hub.environment, cwd=tmp_path, capture_output=True,
                             encoding="utf-8", check=False)
        assert ran.returncode == 2 and words in ran.stderr, ran.stderr
        assert "top-secret" not in ran.stderr


def test_the_rules_of_prometheus_are_those_of_the_hub(tmp_path):
    path = os.path.join(ROOT, "deploy/prometheus/tidemark-rules.yml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    blocks = dict(re.findall(r"- alert: (\w+)\n(.*?)(?=\n      - alert|\n\n|\Z)", text, re.DOTALL))
    blocks.pop("hub_down", None)
    with Hub(tmp_path) as hub:
        rules = alerts(hub)
        shown = dict(line.split("  #")[0].split(" = ", 1) for line in
                     hub.run("config", "show").splitlines() if line.startswith("alert.rules."))
        metrics = hub.ask("GET", "/metrics").text
    assert set(blocks) == set(rules)
    for name, rule in rules.items():
        block = blocks[name]
        limits = {float(number) for number in re.findall(r"[<>] ([0-9.]+)", block)}
        assert rule["threshold"] in limits, (name, limits)
        assert f"severity: {rule['level']}" in block
        held = re.search(r"for: (\w+)", block)
        assert (held[1] if held else "0s") == shown[f"alert.rules.{name}.hold"], name
        for metric in re.findall(r"tidemark_\w+", block):
            assert f"# TYPE {metric} " in metrics, metric
    for words in (["check", "rules", path],
                  ["check", "config", "--syntax-only", os.path.join(ROOT, "deploy/prometheus/prometheus.yml")]):
        try:
            checked = subprocess.run(["promtool", *words], capture_output=True, encoding="utf-8",
                                     check=False)
        except FileNotFoundError:
            pytest.skip("promtool is not installed")
        assert checked.returncode == 0, checked.stdout + checked.stderr
