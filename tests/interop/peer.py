"""The official Standard Webhooks library for Python, asked over lines of JSON. See interop_test.py."""

import datetime
import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError

for line in sys.stdin:
    asked = json.loads(line)
    webhook = Webhook(asked["Secret"])
    if asked["Do"] == "sign":
        time = datetime.datetime.fromtimestamp(asked["Timestamp"], datetime.timezone.utc)
        given = {"said": webhook.sign(asked["ID"], time, asked["Body"])}
    else:
        try:
            webhook.verify(asked["Body"], asked["Headers"])
            given = {"said": "accepted"}
        except WebhookVerificationError as error:
            given = {"refused": str(error)}
    print(json.dumps(given), flush=True)
