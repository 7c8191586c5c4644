// Identify user with traits
analytics.identify('user_12345', {
email: 'john@example.com',
name: 'John Doe',
plan: 'Premium',
signup_date: '2024-01-15',
company: {
id: 'company_456',
name: 'Acme Corp',
plan: 'Enterprise',
employees: 100
}
});
// Anonymous identify (set traits before user ID known)
analytics.identify({
sessionCount: 3,
lastVisit: new Date()
});
analytics.identify('user_12345', {
// User Info
email: 'john@example.com',
name: 'John Doe',
firstName: 'John',
lastName: 'Doe',
username: 'johndoe',
phone: '+1-555-123-4567',
avatar: 'https://example.com/avatar.jpg',
// Dates
createdAt: '2024-01-15T10:00:00Z',
birthday: '1990-05-20',
// Location
address: {
street: '123 Main St',
city: 'San Francisco',
state: 'CA',
postalCode: '94105',
country: 'US'
},
// Company (B2B)
company: {
id: 'company_456',
name: 'Acme Corp',
industry: 'Technology',
employee_count: 100,
plan: 'Enterprise'
}
});
// Associate user with group
analytics.group('company_456', {
name: 'Acme Corp',
industry: 'Technology',
employees: 100,
plan: 'Enterprise',
mrr: 999.00,
website: 'https://acme.com'
});
