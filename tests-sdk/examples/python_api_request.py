from segment import analytics
analytics.write_key = 'YOUR_WRITE_KEY'
analytics.host = 'http://127.0.0.1:8080'
# Track event
analytics.track(
user_id='user_12345',
event='API Request',
properties={
'endpoint': '/api/users',
'method': 'GET',
'response_time_ms': 45
}
)
