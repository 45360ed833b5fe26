package io.millwright.serving.live;

import java.util.concurrent.atomic.LongAdder;

/// What one variant of one revision has done since the revision answers, in this process.
public final class Tally {
    final LongAdder answered = new LongAdder();
    final LongAdder refused = new LongAdder();
    final LongAdder failed = new LongAdder();
    final LongAdder dropped = new LongAdder();
    final Latencies latencies = new Latencies();
    final Agreement agreement = new Agreement();

    public long answered() {
        return answered.sum();
    }

    /// Requests whose rows did not fit the model.
    public long refused() {
        return refused.sum();
    }

    /// Requests it had no answer to, though they may have been good.
    public long failed() {
        return failed.sum();
    }

    /// Requests a shadow was not asked, for want of time.
    public long dropped() {
        return dropped.sum();
    }

    public Latencies latencies() {
        return latencies;
    }

    /// With the champion; empty of counts for the champion itself.
    public Agreement agreement() {
        return agreement;
    }
}
