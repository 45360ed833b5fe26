/// Signing in at an identity provider that speaks OpenID Connect.
@NullMarked
package io.millwright.governance.oidc;

import org.jspecify.annotations.NullMarked;
