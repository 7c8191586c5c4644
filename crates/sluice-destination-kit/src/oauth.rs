//! The settings of a kind whose peer lets an operator's own client in by OAuth 2: an editor is sent
//! there, says yes, and comes back with a code, for which the peer gives tokens (RFC 6749, with
//! PKCE, RFC 7636).
//!
//! Not here: the way there and back (`sluice-api`).

/// Keys of the settings.
pub const CLIENT_ID: &str = "clientId";
pub const CLIENT_SECRET: &str = "clientSecret";
pub const AUTHORIZATION_URL: &str = "authorizationUrl";
pub const TOKEN_URL: &str = "tokenUrl";
pub const SCOPES: &str = "scopes";
pub const ACCESS_TOKEN: &str = "accessToken";
pub const REFRESH_TOKEN: &str = "refreshToken";
