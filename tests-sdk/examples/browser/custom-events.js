// Basic event
analytics.track('Button Clicked');
// Event with properties
analytics.track('Feature Used', {
feature_name: 'Export Data',
file_format: 'CSV',
record_count: 1000
});
// Event with all options
analytics.track('Video Watched', {
video_id: 'vid_123',
title: 'Tutorial',
duration: 180,
completion_percent: 75
}, {
context: {
campaign: {
name: 'Spring Sale',
source: 'email'
}
},
integrations: {
'Google Analytics': true,
'Mixpanel': false // Don't send to Mixpanel
}
});
// Good
analytics.track('Article Shared');
analytics.track('Report Downloaded');
analytics.track('Account Upgraded');
analytics.track('Share Article');
analytics.track('Download');
