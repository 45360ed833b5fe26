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

    private final BodyBuffer buffer;
    private final long expected;
    private final Outcome outcome;
    private @Nullable Subscription subscription;
    private boolean done;

    BodyCollector(BodyBuffer buffer, long expected, Outcome outcome) {
        this.buffer = buffer;
        this.expected = expected;
        this.outcome = outcome;
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
            if (!done) buffer.append(data.byteBuf(), expected);
        } catch (Failure failure) {
            refuse(failure);
        } catch (OutOfMemoryError e) {
            refuse(Exchange.outOfMemory());
        }
    }

    private void refuse(Failure failure) {
        done = true;
        buffer.release();
        if (subscription != null) subscription.cancel();
        outcome.refused(failure);
    }

    @Override
    public void onError(Throwable cause) {
        if (done) return;
        done = true;
        buffer.release();
        outcome.broken(cause);
    }

    @Override
    public void onComplete() {
        if (done) return;
        done = true;
        outcome.collected();
    }
}
