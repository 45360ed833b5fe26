package io.millwright.governance;

import io.millwright.http.Routes;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Identity and access, wired.
public final class AccessSlice implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AccessSlice.class);
    public static final List<Migration> MIGRATIONS = List.of(
            new Migration("governance", "V001__create_access"),
            new Migration("governance", "V002__create_oidc"),
            new Migration("governance", "V003__create_sessions"));

    private final AccessEvents events;
    private final SignInService signIns;
    private final AccessService service;
    private final OwnerRights owners;
    private final AccessWatch watch;

    private AccessSlice(Db db, Ledger ledger, Clock clock, LongSupplier nanos, SecureRandom random) {
        events = new AccessEvents(db, ledger, nanos);
        signIns = new SignInService(db, events, clock, nanos, new KeyedDigest(random));
        service = new AccessService(db, events, signIns, random);
        owners = new OwnerRights(events, signIns);
        owners.follow(ledger);
        watch = new AccessWatch(db, service, signIns, events);
    }

    /// @param nanos a clock that nobody sets, as `System::nanoTime`
    public static AccessSlice wire(Db db, Ledger ledger, Clock clock, LongSupplier nanos, SecureRandom random) {
        return new AccessSlice(db, ledger, clock, nanos, random);
    }

    /// Starts to follow what other processes change, and to end what expires.
    public AccessSlice start() {
        watch.start();
        return this;
    }

    AccessWatch watch() {
        return watch;
    }

    public AccessService service() {
        return service;
    }

    public SignInService signIns() {
        return signIns;
    }

    /// After each request, so that the next one sees the rights that this one made.
    public void settle(String requestId) {
        owners.settle(requestId);
    }

    /// Tells the ledger that the request in hand was refused.
    public void refused(String method, String path, String why) {
        events.refused(method, path, why);
    }

    public void addRoutes(Routes routes, SignInSettings settings, Parents parents) {
        new SessionApi(service, signIns, settings).addRoutes(routes);
        new AccountsApi(service, settings).addRoutes(routes);
        new TokensApi(service).addRoutes(routes);
        new GrantsApi(service).addRoutes(routes);
        new ExplainApi(service, parents).addRoutes(routes);
        new MlflowUsersApi(service).addRoutes(routes);
        new MlflowRolesApi(service).addRoutes(routes);
    }

    @Override
    public void close() {
        watch.close();
        try {
            events.tellAllLeftOut();
        } catch (RuntimeException e) {
            log.warn("how many refusals were not recorded could not be written to the ledger: {}", e.toString());
        }
    }
}
