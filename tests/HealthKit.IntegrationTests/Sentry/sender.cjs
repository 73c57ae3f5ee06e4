// Sends by Sentry's own SDK what HealthKit sends too: a message, an exception and a check-in. Started by SentryNodeTests: folder of the
// packages and DSN as arguments.
const { createRequire } = require('node:module');
const Sentry = createRequire(process.argv[2] + '/')('@sentry/node');

Sentry.init({
  dsn: process.argv[3], release: 'shop@1.2.3', environment: 'test', serverName: 'web-1', sendClientReports: false, attachStacktrace: false,
  transportOptions: { headers: { 'Content-Type': 'application/x-sentry-envelope' } }, // Spotlight reads nothing without it.
});
Sentry.withScope(scope => {
  scope.setTag('check', 'disk');
  scope.setFingerprint(['healthkit', 'disk', 'disk.space.low']);
  scope.setContext('incident', { id: '1' });
  scope.setExtra('rows', 17);
  scope.addBreadcrumb({ category: 'health.transition', message: 'disk: healthy', level: 'info' });
  Sentry.captureMessage('disk: disk.space.low', 'error');
});
Sentry.captureException(new TypeError('No space left on device'));
Sentry.captureCheckIn(
  { monitorSlug: 'shop-web-1', status: 'ok', duration: 1.5 },
  { schedule: { type: 'interval', value: 1, unit: 'minute' }, checkinMargin: 2, maxRuntime: 1, failureIssueThreshold: 2, recoveryThreshold: 1 });
Sentry.flush(2_000).then(() => process.exit(0));
