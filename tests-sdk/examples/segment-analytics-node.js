const { Analytics } = require('@segment/analytics-node');
const analytics = new Analytics({ writeKey: 'YOUR_WRITE_KEY', host: 'http://127.0.0.1:8080' });
analytics.track({
userId: 'USER_123',
event: 'Subscription Renewed',
properties: {
plan: 'annual',
revenue: 599.00,
currency: 'USD'
}
});
// Flush pending events (important for serverless/Lambda)
await analytics.flush();
