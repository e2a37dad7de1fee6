"""The way of sending vouchers that the hub replaces: a Celery task that signs and posts.

Worker:    celery -A celery_app worker
Publisher: celery_app.py EVENTS [RATE]

BROKER is the Redis; TARGETS the receivers' URLs, with commas between them; SECRET signs. With
ACKS_LATE=1 a task that its worker did not finish is not lost, and a worker takes one at a time:
what one sets who must not lose any; otherwise Celery's defaults (acknowledged first, four taken in
advance)."""

import hashlib
import hmac
import json
import os
import sys
import time

import requests
from celery import Celery

app = Celery("sync", broker=os.environ["BROKER"])
app.conf.task_ignore_result = True
if os.environ.get("ACKS_LATE"):
    app.conf.task_acks_late = True
    app.conf.worker_prefetch_multiplier = 1


def signature(data, secret):
    message = json.dumps(data, sort_keys=True).encode()
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


@app.task(bind=True, max_retries=3, name="push_voucher_to_subscribers")
def push_voucher_to_subscribers(self, event_type, voucher):
    for url in os.environ["TARGETS"].split(","):
        data = {"event": event_type, "voucher_id": voucher["voucher_id"], "data": voucher}
        try:
            answer = requests.post(url, json=data, timeout=10, headers={
                "X-Signature": "sha256:" + signature(data, os.environ["SECRET"]),
                "X-Timestamp": str(int(time.time())),
                "X-Source-System": "settlement",
            })
            answer.raise_for_status()
        except Exception as failure:
            raise self.retry(exc=failure, countdown=60)


def voucher_of(event, sent_ns):
    """As hub_publisher makes it."""
    items = [{"sku": f"SKU-{line * 7919:06}", "name": "示例商品", "quantity": 12,
              "unit_price": f"1388.{line:02}"} for line in range(6)]
    return {
        "voucher_id": event + 1, "source_system": "bench", "source_module": "l1_contract",
        "source_type": "purchase_goods", "source_id": f"{event:010}",
        "source_reference_no": "L1-20260115", "company_id": 3, "counterparty_type": "supplier",
        "counterparty_id": 88, "counterparty_name": "上海示例公司", "direction": "debit",
        "amount": "100000.00", "currency": "CNY", "summary": "采购交付合同", "status": "approved",
        "business_data": {"bench_event": f"{event:010}", "bench_sent": f"{sent_ns:020}",
                          "items": items},
    }


def publish(events, rate):
    start = time.monotonic_ns()
    for event in range(events):
        sent = time.monotonic_ns()
        if rate > 0:
            due = start + int(1e9 * event / rate)
            if sent < due:
                time.sleep((due - sent) / 1e9)
            sent = due
        push_voucher_to_subscribers.delay("l1_confirmed", voucher_of(event, sent))
    seconds = (time.monotonic_ns() - start) / 1e9
    print(json.dumps({"published": events, "refused": 0, "start_ns": start, "seconds": seconds,
                      "cpu_seconds": time.process_time()}))


if __name__ == "__main__":
    publish(int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.0)
