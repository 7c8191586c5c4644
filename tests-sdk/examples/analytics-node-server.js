const Analytics = require('analytics-node');
const analytics = new Analytics('YOUR_WRITE_KEY', {
host: 'http://127.0.0.1:8080',
flushAt: 20,
flushInterval: 10000
});
// Track
analytics.track({
userId: 'user_12345',
event: 'Server Event',
properties: {
action: 'data_export',
records: 10000
}
});
// Identify
analytics.identify({
userId: 'user_12345',
traits: {
email: 'user@example.com',
plan: 'Enterprise'
}
});
// Flush events
await analytics.flush();
