analytics.identify('USER_123', {
name: 'Jane Martinez',
email: 'jane@example.com',
plan: 'premium',
company: {
id: 'COMPANY_456',
name: 'Acme Corp',
employee_count: 500
},
createdAt: '2026-01-15T00:00:00Z'
});
analytics.track('Item Purchased', {
item_id: 'SKU_456',
item_name: 'Pro Widget',
price: 29.99,
currency: 'USD',
category: 'Widgets',
quantity: 1
});
analytics.page('Docs', 'Segment Overview', {
url: window.location.href,
referrer: document.referrer,
title: document.title
});
analytics.group('COMPANY_456', {
name: 'Acme Corp',
plan: 'enterprise',
employee_count: 500,
industry: 'Technology'
});
analytics.alias('NEW_USER_ID');
