// The names that amqplib's tests know from mocha, as node's own test runner has them.
const { after, before, beforeEach, afterEach, describe, it } = require("node:test");

// A test that takes an argument ends when it calls it.
global.test = (name, run) => it(name, { timeout: 60_000 }, run.length ? (_, done) => run(done) : () => run());
global.test.skip = it.skip;
global.suite = describe;
Object.assign(global, { setup: beforeEach, teardown: afterEach, suiteSetup: before, suiteTeardown: after });
