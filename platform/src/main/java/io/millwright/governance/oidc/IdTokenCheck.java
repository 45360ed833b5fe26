package io.millwright.governance.oidc;

import static io.millwright.kernel.ErrorCode.UNAUTHENTICATED;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWT;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.JWTParser;
import com.nimbusds.jwt.proc.BadJWTException;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import io.millwright.kernel.Failure;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Decides whether an ID token is the provider's own, meant for this server, of now and of the login in hand
/// (OpenID Connect Core 1.0, section 3.1.3.7).
final class IdTokenCheck {
    /// How far the provider's clock may be from ours.
    private static final Duration SKEW = Duration.ofMinutes(1);

    private static final int LONGEST_SUBJECT = 255;
    /// Signed with a key that only the provider has. HMAC would do with the client's secret, and with a public key
    /// taken for one.
    private static final Set<JWSAlgorithm> ALGORITHMS = Set.of(
            JWSAlgorithm.RS256,
            JWSAlgorithm.RS384,
            JWSAlgorithm.RS512,
            JWSAlgorithm.PS256,
            JWSAlgorithm.PS384,
            JWSAlgorithm.PS512,
            JWSAlgorithm.ES256,
            JWSAlgorithm.ES384,
            JWSAlgorithm.ES512);

    private final OidcSettings settings;
    private final Supplier<Instant> now;
    private final DefaultJWTProcessor<SecurityContext> signatures = new DefaultJWTProcessor<>();

    IdTokenCheck(OidcSettings settings, JWKSource<SecurityContext> keys, Supplier<Instant> now) {
        this.settings = settings;
        this.now = now;
        signatures.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, keys));
        signatures.setJWTClaimsSetVerifier((claims, context) -> {}); // Ours are below, by the clock that is passed in.
    }

    /// @return what the token claims
    /// @throws Failure UNAUTHENTICATED; UNAVAILABLE when the provider's keys cannot be had
    JWTClaimsSet check(String token, String nonce) {
        JWTClaimsSet claims = signed(token);
        require(settings.issuer().equals(claims.getIssuer()), "it is another issuer's");
        checkAudience(claims);
        checkTimes(claims);
        require(nonce.equals(claims.getClaim("nonce")), "its nonce is another login's");
        String subject = claims.getSubject();
        require(
                subject != null && !subject.isEmpty() && subject.length() <= LONGEST_SUBJECT,
                "its sub is not 1 to " + LONGEST_SUBJECT + " characters");
        return claims;
    }

    private JWTClaimsSet signed(String token) {
        try {
            JWT parsed = JWTParser.parse(token);
            String algorithm = String.valueOf(parsed.getHeader().getAlgorithm());
            require(
                    ALGORITHMS.contains(JWSAlgorithm.parse(algorithm)),
                    "its alg is " + Provider.printable(algorithm) + ", expected one of RS, PS or ES");
            return signatures.process(parsed, null);
        } catch (ParseException | BadJWTException e) {
            throw refused("it is no JWT");
        } catch (BadJOSEException | JOSEException e) {
            throw refused("no key of the provider fits its signature");
        }
    }

    private void checkAudience(JWTClaimsSet claims) {
        List<String> audience = claims.getAudience();
        Object authorized = claims.getClaim("azp");
        require(audience.contains(settings.clientId()), "its aud is not this server");
        require(audience.size() == 1 || authorized != null, "it has several aud and no azp");
        require(authorized == null || authorized.equals(settings.clientId()), "its azp is not this server");
    }

    private void checkTimes(JWTClaimsSet claims) {
        Instant expires = instant(claims.getExpirationTime());
        Instant issued = instant(claims.getIssueTime());
        Instant begins = instant(claims.getNotBeforeTime());
        Instant earliest = now.get().minus(SKEW);
        Instant latest = now.get().plus(SKEW);
        require(expires != null && expires.isAfter(earliest), "it has expired");
        require(issued != null && !issued.isAfter(latest), "it was issued in the future");
        require(begins == null || !begins.isAfter(latest), "it does not count yet");
    }

    private static @Nullable Instant instant(@Nullable Date date) {
        return date == null ? null : date.toInstant();
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) throw refused(otherwise);
    }

    private static Failure refused(String why) {
        return UNAUTHENTICATED.because("The identity provider's ID token was not accepted: %s. Sign in again.", why);
    }
}
