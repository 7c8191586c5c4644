curl http://127.0.0.1:8080/v1/track \
-u YOUR_WRITE_KEY: \
-H 'Content-Type: application/json' \
-d '{
"userId": "user_12345",
"event": "Item Purchased",
"properties": {
"revenue": 39.95,
"product_id": "SKU_123"
},
"timestamp": "2024-01-15T10:30:00Z"
}'
