package io.millwright.serving.log;

import java.nio.ByteBuffer;
import java.util.function.BiPredicate;

/// Some of a segment's entries. They are read from its file each time anew: all at once would be several times the
/// segment in memory.
///
/// @param until where the segment ended when it was looked at
/// @param wanted which of them
record Entries(Segment segment, long until, BiPredicate<PredictionId, Answerer> wanted) {
    /// What is done with each.
    interface Reader<X extends Exception> {
        void read(Entry entry) throws X;
    }

    <X extends Exception> void each(Reader<X> reader) throws X {
        EntryReader records = new EntryReader();
        segment.read(until, (ByteBuffer record) -> {
            var entry = records.read(record, wanted);
            if (entry.isPresent()) reader.read(entry.get());
        });
    }
}
