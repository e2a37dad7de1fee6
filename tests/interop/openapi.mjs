// Validates the OpenAPI document on stdin with a library that knows the official schemas; prints
// whether it is valid, of which version it is, and what is wrong. See openapi_test.py. The library is
// found in the folder that this program is run from.
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const place = createRequire(`${process.cwd()}/`).resolve('@seriousme/openapi-schema-validator');
const { Validator } = await import(pathToFileURL(place));

const validator = new Validator();
const { valid, errors } = await validator.validate(JSON.parse(await text(process.stdin)));
console.log(JSON.stringify({ valid, version: validator.version, errors }));
