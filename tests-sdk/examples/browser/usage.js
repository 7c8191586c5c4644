// Page view (automatic on load, or manual for SPA)
analytics.page('Product', 'Details', {
product_id: 'SKU_123',
category: 'Electronics'
});
// Identify user
analytics.identify('user_12345', {
email: 'user@example.com',
name: 'John Doe'
});
// Track event
analytics.track('Button Clicked', {
button_name: 'Sign Up',
location: 'Homepage'
});
