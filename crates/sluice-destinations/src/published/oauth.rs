//! Where peers let an operator's own OAuth client in, as far as they say so in public. All of it
//! stands in the settings and can be changed there: a sandbox of the peer has other addresses.

pub(super) struct Addresses {
    pub(super) authorization: &'static str,
    pub(super) token: &'static str,
    pub(super) scopes: &'static str,
}

const fn at(
    authorization: &'static str,
    token: &'static str,
    scopes: &'static str,
) -> Option<Addresses> {
    Some(Addresses { authorization, token, scopes })
}

/// Google gives a refresh token only if it is asked for one.
const GOOGLE: &str =
    "https://accounts.google.com/o/oauth2/v2/auth?access_type=offline&prompt=consent";
const GOOGLE_TOKEN: &str = "https://oauth2.googleapis.com/token";
const LINKEDIN: &str = "https://www.linkedin.com/oauth/v2/authorization";
const LINKEDIN_TOKEN: &str = "https://www.linkedin.com/oauth/v2/accessToken";
const SALESFORCE: &str = "https://login.salesforce.com/services/oauth2/authorize";
const SALESFORCE_TOKEN: &str = "https://login.salesforce.com/services/oauth2/token";
const SNAP: &str = "https://accounts.snapchat.com/login/oauth2/authorize";
const SNAP_TOKEN: &str = "https://accounts.snapchat.com/login/oauth2/access_token";

/// `None`: the operator enters them.
pub(super) fn addresses(slug: &str) -> Option<Addresses> {
    match slug {
        "actions-hubspot-cloud" => at(
            "https://app.hubspot.com/oauth/authorize",
            "https://api.hubapi.com/oauth/v1/token",
            "oauth crm.objects.contacts.read crm.objects.contacts.write",
        ),
        "actions-google-sheets" | "actions-google-sheets-dev" => {
            at(GOOGLE, GOOGLE_TOKEN, "https://www.googleapis.com/auth/spreadsheets")
        }
        "actions-google-enhanced-conversions" => {
            at(GOOGLE, GOOGLE_TOKEN, "https://www.googleapis.com/auth/adwords")
        }
        "actions-google-campaign-manager-360" => {
            at(GOOGLE, GOOGLE_TOKEN, "https://www.googleapis.com/auth/ddmconversions")
        }
        "actions-first-party-dv360" => {
            at(GOOGLE, GOOGLE_TOKEN, "https://www.googleapis.com/auth/display-video")
        }
        "actions-google-data-manager" => {
            at(GOOGLE, GOOGLE_TOKEN, "https://www.googleapis.com/auth/datamanager")
        }
        "actions-salesforce" => at(SALESFORCE, SALESFORCE_TOKEN, "api refresh_token"),
        "actions-pardot" => at(SALESFORCE, SALESFORCE_TOKEN, "pardot_api refresh_token"),
        "actions-linkedin-conversions" => at(LINKEDIN, LINKEDIN_TOKEN, "rw_conversions r_ads"),
        "actions-linkedin-audiences" => at(LINKEDIN, LINKEDIN_TOKEN, "rw_dmp_segments r_ads"),
        "actions-snap-audiences" => at(SNAP, SNAP_TOKEN, "snapchat-marketing-api"),
        "actions-snap-conversions" => at(SNAP, SNAP_TOKEN, "snapchat-offline-conversions-api"),
        "actions-intercom-cloud" => {
            at("https://app.intercom.com/oauth", "https://api.intercom.io/auth/eagle/token", "")
        }
        "actions-attio" => {
            at("https://app.attio.com/authorize", "https://app.attio.com/oauth/token", "")
        }
        "actions-ms-bing-ads-audiences" => at(
            "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
            "https://login.microsoftonline.com/common/oauth2/v2.0/token",
            "https://ads.microsoft.com/msads.manage offline_access",
        ),
        _ => None,
    }
}
