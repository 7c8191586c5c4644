import segment.analytics as analytics
analytics.write_key = 'YOUR_WRITE_KEY'
analytics.host = 'http://127.0.0.1:8080'
analytics.track('USER_123', 'Subscription Renewed', {
'plan': 'annual',
'revenue': 599.00,
'currency': 'USD'
})
analytics.flush()
