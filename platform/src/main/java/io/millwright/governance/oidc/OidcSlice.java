package io.millwright.governance.oidc;

import io.millwright.governance.AccessSlice;
import io.millwright.governance.EventBudget;
import io.millwright.http.Routes;
import io.millwright.ledger.Db;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Signing in at an identity provider, wired.
public final class OidcSlice implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final OidcApi api;
    private final @Nullable ProviderHttp http;

    private OidcSlice(OidcApi api, @Nullable ProviderHttp http) {
        this.api = api;
        this.http = http;
    }

    /// Asks nobody before the first login, so that the server starts also while the provider is away.
    ///
    /// @param nanos a clock that nobody sets, as `System::nanoTime`
    public static OidcSlice wire(
            Db db, AccessSlice access, OidcSettings settings, LongSupplier nanos, SecureRandom random) {
        return wire(db, access, settings, nanos, random, PATIENCE);
    }

    /// @param patience with each answer of the provider
    static OidcSlice wire(
            Db db,
            AccessSlice access,
            OidcSettings settings,
            LongSupplier nanos,
            SecureRandom random,
            Duration patience) {
        Secrets secrets = new Secrets(random);
        if (!settings.isOn()) return new OidcSlice(new OidcApi(settings, access.service(), secrets, null), null);
        ProviderHttp http = new ProviderHttp(patience);
        Provider provider = new Provider(settings, http, access.signIns()::now, nanos);
        LoginService logins = new LoginService(settings, db, access, provider, secrets, new EventBudget(nanos));
        return new OidcSlice(new OidcApi(settings, access.service(), secrets, logins), http);
    }

    public void addRoutes(Routes routes) {
        api.addRoutes(routes);
    }

    @Override
    public void close() {
        if (http != null) http.close();
    }
}
