package io.millwright.http;

import io.millwright.kernel.RequestContext;
import java.io.InputStream;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One request in hand, as an api sees it.
public interface Call {
    String method();

    /// The path as sent, still percent-encoded.
    String rawPath();

    /// A variable of the route's pattern, percent-decoded once.
    String pathVariable(String name);

    /// All query parameters, percent-decoded, in the order sent.
    Map<String, List<String>> query();

    Optional<String> header(String name);

    /// Scheme, host and port under which the client reached this server; for links in answers.
    URI origin();

    /// The whole body of a [BodyKind#JSON] route, already decoded and within its cap; empty when there is none.
    byte[] body();

    /// The body of a [BodyKind#STREAM] route as it arrives. Reading past a broken connection throws an
    /// `IOException`: an end of stream is always the true end.
    InputStream stream();

    /// What `Content-Length` says, or -1.
    long contentLength();

    /// The request as its sender's rights are now; for an answer that goes on after they may have changed.
    ///
    /// @throws io.millwright.kernel.Failure UNAUTHENTICATED or PERMISSION_DENIED when it would be refused now
    RequestContext asOfNow();

    default Optional<String> queryValue(String name) {
        List<String> values = query().get(name);
        return values == null ? Optional.empty() : Optional.of(values.getFirst());
    }
}
