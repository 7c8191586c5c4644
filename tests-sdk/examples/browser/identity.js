// Before login: events have anonymous_id only
analytics.track('Page Viewed');
// On login: link anonymous_id to user_id
analytics.identify('USER_123', { name: 'Jane Martinez' });
// After identify: events include both anonymous_id and user_id
analytics.track('Dashboard Viewed');
// On logout: reset to a new anonymous_id
analytics.reset();
