// The official Standard Webhooks library for JavaScript, asked over lines of JSON. See interop_test.py.
// It is found in the folder that this program is run from.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const { Webhook } = createRequire(`${process.cwd()}/`)('standardwebhooks');

for await (const line of createInterface({ input: process.stdin })) {
  const { Do, Secret, ID, Timestamp, Body, Headers } = JSON.parse(line);
  let given;
  try {
    const webhook = new Webhook(Secret);
    if (Do === 'sign') {
      given = { said: webhook.sign(ID, new Date(Timestamp * 1000), Body) };
    } else {
      webhook.verify(Body, Headers);
      given = { said: 'accepted' };
    }
  } catch (error) {
    given = { refused: error.message };
  }
  console.log(JSON.stringify(given));
}
