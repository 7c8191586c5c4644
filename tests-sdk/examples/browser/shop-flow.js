// Product list viewed
analytics.track('Product List Viewed', {
list_id: 'search_results',
category: 'Electronics',
products: [
{
product_id: 'SKU_123',
name: 'Wireless Mouse',
price: 29.99
},
{
product_id: 'SKU_456',
name: 'Keyboard',
price: 79.99
}
]
});
// Product clicked
analytics.track('Product Clicked', {
product_id: 'SKU_123',
name: 'Wireless Mouse',
price: 29.99,
position: 1
});
// Product viewed
analytics.track('Product Viewed', {
product_id: 'SKU_123',
name: 'Wireless Mouse',
category: 'Electronics',
brand: 'Logitech',
price: 29.99,
currency: 'USD'
});
// Product added to cart
analytics.track('Product Added', {
cart_id: 'cart_abc',
product_id: 'SKU_123',
name: 'Wireless Mouse',
price: 29.99,
quantity: 1
});
// Cart viewed
analytics.track('Cart Viewed', {
cart_id: 'cart_abc',
products: [
{
product_id: 'SKU_123',
name: 'Wireless Mouse',
price: 29.99,
quantity: 2
}
]
});
// Product removed from cart
analytics.track('Product Removed', {
cart_id: 'cart_abc',
product_id: 'SKU_123',
name: 'Wireless Mouse',
quantity: 1
});
// Checkout step completed
analytics.track('Checkout Step Completed', {
checkout_id: 'checkout_123',
step: 2,
step_name: 'Shipping Info',
shipping_method: 'Standard'
});
// Payment info entered
analytics.track('Payment Info Entered', {
checkout_id: 'checkout_123',
order_id: 'ORDER_123',
payment_method: 'Credit Card'
});
// Order refunded
analytics.track('Order Refunded', {
order_id: 'ORDER_123',
total: 77.98,
currency: 'USD'
});
// Order cancelled
analytics.track('Order Cancelled', {
order_id: 'ORDER_123',
reason: 'Customer Request'
});
