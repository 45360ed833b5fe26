package io.millwright.governance.oidc;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;

import io.millwright.governance.AccessService;
import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Cookie;
import io.millwright.http.Dialect;
import io.millwright.http.Handler;
import io.millwright.http.Need;
import io.millwright.http.Reply;
import io.millwright.http.Route;
import io.millwright.http.Routes;
import java.net.URI;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a browser asks for to sign in at the identity provider, and to sign out.
final class OidcApi {
    private static final String CALLBACK = "/auth/oidc/callback";
    private static final int LONGEST_RETURN = 2000;
    /// Ties a login to the browser that began it.
    private static final Cookie BROWSER = new Cookie("mw_login", "/auth/oidc");
    /// A path of this server as it may stand in a header; browsers take what is behind `//` or `/\` for a host.
    private static final Pattern LOCAL_PATH =
            Pattern.compile("/(?!/)[A-Za-z0-9._~!$&'()*+,;=:@/?%#-]{0," + LONGEST_RETURN + "}");

    private final OidcSettings settings;
    private final AccessService access;
    private final Secrets secrets;
    private final @Nullable LoginService logins;

    /// @param logins null where there is no provider
    OidcApi(OidcSettings settings, AccessService access, Secrets secrets, @Nullable LoginService logins) {
        this.settings = settings;
        this.access = access;
        this.secrets = secrets;
        this.logins = logins;
    }

    void addRoutes(Routes routes) {
        add(routes, "GET", LoginService.PAGE, "Sends a browser to the identity provider to sign in", this::login);
        add(routes, "GET", CALLBACK, "Where the identity provider sends it back to", this::callback);
        add(routes, "POST", "/auth/logout", "Ends a browser's session", this::logout);
    }

    private static void add(Routes routes, String method, String path, String summary, Handler handler) {
        routes.add(new Route(method, path, Dialect.OWN, BodyKind.NONE, summary, Need.PUBLIC, handler));
    }

    private Reply login(Call call) {
        String returnTo = call.queryValue("return").orElse("/");
        if (!LOCAL_PATH.matcher(returnTo).matches()) {
            throw INVALID_ARGUMENT.because(
                    "'return' is no path of this server, expected one such as /page?x=1 with at most %d characters.",
                    LONGEST_RETURN);
        }
        // Kept from one login to the next, so that two may be under way in one browser.
        String browser = cookie(call, BROWSER).filter(Secrets::isSecret).orElseGet(secrets::make);
        URI page = logins().begin(browser, redirectUri(call), returnTo);
        return redirect(page.toString(), BROWSER.set(browser, LoginService.PATIENCE, isSecure(call)));
    }

    private Reply callback(Call call) {
        String state = call.queryValue("state").orElse("");
        String code = call.queryValue("code").orElse("");
        String error = call.queryValue("error")
                .map(name -> call.queryValue("error_description")
                        .map(text -> name + ": " + text)
                        .orElse(name))
                .orElse("");
        if (!Secrets.isSecret(state) || code.isEmpty() == error.isEmpty()) {
            throw INVALID_ARGUMENT.because(
                    "This is no answer of an identity provider: 'state' and either 'code' or 'error' were expected."
                            + " Sign in at %s.",
                    LoginService.PAGE);
        }
        LoginService.Finished finished = logins().finish(new LoginService.Answer(
                state,
                cookie(call, BROWSER).orElse(""),
                code,
                error,
                call.queryValue("iss").orElse(null)));
        return redirect(finished.returnTo(), Cookie.SESSION.set(finished.token(), settings.session(), isSecure(call)));
    }

    private Reply logout(Call call) {
        cookie(call, Cookie.SESSION).ifPresent(access::endSession);
        return Reply.noContent(204).with("set-cookie", Cookie.SESSION.cleared(isSecure(call)));
    }

    private LoginService logins() {
        if (logins != null) return logins;
        throw NOT_FOUND.because("This server has no identity provider to sign in at (oidc.issuer). Use a token.");
    }

    private static Optional<String> cookie(Call call, Cookie cookie) {
        return call.header("cookie").flatMap(cookie::in);
    }

    private String redirectUri(Call call) {
        return settings.redirectUrl().isEmpty() ? call.origin() + CALLBACK : settings.redirectUrl();
    }

    private boolean isSecure(Call call) {
        return redirectUri(call).startsWith("https:");
    }

    private static Reply redirect(String location, String cookie) {
        return Reply.noContent(302)
                .with("location", location)
                .with("set-cookie", cookie)
                .with("cache-control", "no-store");
    }
}
