import analytics
analytics.write_key = 'YOUR_WRITE_KEY'
analytics.host = 'http://127.0.0.1:8080'
# Track
analytics.track(
user_id='user_12345',
event='Background Job',
properties={
'job_type': 'email_campaign',
'recipients': 1000
}
)
# Identify
analytics.identify(
user_id='user_12345',
traits={
'email': 'user@example.com',
'plan': 'Enterprise'
}
)
# Flush before exit
analytics.flush()
