package io.millwright.governance;

import static io.millwright.kernel.ErrorCode.BUSY;
import static io.millwright.kernel.ErrorCode.UNAUTHENTICATED;

import io.millwright.kernel.Access;
import io.millwright.kernel.Failure;
import io.millwright.kernel.Principal;
import io.millwright.ledger.Db;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Tells who somebody is by what they present: a token, or a name and a password.
///
/// What was presented before is remembered under a keyed digest, so that asking again costs no query and no key
/// derivation; [#forgetAll] ends that at once.
public final class SignInService {
    private static final int MOST_REMEMBERED = 10_000;
    private static final int FREE_FAILURES = 5;
    private static final int FREE_FAILURES_OF_A_USER = 20;
    private static final Duration TOLD_AGAIN_AFTER = Duration.ofHours(1);
    static final int LONGEST_PASSWORD = 1024;

    private final Db db;
    private final AccessEvents events;
    private final Clock clock;
    private final LongSupplier nanos;
    private final KeyedDigest digest;
    private final AccessStore store = new AccessStore();
    private final FailureThrottle byAddress;
    private final FailureThrottle byUser;
    /// A derivation is a tenth of a second of CPU.
    private final Semaphore derivations =
            new Semaphore(Math.max(1, Runtime.getRuntime().availableProcessors() / 2));

    private final AtomicLong epoch = new AtomicLong();
    private final AtomicLong latestMillis = new AtomicLong(Long.MIN_VALUE);
    private final Map<ByteBuffer, Remembered> remembered = new ConcurrentHashMap<>();
    /// Which stored password a presented one was found to fit; outlives epochs.
    private final Map<ByteBuffer, String> fitting = new ConcurrentHashMap<>();
    /// When a sign-in was last told to the ledger, by credential and address.
    private final Map<String, Long> told = new ConcurrentHashMap<>();

    /// Somebody who was recognised.
    public record SignedIn(Principal principal, Access access) {}

    /// Somebody who was recognised by what opens a browser's session.
    ///
    /// @param token null for a password
    /// @param kept of a password, how it is checked; empty for a token
    public record Shown(Principal principal, @Nullable ApiToken token, String kept) {}

    private record Remembered(
            SignedIn who, String credential, @Nullable ApiToken token, String kept, long epoch) {
        @Nullable
        Instant expiresAt() {
            return token == null ? null : token.expiresAt();
        }
    }

    SignInService(Db db, AccessEvents events, Clock clock, LongSupplier nanos, KeyedDigest digest) {
        this.db = db;
        this.events = events;
        this.clock = clock;
        this.nanos = nanos;
        this.digest = digest;
        this.byAddress = new FailureThrottle(FREE_FAILURES, MOST_REMEMBERED, nanos);
        this.byUser = new FailureThrottle(FREE_FAILURES_OF_A_USER, MOST_REMEMBERED, nanos);
    }

    /// Whoever presented this before, if nothing has changed since. Memory only.
    ///
    /// @param authorization the header as it came
    public Optional<SignedIn> known(String authorization, String address) {
        Remembered known = remembered.get(digest.of(authorization));
        if (known == null || known.epoch != epoch.get() || isPast(known.expiresAt())) return Optional.empty();
        return wasTold(known.credential, address) ? Optional.of(known.who) : Optional.empty();
    }

    /// Recognises whoever presents this, in the context of the request in hand. May take a tenth of a second.
    ///
    /// @throws Failure UNAUTHENTICATED; BUSY after too many failures
    public SignedIn signIn(String authorization, String address) {
        ByteBuffer key = digest.of(authorization);
        Remembered who = recognised(Presented.of(authorization), key, address);
        keep(remembered, key, who);
        return who.who;
    }

    /// As [#signIn], for whoever types it into the page that signs browsers in.
    public Shown shown(Presented presented, String address) {
        Remembered who = recognised(presented, digest.of(presented.toString()), address);
        return new Shown(who.who.principal(), who.token, who.kept);
    }

    private Remembered recognised(Presented presented, ByteBuffer key, String address) {
        long began = epoch.get(); // Before anything is read: what changes after it is not remembered.
        Remembered who = switch (presented) {
            case Presented.Token(String text) -> byToken(text, address, began);
            case Presented.Password(String user, String password) -> byPassword(user, password, key, address, began);
            case Presented.Nothing(String why) -> throw failed(address, "", why);
        };
        if (!wasTold(who.credential, address)) {
            events.signedIn(who.who.principal(), who.credential);
            keep(told, who.credential + " " + address, nanos.getAsLong());
        }
        return who;
    }

    private Remembered byToken(String text, String address, long began) {
        record Found(ApiToken token, List<Grant> grants) {}
        Optional<Found> found = !TokenText.isToken(text)
                ? Optional.empty()
                : db.read(sql -> store.tokenOf(sql, TokenText.digest(text))
                        .map(token -> new Found(token, store.grantsFor(sql, token.owner()))));
        ApiToken token = found.map(Found::token).orElse(null);
        if (token == null) throw failed(address, "", "there is no such token");
        if (token.endedAt() != null || isPast(token.expiresAt())) {
            throw failed(address, token.owner(), "the token has expired or was revoked");
        }
        noteUse(token);
        return new Remembered(
                new SignedIn(
                        new Principal(token.owner()),
                        GrantedAccess.of(found.get().grants(), token.scope())),
                "token " + token.id(),
                token,
                "",
                began);
    }

    /// To the hour, so that reading stays reading.
    private void noteUse(ApiToken token) {
        Instant now = now();
        Instant last = token.lastUsedAt();
        if (last != null && Duration.between(last, now).compareTo(TOLD_AGAIN_AFTER) < 0) return;
        db.tx(sql -> {
            store.used(sql, token.id(), now);
            return 0;
        });
    }

    private Remembered byPassword(String user, String password, ByteBuffer key, String address, long began) {
        record Found(Optional<String> kept, List<Grant> grants) {}
        Found found = db.read(sql -> new Found(store.password(sql, user), store.grantsFor(sql, user)));
        String kept = found.kept().orElse("");
        if (kept.isEmpty() || !kept.equals(fitting.get(key))) {
            refuseWhileSlowed(byAddress.waitOf(address), user);
            refuseWhileSlowed(byUser.waitOf(user), user);
            if (!fits(password, kept)) {
                byUser.failed(user);
                throw failed(address, user, "the name or the password is wrong");
            }
            keep(fitting, key, kept);
        }
        byAddress.succeeded(address);
        byUser.succeeded(user);
        return new Remembered(
                new SignedIn(new Principal(user), GrantedAccess.of(found.grants(), null)),
                "password of " + user,
                null,
                kept,
                began);
    }

    /// Whether a password is the user's, at its full price.
    boolean fits(String password, String kept) {
        try {
            if (!derivations.tryAcquire(10, TimeUnit.SECONDS)) {
                throw BUSY.because("Too many are signing in with passwords. Try again in a moment, or use a token.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw BUSY.because("The server is stopping. Try again.");
        }
        try {
            boolean possible = !password.isEmpty() && password.length() <= LONGEST_PASSWORD;
            String tried = possible ? password : "no password";
            boolean same = kept.isEmpty() ? PasswordHash.checkNobodys(tried) : PasswordHash.check(tried, kept);
            return same && possible;
        } finally {
            derivations.release();
        }
    }

    private void refuseWhileSlowed(Duration wait, String user) {
        if (wait.isZero()) return;
        events.signInFailed(user, "too many failed before");
        throw BUSY.because(
                "Too many failed sign-ins. Try again in %d s with the right password, or use a token.",
                wait.toSeconds() + 1);
    }

    private Failure failed(String address, String user, String why) {
        boolean slowed = !byAddress.waitOf(address).isZero();
        byAddress.failed(address);
        events.signInFailed(user, why);
        if (slowed) return BUSY.because("Too many failed sign-ins: %s. Try again later.", why);
        return UNAUTHENTICATED.because(
                "Not signed in: %s. Send a token as 'Authorization: Bearer', or as"
                        + " MLFLOW_TRACKING_TOKEN; or a name and a password as Basic.",
                why);
    }

    private boolean wasTold(String credential, String address) {
        Long at = told.get(credential + " " + address);
        return at != null && nanos.getAsLong() - at < TOLD_AGAIN_AFTER.toNanos();
    }

    /// Ends everything remembered: whoever comes next is looked up.
    public void forgetAll() {
        epoch.incrementAndGet();
        remembered.clear();
    }

    /// Tells the ledger that somebody could not sign in at an identity provider.
    public void failedAtProvider(String why) {
        events.signInFailed("", why);
    }

    /// The latest instant seen; never goes back, so that nothing un-expires.
    public Instant now() {
        return Instant.ofEpochMilli(latestMillis.accumulateAndGet(clock.millis(), Math::max));
    }

    boolean isPast(@Nullable Instant expiry) {
        return expiry != null && !expiry.isAfter(now());
    }

    private static <K, V> void keep(Map<K, V> map, K key, V value) {
        if (map.size() >= MOST_REMEMBERED) map.clear();
        map.put(key, value);
    }

    /// What a request claims.
    public sealed interface Presented {
        record Token(String text) implements Presented {}

        record Password(String user, String password) implements Presented {}

        record Nothing(String why) implements Presented {}

        static Presented of(String authorization) {
            int blank = authorization.indexOf(' ');
            String scheme = blank < 0 ? authorization : authorization.substring(0, blank);
            String rest = blank < 0 ? "" : authorization.substring(blank + 1).strip();
            if (scheme.equalsIgnoreCase("bearer")) return new Token(rest);
            if (!scheme.equalsIgnoreCase("basic")) return new Nothing("expected Bearer or Basic");
            String pair;
            try {
                pair = new String(Base64.getDecoder().decode(rest), StandardCharsets.UTF_8);
            } catch (IllegalArgumentException e) {
                return new Nothing("what follows Basic is no Base64");
            }
            int colon = pair.indexOf(':');
            if (colon < 0) return new Nothing("what follows Basic is no name:password");
            return of(pair.substring(0, colon), pair.substring(colon + 1));
        }

        /// A client that knows only names and passwords may send a token as one.
        static Presented of(String user, String password) {
            return TokenText.isToken(password) ? new Token(password) : new Password(user, password);
        }
    }
}
