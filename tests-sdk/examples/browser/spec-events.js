analytics.track('Product Viewed', {
product_id: 'SKU_12345',
name: 'Wireless Mouse',
category: 'Electronics',
brand: 'Logitech',
price: 29.99,
currency: 'USD',
url: 'https://example.com/products/mouse',
image_url: 'https://example.com/images/mouse.jpg'
});
analytics.track('Product Added', {
product_id: 'SKU_12345',
name: 'Wireless Mouse',
price: 29.99,
quantity: 1,
cart_id: 'cart_abc123'
});
analytics.track('Checkout Started', {
order_id: 'ORDER_123',
value: 99.97,
revenue: 99.97,
shipping: 10.00,
tax: 8.00,
currency: 'USD',
products: [
{
product_id: 'SKU_12345',
name: 'Wireless Mouse',
price: 29.99,
quantity: 2
}
]
});
analytics.track('Order Completed', {
order_id: 'ORDER_123',
total: 117.97,
revenue: 99.97,
shipping: 10.00,
tax: 8.00,
discount: 10.00,
coupon: 'SAVE10',
currency: 'USD',
products: [
{
product_id: 'SKU_12345',
sku: 'SKU_12345',
name: 'Wireless Mouse',
price: 29.99,
quantity: 2,
category: 'Electronics'
}
]
});
analytics.track('Signed Up', {
method: 'Email',
plan: 'Trial',
referrer: 'Google Ad'
});
analytics.track('Account Created', {
account_id: 'ACC_123',
account_name: 'Acme Corp',
plan: 'Enterprise'
});
analytics.track('Video Playback Started', {
session_id: 'session_123',
content_asset_id: 'vid_456',
title: 'Product Demo',
duration: 180,
livestream: false
});
