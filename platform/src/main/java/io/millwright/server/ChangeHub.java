package io.millwright.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SequencedSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Brings what changed to whoever waits for it. It keeps of each topic only when it last changed, so that a listener
/// that was away for a moment learns what it missed, and one that is slow is told once of many changes.
final class ChangeHub {
    private static final Pattern PLACE = Pattern.compile("([0-9a-f]{8})-(\\d{1,18})");

    /// What somebody may listen to, in one workspace.
    ///
    /// @param workspace empty for what belongs to none
    record Topic(String workspace, String name) {}

    /// What changed since the last time.
    ///
    /// @param place where to go on from; see [Listener]
    record Changes(List<Topic> topics, String place) {}

    private static final int TOPICS_REMEMBERED = 20_000;

    private final String process;
    private final int mostRemembered;
    private final ReentrantLock lock = new ReentrantLock();
    /// When each topic last changed, the latest at the end. Guarded by the lock, as all below.
    private final LinkedHashMap<Topic, Long> lastChanges = new LinkedHashMap<>();
    private final Map<Topic, Set<Listener>> listeners = new HashMap<>();
    private long latest;
    /// Of changes up to this one some are forgotten.
    private long forgotten;

    ChangeHub(String process) {
        this(process, TOPICS_REMEMBERED);
    }

    /// @param process 8 hex digits that no other process has
    /// @param mostRemembered of how many topics the last change is known
    ChangeHub(String process, int mostRemembered) {
        this.process = process;
        this.mostRemembered = mostRemembered;
    }

    /// Tells everybody who listens; returns at once.
    void changed(Topic topic) {
        lock.lock();
        try {
            lastChanges.putLast(topic, ++latest);
            if (lastChanges.size() > mostRemembered)
                forgotten = lastChanges.pollFirstEntry().getValue();
            for (Listener listener : listeners.getOrDefault(topic, Set.of())) listener.tell(topic);
        } finally {
            lock.unlock();
        }
    }

    /// What is logged to a run changes it and its experiment.
    void logged(String workspace, long experiment, String runId) {
        changed(new Topic(workspace, "run:" + runId));
        changed(new Topic(workspace, "experiment:" + experiment));
    }

    /// Listens from now on, or from a place on.
    ///
    /// @param place as [Changes] told it; what this process does not remember makes a listener that has not resumed
    Listener listen(Set<Topic> topics, String place) {
        lock.lock();
        try {
            Listener listener = new Listener(topics, latest);
            OptionalLong since = known(place);
            if (since.isPresent()) {
                listener.resumed = true;
                for (Topic topic : topics) {
                    if (lastChanges.getOrDefault(topic, 0L) > since.getAsLong()) listener.tell(topic);
                }
            }
            for (Topic topic : topics)
                listeners.computeIfAbsent(topic, any -> new HashSet<>()).add(listener);
            return listener;
        } finally {
            lock.unlock();
        }
    }

    private OptionalLong known(String place) {
        Matcher parts = PLACE.matcher(place);
        if (!parts.matches() || !parts.group(1).equals(process)) return OptionalLong.empty();
        long since = Long.parseLong(parts.group(2));
        return since >= forgotten && since <= latest ? OptionalLong.of(since) : OptionalLong.empty();
    }

    /// How many listen now.
    int listening() {
        lock.lock();
        try {
            return (int)
                    listeners.values().stream().flatMap(Set::stream).distinct().count();
        } finally {
            lock.unlock();
        }
    }

    /// Somebody who waits for changes of some topics; one thread at a time.
    final class Listener implements AutoCloseable {
        private final Set<Topic> topics;
        private final long began;
        private final Condition told = lock.newCondition();
        private final SequencedSet<Topic> pending = new LinkedHashSet<>();
        private boolean resumed;

        private Listener(Set<Topic> topics, long began) {
            this.topics = topics;
            this.began = began;
        }

        /// Whether it goes on from the place that it was given.
        boolean hasResumed() {
            return resumed;
        }

        /// Where it began to listen.
        String place() {
            return process + "-" + began;
        }

        private void tell(Topic topic) {
            pending.add(topic);
            told.signalAll();
        }

        /// Waits for changes, not longer than a while; no topics when there were none.
        Changes await(Duration most) throws InterruptedException {
            lock.lockInterruptibly();
            try {
                long left = most.toNanos();
                while (pending.isEmpty() && left > 0) left = told.awaitNanos(left);
                List<Topic> changed = new ArrayList<>(pending);
                pending.clear();
                return new Changes(changed, process + "-" + latest);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void close() {
            lock.lock();
            try {
                for (Topic topic : topics) {
                    listeners.computeIfPresent(topic, (any, all) -> {
                        all.remove(this);
                        return all.isEmpty() ? null : all;
                    });
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
