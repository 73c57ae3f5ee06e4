// Answers with what Sentry's own code makes of the inputs. Started by SentryOracle: folder of the packages as argument, JSON on standard
// input and output.
const { createRequire } = require('node:module');
const { readFileSync } = require('node:fs');
const { makeDsn, updateRateLimits, isRateLimited } = createRequire(process.argv[2] + '/')('@sentry/core');

const input = JSON.parse(readFileSync(0, 'utf8'));
console.error = () => {}; // It prints the DSNs that it refuses.

const dsns = (input.dsns ?? []).map(text => {
  const dsn = makeDsn(text);
  return dsn ? { key: dsn.publicKey, host: dsn.host, port: dsn.port, path: dsn.path, project: dsn.projectId, scheme: dsn.protocol } : null;
});

const limits = (input.limits ?? []).map(({ status, rateLimits, retryAfter, now, probes }) => {
  const headers = { 'x-sentry-rate-limits': rateLimits, 'retry-after': retryAfter };
  const state = updateRateLimits({}, { statusCode: status, headers }, now);
  return probes.map(({ category, after }) => isRateLimited(state, category, now + after));
});

process.stdout.write(JSON.stringify({ dsns, limits }));
