// Enable debug mode
analytics.debug();
// Track event and see output
analytics.track('Test Event', {test: true});
// Check user ID
console.log(analytics.user().id());
// Check anonymous ID
console.log(analytics.user().anonymousId());
// Check traits
console.log(analytics.user().traits());
