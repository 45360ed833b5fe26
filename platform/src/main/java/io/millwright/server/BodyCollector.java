package io.millwright.server;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpObject;
import io.millwright.kernel.Failure;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/// Collects a body on the event loop and says when it is all there.
final class BodyCollector implements Subscriber<HttpObject> {
    /// What comes of collecting; exactly one of them is called, once.
    interface Outcome {
        void collected();

        /// The body may not be taken; what still arrives is thrown away.
        void refused(Failure failure);

        /// The client went away.
        void broken(Throwable cause);
    }

    private static final long MOST_DROPPED = 1L << 30;

    private final BodyBuffer buffer;
    private final long expected;
    private final Outcome outcome;
    private final boolean dropsRest;
    private @Nullable Subscription subscription;
    private @Nullable Failure refusal;
    private long dropped;
    private boolean done;

    /// @param dropsRest whether the rest of a body that may not be taken is read and dropped, unless it is a flood,
    ///     before that is told: over HTTP/2 a client that is still sending may never read the answer
    BodyCollector(BodyBuffer buffer, long expected, Outcome outcome, boolean dropsRest) {
        this.buffer = buffer;
        this.expected = expected;
        this.outcome = outcome;
        this.dropsRest = dropsRest;
    }

    @Override
    public void onSubscribe(Subscription s) {
        subscription = s;
        s.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(HttpObject object) {
        if (!(object instanceof HttpData data)) return;
        try (data) {
            if (refusal != null) drop(data.length());
            else if (!done) buffer.append(data.byteBuf(), expected);
        } catch (Failure failure) {
            refuse(failure);
        } catch (OutOfMemoryError e) {
            refuse(Exchange.outOfMemory());
        }
    }

    private void refuse(Failure failure) {
        buffer.release();
        refusal = failure;
        if (!dropsRest) tell(failure);
    }

    private void drop(int bytes) {
        dropped += bytes;
        if (dropped > MOST_DROPPED && refusal != null) tell(refusal);
    }

    private void tell(Failure failure) {
        if (done) return;
        done = true;
        if (subscription != null) subscription.cancel();
        outcome.refused(failure);
    }

    @Override
    public void onError(Throwable cause) {
        if (done) return;
        done = true;
        if (refusal == null) buffer.release();
        outcome.broken(cause);
    }

    @Override
    public void onComplete() {
        if (done) return;
        done = true;
        if (refusal == null) outcome.collected();
        else outcome.refused(refusal);
    }
}
