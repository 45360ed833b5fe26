package io.millwright.governance.oidc;

import static io.millwright.kernel.ErrorCode.UNAUTHENTICATED;
import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import com.nimbusds.jwt.JWTClaimsSet;
import io.millwright.kernel.Failure;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// The identity provider, found by its discovery document (OpenID Connect Discovery 1.0, section 4).
final class Provider {
    private static final long KEPT = Duration.ofHours(1).toNanos();

    private final OidcSettings settings;
    private final ProviderHttp http;
    private final LongSupplier nanos;
    private final IdTokenCheck idTokens;
    private volatile @Nullable Found found;

    /// Where to ask for what.
    ///
    /// @param authorization where people sign in
    /// @param token where a code is exchanged
    /// @param keys what it signs with
    /// @param secretInBody whether it takes the client's secret in no other way
    private record Endpoints(URI authorization, URI token, URI keys, boolean secretInBody) {}

    private record Found(Endpoints endpoints, long atNanos) {}

    /// @param now the instant that ID tokens are judged by
    /// @param nanos a clock that nobody sets
    Provider(OidcSettings settings, ProviderHttp http, Supplier<Instant> now, LongSupplier nanos) {
        this.settings = settings;
        this.http = http;
        this.nanos = nanos;
        this.idTokens = new IdTokenCheck(settings, new ProviderKeys(http, () -> endpoints().keys, nanos), now);
    }

    /// Where a browser goes to sign in.
    URI signInPage(String state, Login login) {
        Map<String, String> query = new LinkedHashMap<>();
        query.put("response_type", "code");
        query.put("client_id", settings.clientId());
        query.put("redirect_uri", login.redirectUri());
        query.put("scope", String.join(" ", settings.scopes()));
        query.put("state", state);
        query.put("nonce", login.nonce());
        query.put("code_challenge", Secrets.digest(login.verifier()));
        query.put("code_challenge_method", "S256");
        URI page = endpoints().authorization;
        return URI.create(page + (page.getRawQuery() == null ? "?" : "&") + ProviderHttp.encoded(query));
    }

    /// What the provider says of whoever came back with a code.
    ///
    /// @throws Failure UNAUTHENTICATED when the provider does not take the code, or its ID token is not accepted;
    ///     UNAVAILABLE when it does not answer as it should
    JWTClaimsSet claims(String code, Login login) {
        return idTokens.check(idToken(code, login), login.nonce());
    }

    private String idToken(String code, Login login) {
        Endpoints endpoints = endpoints();
        Map<String, String> form = new LinkedHashMap<>();
        form.put("grant_type", "authorization_code");
        form.put("code", code);
        form.put("redirect_uri", login.redirectUri());
        form.put("code_verifier", login.verifier());
        Map<String, String> headers = new LinkedHashMap<>();
        if (settings.clientSecret().isEmpty() || endpoints.secretInBody) form.put("client_id", settings.clientId());
        if (!settings.clientSecret().isEmpty()) {
            if (endpoints.secretInBody) form.put("client_secret", settings.clientSecret());
            else headers.put("authorization", basic());
        }
        ProviderHttp.Answer answer = http.post(endpoints.token, form, headers);
        if (answer.status() != 200) throw refusal(endpoints.token, answer);
        String token = answer.body().path("id_token").asString("");
        if (token.isEmpty()) throw ProviderHttp.unavailable(endpoints.token, "its answer has no id_token");
        return token;
    }

    /// RFC 6749, section 2.3.1: both parts are encoded as in a form first.
    private String basic() {
        String pair = ProviderHttp.encoded(settings.clientId()) + ":" + ProviderHttp.encoded(settings.clientSecret());
        return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    private Failure refusal(URI uri, ProviderHttp.Answer answer) {
        String error = printable(answer.body().path("error").asString("no reason"));
        return switch (error) {
            case "invalid_grant" ->
                UNAUTHENTICATED.because(
                        "The identity provider does not take the code (%s): it was used before, or is too old. Sign in"
                                + " again.",
                        error);
            case "invalid_client", "unauthorized_client" ->
                UNAVAILABLE.because(
                        "The identity provider does not take this server as its client '%s' (%s). The administrator"
                                + " should check oidc.client-id and oidc.client-secret.",
                        settings.clientId(), error);
            default -> ProviderHttp.unavailable(uri, "it answered %d: %s".formatted(answer.status(), error));
        };
    }

    /// A text of the provider's, short and on one line.
    static String printable(String text) {
        String line = text.replaceAll("[^\\x20-\\x7e]", "?");
        return line.length() <= 200 ? line : line.substring(0, 200) + "…";
    }

    private Endpoints endpoints() {
        Found known = found;
        if (known != null && nanos.getAsLong() - known.atNanos < KEPT) return known.endpoints;
        Endpoints endpoints = discover();
        found = new Found(endpoints, nanos.getAsLong());
        return endpoints;
    }

    private Endpoints discover() {
        URI uri = URI.create(settings.issuer().replaceAll("/$", "") + "/.well-known/openid-configuration");
        JsonNode document = http.get(uri);
        String issuer = document.path("issuer").asString("");
        if (!issuer.equals(settings.issuer())) {
            throw ProviderHttp.unavailable(
                    uri, "it calls itself '%s', expected '%s'".formatted(printable(issuer), settings.issuer()));
        }
        JsonNode methods = document.path("token_endpoint_auth_methods_supported");
        return new Endpoints(
                endpoint(uri, document, "authorization_endpoint"),
                endpoint(uri, document, "token_endpoint"),
                endpoint(uri, document, "jwks_uri"),
                has(methods, "client_secret_post") && !has(methods, "client_secret_basic"));
    }

    private static boolean has(JsonNode list, String text) {
        return list.valueStream().anyMatch(item -> item.asString("").equals(text));
    }

    private static URI endpoint(URI document, JsonNode found, String name) {
        String text = found.path(name).asString("");
        try {
            URI uri = new URI(text);
            if (OidcSettings.isPrivate(uri) && text.equals(uri.toASCIIString())) return uri;
        } catch (URISyntaxException e) {
            // Told below.
        }
        throw ProviderHttp.unavailable(
                document, "its %s is '%s', expected an https URL".formatted(name, printable(text)));
    }
}
