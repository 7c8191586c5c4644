const Analytics = require('analytics-node');
const analytics = new Analytics('YOUR_WRITE_KEY', { host: 'http://127.0.0.1:8080' });
// Track event
analytics.track({
userId: 'user_12345',
event: 'Email Sent',
properties: {
subject: 'Welcome!',
template: 'onboarding_day_1',
recipient_count: 1
}
});
