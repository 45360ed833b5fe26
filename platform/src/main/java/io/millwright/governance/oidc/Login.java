package io.millwright.governance.oidc;

/// A login that was begun and not yet finished.
///
/// @param browser the digest of what the browser keeps, which alone may finish it
/// @param nonce what the ID token must repeat
/// @param verifier whose digest the provider has, and which it asks for with the code (RFC 7636)
/// @param redirectUri where the provider sends the browser
/// @param returnTo where the browser goes at the end
record Login(String browser, String nonce, String verifier, String redirectUri, String returnTo) {}
