package io.millwright.governance.oidc;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import java.net.URI;
import java.text.ParseException;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The keys that the provider signs with. One that is not among them may be new, so they are fetched again for it, but
/// not more often than every few seconds; and after some minutes in any case, since one may have been withdrawn.
final class ProviderKeys implements JWKSource<SecurityContext> {
    private static final long SHORTEST_KEPT = Duration.ofSeconds(10).toNanos();
    private static final long LONGEST_KEPT = Duration.ofMinutes(10).toNanos();

    private final ProviderHttp http;
    private final Supplier<URI> address;
    private final LongSupplier nanos;
    private volatile @Nullable Fetched latest;

    private record Fetched(JWKSet keys, long atNanos) {}

    ProviderKeys(ProviderHttp http, Supplier<URI> address, LongSupplier nanos) {
        this.http = http;
        this.address = address;
        this.nanos = nanos;
    }

    @Override
    public List<JWK> get(JWKSelector selector, @Nullable SecurityContext context) {
        Fetched known = latest;
        if (known == null || age(known) >= LONGEST_KEPT) return selector.select(fetch().keys);
        List<JWK> found = selector.select(known.keys);
        return found.isEmpty() && age(known) >= SHORTEST_KEPT ? selector.select(fetch().keys) : found;
    }

    private long age(Fetched fetched) {
        return nanos.getAsLong() - fetched.atNanos;
    }

    private Fetched fetch() {
        URI uri = address.get();
        try {
            Fetched fetched = new Fetched(JWKSet.parse(http.get(uri).toString()), nanos.getAsLong());
            latest = fetched;
            return fetched;
        } catch (ParseException e) {
            throw ProviderHttp.unavailable(uri, "its keys cannot be read: " + e.getMessage());
        }
    }
}
