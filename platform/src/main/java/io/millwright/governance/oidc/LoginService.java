package io.millwright.governance.oidc;

import static io.millwright.kernel.ErrorCode.BUSY;
import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.UNAUTHENTICATED;

import com.nimbusds.jwt.JWTClaimsSet;
import io.millwright.governance.AccessService;
import io.millwright.governance.AccessSlice;
import io.millwright.governance.EventBudget;
import io.millwright.governance.ExternalIdentity;
import io.millwright.governance.SignInService;
import io.millwright.kernel.Failure;
import io.millwright.kernel.RequestContext;
import io.millwright.ledger.Db;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Logins at the identity provider, from their beginning here to the session at their end.
final class LoginService {
    /// How long somebody may take to sign in there.
    static final Duration PATIENCE = Duration.ofMinutes(10);

    static final int MOST_LOGINS = 10_000;

    /// Where a browser begins one.
    static final String PAGE = "/auth/oidc/login";

    private final OidcSettings settings;
    private final Db db;
    private final AccessService access;
    private final SignInService signIns;
    private final Provider provider;
    private final Secrets secrets;
    private final EventBudget begun;
    private final LoginStore store = new LoginStore();

    /// Where a browser goes on.
    ///
    /// @param token of its session
    record Finished(String token, String returnTo) {}

    LoginService(
            OidcSettings settings, Db db, AccessSlice access, Provider provider, Secrets secrets, EventBudget begun) {
        this.settings = settings;
        this.db = db;
        this.access = access.service();
        this.signIns = access.signIns();
        this.provider = provider;
        this.secrets = secrets;
        this.begun = begun;
    }

    /// Begins a login.
    ///
    /// @param browser a secret that the browser keeps
    /// @return the provider's page to send the browser to
    /// @throws Failure BUSY when too many begin from one address; UNAVAILABLE
    URI begin(String browser, String redirectUri, String returnTo) {
        String address = RequestContext.current().address();
        if (!begun.take(new EventBudget.Source("login.begun", address))) {
            throw BUSY.because(
                    "%d logins began from %s within a minute, which is the most. Wait a minute.",
                    EventBudget.PER_MINUTE, address);
        }
        String state = secrets.make();
        Login login = new Login(Secrets.digest(browser), secrets.make(), secrets.make(), redirectUri, returnTo);
        URI page = provider.signInPage(state, login);
        db.tx(sql -> {
            store.deleteExpired(sql, signIns.now());
            store.insert(sql, Secrets.digest(state), login, signIns.now().plus(PATIENCE));
            store.keepNewest(sql, MOST_LOGINS);
            return 0;
        });
        return page;
    }

    /// What the provider sent a browser back with.
    ///
    /// @param browser the secret that the browser kept; empty for none
    /// @param code empty when it did not let them in
    /// @param error why not
    /// @param issuer who answers (RFC 9207); null when the provider does not say
    record Answer(
            String state,
            String browser,
            String code,
            String error,
            @Nullable String issuer) {}

    /// Ends a login; whatever comes of it, it cannot be ended again. What goes wrong stands in the ledger.
    ///
    /// @throws Failure INVALID_ARGUMENT when no such login is under way in this browser; UNAUTHENTICATED when the
    ///     provider does not vouch for anybody; UNAVAILABLE
    Finished finish(Answer answer) {
        try {
            Login login = taken(answer);
            JWTClaimsSet claims = provider.claims(answer.code, login);
            AccessService.NewToken session =
                    access.signIn(identity(claims), signIns.now().plus(settings.session()));
            return new Finished(session.text(), login.returnTo());
        } catch (Failure refused) {
            signIns.failedAtProvider(refused.message());
            throw refused;
        }
    }

    private Login taken(Answer answer) {
        Optional<Login> login = db.tx(sql -> store.take(sql, Secrets.digest(answer.state), signIns.now()))
                .filter(taken -> taken.browser().equals(Secrets.digest(answer.browser)));
        if (login.isEmpty()) {
            throw INVALID_ARGUMENT.because(
                    "No such login is under way in this browser: it has ended, took longer than %d minutes, or began"
                            + " elsewhere. Begin again at %s.",
                    PATIENCE.toMinutes(), PAGE);
        }
        if (answer.issuer != null && !answer.issuer.equals(settings.issuer())) {
            throw INVALID_ARGUMENT.because(
                    "'%s' answered a login at '%s'. Begin again at %s.",
                    Provider.printable(answer.issuer), settings.issuer(), PAGE);
        }
        if (answer.code.isEmpty()) {
            throw UNAUTHENTICATED.because(
                    "The identity provider did not sign you in: %s.", Provider.printable(answer.error));
        }
        return login.get();
    }

    private ExternalIdentity identity(JWTClaimsSet claims) {
        String subject = claims.getSubject();
        String name = Stream.of(settings.usernameClaim(), "email")
                .map(claims::getClaim)
                .filter(claim -> claim instanceof String text && !text.isBlank())
                .map(String::valueOf)
                .findFirst()
                .orElse(subject);
        return new ExternalIdentity(settings.issuer(), subject, name, groups(claims));
    }

    /// A token that names no groups takes its user out of those that an earlier one named.
    private @Nullable Set<String> groups(JWTClaimsSet claims) {
        if (settings.groupsClaim().isEmpty()) return null;
        return switch (claims.getClaim(settings.groupsClaim())) {
            case String one -> Set.of(one);
            case List<?> all -> all.stream().map(String::valueOf).collect(Collectors.toUnmodifiableSet());
            case null, default -> Set.of();
        };
    }
}
