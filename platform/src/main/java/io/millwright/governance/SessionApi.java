package io.millwright.governance;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.PERMISSION_DENIED;
import static io.millwright.kernel.ErrorCode.UNAUTHENTICATED;
import static io.millwright.kernel.ErrorCode.WRONG_STATE;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Cookie;
import io.millwright.http.Dialect;
import io.millwright.http.Handler;
import io.millwright.http.Need;
import io.millwright.http.Reply;
import io.millwright.http.Route;
import io.millwright.http.Routes;
import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.RequestContext;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/// What the sign-in page of the web UI asks for: a name and a password, or a token, become a session in a cookie.
final class SessionApi {
    private static final String PATH = "/auth/session";

    private final AccessService access;
    private final SignInService signIns;
    private final SignInSettings settings;

    SessionApi(AccessService access, SignInService signIns, SignInSettings settings) {
        this.access = access;
        this.signIns = signIns;
        this.settings = settings;
    }

    void addRoutes(Routes routes) {
        add(routes, "GET", BodyKind.NONE, "How browsers sign in here", this::tell);
        add(routes, "POST", BodyKind.JSON, "Opens a browser's session with a password or a token", this::open);
    }

    private static void add(Routes routes, String method, BodyKind body, String summary, Handler handler) {
        routes.add(new Route(method, PATH, Dialect.OWN, body, summary, Need.PUBLIC, handler));
    }

    private Reply tell(Call call) throws IOException {
        return Reply.json(json -> json.writeStartObject()
                .writeBooleanProperty("authentication", settings.required())
                .writeBooleanProperty("identity_provider", settings.identityProvider())
                .writeEndObject());
    }

    private Reply open(Call call) throws IOException {
        Fields fields = Fields.of(call, "username", "password", "token");
        Optional<String> user = fields.text("username");
        Optional<String> password = fields.text("password");
        Optional<String> token = fields.text("token");
        if (token.isPresent() ? user.isPresent() || password.isPresent() : user.isEmpty() || password.isEmpty()) {
            throw INVALID_ARGUMENT.because("Give 'username' and 'password', or 'token' alone.");
        }
        requireOwnPage(call);
        if (!settings.required()) {
            throw WRONG_STATE.because("Nobody signs in on this server (server.authentication is off): everything is"
                    + " open to whoever reaches it.");
        }
        SignInService.Presented presented = token.isPresent()
                ? new SignInService.Presented.Token(token.get())
                : SignInService.Presented.of(user.orElseThrow(), password.orElseThrow());
        AccessService.NewToken session = access.openSession(shown(presented), settings.session());
        cookie(call).filter(old -> !old.equals(token.orElse(""))).ifPresent(access::endSession);
        Instant expiresAt = Objects.requireNonNull(session.token().expiresAt());
        Duration left = Duration.between(signIns.now(), expiresAt).plusMillis(999); // Cookies count whole seconds.
        return Reply.json(json -> json.writeStartObject()
                        .writeStringProperty("name", session.token().owner())
                        .writeStringProperty("expires_at", expiresAt.toString())
                        .writeEndObject())
                .with("set-cookie", Cookie.SESSION.set(session.text(), left, isSecure(call)))
                .with("cache-control", "no-store");
    }

    /// A page of another site could sign somebody in as somebody else, whose work they would then do. The server has
    /// refused foreign origins already; here something must say that it is a page of ours.
    private static void requireOwnPage(Call call) {
        if (call.header("origin").isPresent()) return;
        if (call.header("sec-fetch-site").filter("same-origin"::equals).isPresent()) return;
        throw PERMISSION_DENIED.because("A session is opened by a page of this server only, which its browser tells by"
                + " Origin. Outside a browser, send the token as 'Authorization: Bearer'.");
    }

    private SignInService.Shown shown(SignInService.Presented presented) {
        try {
            return signIns.shown(presented, RequestContext.current().address());
        } catch (Failure refused) {
            if (refused.code() != ErrorCode.UNAUTHENTICATED) throw refused;
            throw UNAUTHENTICATED.because(
                    presented instanceof SignInService.Presented.Token
                            ? "This token does not count: it is none of this server, has expired or was revoked."
                            : "The name or the password is wrong.");
        }
    }

    private static Optional<String> cookie(Call call) {
        return call.header("cookie").flatMap(Cookie.SESSION::in);
    }

    private boolean isSecure(Call call) {
        return settings.https() || "https".equals(call.origin().getScheme());
    }
}
