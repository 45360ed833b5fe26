package io.millwright.kernel;

import java.util.function.BooleanSupplier;

/// Whether anybody still waits for the answer to the request in hand. Long work asks before it begins with a part.
public final class Listener {
    private static final ScopedValue<BooleanSupplier> GONE = ScopedValue.newInstance();

    private Listener() {}

    /// Whether the client has hung up, or its deadline has passed. Never outside a request.
    public static boolean isGone() {
        return GONE.isBound() && GONE.get().getAsBoolean();
    }

    /// Runs the body for somebody who may go.
    public static void call(BooleanSupplier gone, Runnable body) {
        ScopedValue.where(GONE, gone).run(body);
    }
}
