package io.millwright.governance;

import java.time.Duration;

/// How browsers sign in.
///
/// @param required whether anybody must; on a server without authentication nobody does
/// @param identityProvider whether there is one to sign in at
/// @param session how long somebody stays signed in
/// @param https whether browsers reach this server over HTTPS, whatever their requests say
public record SignInSettings(boolean required, boolean identityProvider, Duration session, boolean https) {}
