package io.millwright.server;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.PERMISSION_DENIED;
import static io.millwright.kernel.ErrorCode.UNAUTHENTICATED;

import io.millwright.governance.AccessSlice;
import io.millwright.governance.SignInService;
import io.millwright.governance.TokenText;
import io.millwright.http.Cookie;
import io.millwright.http.Need;
import io.millwright.http.Route;
import io.millwright.kernel.Access;
import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Who sends a request, and whether they may ask for its route at all. What they may do to an entity the
/// facades ask.
final class Authenticator {
    /// On a server without authentication everybody is [Principal#LOCAL] and may do everything.
    static final Authenticator OFF = new Authenticator(null);

    private static final Logger log = LoggerFactory.getLogger(Authenticator.class);
    private static final Principal ANONYMOUS = new Principal("anonymous");
    private static final Access NOTHING = (right, workspace, entity, parents) -> false;
    private static final Map<String, String> CHALLENGE =
            Map.of("www-authenticate", "Basic realm=\"millwright\", Bearer realm=\"millwright\"");
    /// A browser answers Basic with a prompt of its own, before a page learns of it.
    private static final Map<String, String> CHALLENGE_TO_OWN_PAGE =
            Map.of("www-authenticate", "Bearer realm=\"millwright\"");
    private static final Set<String> TOKEN_PARAMETERS =
            Set.of("token", "access_token", "api_token", "auth_token", "api_key", "apikey");

    private final @Nullable AccessSlice access;

    private Authenticator(@Nullable AccessSlice access) {
        this.access = access;
    }

    static Authenticator of(AccessSlice access) {
        return new Authenticator(access);
    }

    /// Where every request begins.
    RequestContext begin(String requestId, String workspace, String address) {
        return access == null
                ? new RequestContext(requestId, Principal.LOCAL, workspace, Access.EVERYTHING, address)
                : new RequestContext(requestId, ANONYMOUS, workspace, NOTHING, address);
    }

    /// A URL is kept by proxies, logs and histories, so a token in it is no secret any more.
    ///
    /// @throws Failure INVALID_ARGUMENT
    static void refuseTokenInUrl(String rawQuery) {
        if (rawQuery.isEmpty()) return;
        for (String pair : rawQuery.split("&")) {
            int equals = pair.indexOf('=');
            String name = (equals < 0 ? pair : pair.substring(0, equals)).toLowerCase(Locale.ROOT);
            if (TOKEN_PARAMETERS.contains(name) || TokenText.isToken(pair.substring(equals + 1))) {
                throw INVALID_ARGUMENT.because(
                        "A token was sent in the URL, where logs and proxies keep it. Revoke it, and send its successor"
                                + " in the header 'Authorization: Bearer'.");
            }
        }
    }

    /// The request as its sender's, if that can be told from memory and the route is open to them.
    ///
    /// @return empty when [#signIn] must decide
    /// @throws Failure UNAUTHENTICATED when nothing was presented
    Optional<RequestContext> known(RequestContext context, Route route, @Nullable String authorization) {
        if (access == null || route.need() == Need.PUBLIC) return Optional.of(context);
        return access.signIns()
                .known(required(authorization), context.address())
                .map(who -> as(context, who))
                .filter(known -> isOpen(route, known));
    }

    /// The request as its sender's; may ask the database and take a tenth of a second.
    ///
    /// @throws Failure UNAUTHENTICATED; BUSY after too many failures; PERMISSION_DENIED when the route is not
    /// open to them
    RequestContext signIn(RequestContext context, Route route, @Nullable String authorization) {
        if (access == null) return context;
        String presented = required(authorization);
        SignInService signIns = access.signIns();
        RequestContext known = as(
                context,
                signIns.known(presented, context.address())
                        .orElseGet(() -> context.call(() -> signIns.signIn(presented, context.address()))));
        if (isOpen(route, known)) return known;
        Failure refusal = PERMISSION_DENIED.because(
                "Permission denied: '%s' has no right to %s anything in workspace '%s', which %s %s needs. Ask an"
                        + " administrator for a role that has it.",
                known.principal().name(),
                route.need().name().toLowerCase(Locale.ROOT),
                known.workspace(),
                route.method(),
                route.path());
        refused(known, refusal, route.method(), route.path());
        throw refusal;
    }

    /// What a browser presents by itself.
    ///
    /// @param cookies the header as it came
    static @Nullable String ofSession(@Nullable String cookies) {
        if (cookies == null) return null;
        return Cookie.SESSION
                .in(cookies)
                .filter(TokenText::isToken)
                .map(token -> "Bearer " + token)
                .orElse(null);
    }

    private static String required(@Nullable String authorization) {
        if (authorization != null && !authorization.isBlank()) return authorization;
        throw UNAUTHENTICATED.because("You are not authenticated. Send a token: set MLFLOW_TRACKING_TOKEN, or"
                + " MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or the header 'Authorization: Bearer'.");
    }

    private static RequestContext as(RequestContext context, SignInService.SignedIn who) {
        return new RequestContext(
                context.requestId(), who.principal(), context.workspace(), who.access(), context.address());
    }

    private static boolean isOpen(Route route, RequestContext context) {
        return switch (route.need()) {
            case PUBLIC, SIGNED_IN -> true;
            case READ, WRITE, ALIAS, ASSESS, APPROVE, AUDIT, MANAGE, ADMIN ->
                context.access().allowsSomewhere(route.need().right(), context.workspace());
        };
    }

    /// What a refused sender is told beside the failure.
    ///
    /// @param ownPage whether it is a script of the web UI, which has a page for signing in
    static Map<String, String> headersOf(Failure failure, boolean ownPage) {
        if (failure.code() != ErrorCode.UNAUTHENTICATED) return Map.of();
        return ownPage ? CHALLENGE_TO_OWN_PAGE : CHALLENGE;
    }

    /// Tells the ledger of a refusal; the answer does not depend on it.
    void refused(RequestContext context, Failure failure, String method, String path) {
        if (access == null || context.principal().equals(ANONYMOUS)) return;
        try {
            context.call(() -> {
                access.refused(method, TokenText.masked(path), TokenText.masked(failure.message()));
                return 0;
            });
        } catch (RuntimeException e) {
            log.warn("a refusal could not be written to the ledger: {}", e.toString());
        }
    }

    /// After a request was handled and before it is answered.
    void settle(String requestId) {
        if (access != null) access.settle(requestId);
    }
}
