package io.millwright.tracking.imports;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/// What an import could not take as it was, by kind: counted, with the first examples of each.
public final class ImportNotes {
    private static final int EXAMPLES = 20;

    /// How an import dealt with a kind of thing.
    public enum Dealing {
        /// Not imported: it has no place here.
        LEFT_OUT,
        /// Imported into another field or under another id than it had.
        CHANGED,
        /// Not imported although it has a place: something was broken. Another import tries again.
        FAILED
    }

    /// One kind of thing and how often it was met.
    ///
    /// @param examples the first ones
    public record Note(long count, List<String> examples) {
        public Note {
            examples = List.copyOf(examples);
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Dealing, Map<String, Note>> notes = new LinkedHashMap<>(); // guarded by lock

    public void leftOut(String kind, String example) {
        add(Dealing.LEFT_OUT, kind, 1, example);
    }

    void leftOut(String kind, long count) {
        if (count > 0) add(Dealing.LEFT_OUT, kind, count, "");
    }

    public void changed(String kind, String example) {
        add(Dealing.CHANGED, kind, 1, example);
    }

    public void failed(String kind, String example) {
        add(Dealing.FAILED, kind, 1, example);
    }

    private void add(Dealing dealing, String kind, long count, String example) {
        lock.lock();
        try {
            Map<String, Note> kinds = notes.computeIfAbsent(dealing, d -> new TreeMap<>());
            Note before = kinds.getOrDefault(kind, new Note(0, List.of()));
            List<String> examples = new ArrayList<>(before.examples());
            if (!example.isEmpty() && examples.size() < EXAMPLES && !examples.contains(example)) examples.add(example);
            kinds.put(kind, new Note(before.count() + count, examples));
        } finally {
            lock.unlock();
        }
    }

    /// A copy, ordered by kind.
    public Map<String, Note> of(Dealing dealing) {
        lock.lock();
        try {
            return new TreeMap<>(notes.getOrDefault(dealing, Map.of()));
        } finally {
            lock.unlock();
        }
    }
}
