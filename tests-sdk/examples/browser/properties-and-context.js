analytics.track('Product Viewed', {
product_id: 'SKU_123', // Spec
name: 'Wireless Mouse', // Spec
price: 29.99, // Spec
category: 'Electronics', // Spec
brand: 'Logitech' // Spec
});
analytics.track('Event Name', {
property: 'value'
}, {
context: {
ip: '192.168.1.1',
locale: 'en-US',
timezone: 'America/Los_Angeles',
campaign: {
name: 'Spring Sale',
source: 'google',
medium: 'cpc',
term: 'wireless mouse',
content: 'ad_variant_a'
},
page: {
path: '/products',
referrer: 'https://google.com',
search: '?utm_source=google',
title: 'Products',
url: 'https://example.com/products'
}
}
});
analytics.track('Sensitive Event', {
data: 'value'
}, {
integrations: {
'All': false, // Disable all
'Google Analytics': true, // Enable specific ones
'Customer.io': true,
'Mixpanel': {
revenue: 100 // Pass specific options
}
}
});
// Disable specific destinations
analytics.track('Event', {}, {
integrations: {
'Google Analytics': !userOptedOutOfGA
}
});
