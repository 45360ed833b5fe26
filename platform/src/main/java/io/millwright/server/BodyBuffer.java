package io.millwright.server;

import static io.millwright.kernel.ErrorCode.BUSY;
import static io.millwright.kernel.ErrorCode.TOO_LARGE;

import io.millwright.kernel.Failure;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/// The bytes of one collected body, grown as they arrive: never more than its cap, and never more in all bodies
/// together than the budget. Used by one thread at a time.
final class BodyBuffer {
    /// How many bytes of bodies may be held at once, so that many large ones queue up at their clients and not in our
    /// memory.
    static final class Budget {
        private final AtomicLong free;
        private final long size;

        Budget(long sizeBytes) {
            size = sizeBytes;
            free = new AtomicLong(sizeBytes);
        }

        private void take(long bytes) {
            if (free.addAndGet(-bytes) < 0 && bytes > 0) {
                free.addAndGet(bytes);
                throw BUSY.because(
                        "The bodies of requests in progress fill %d MiB. Send this one again in a moment.", size >> 20);
            }
        }

        private void give(long bytes) {
            free.addAndGet(bytes);
        }

        long usedBytes() {
            return size - free.get();
        }
    }

    private static final byte[] NONE = {};
    private static final int FIRST = 16 * 1024;

    private final Budget budget;
    private final long cap;
    private final String advice;
    private final String what;
    private byte[] bytes = NONE;
    private int size;

    /// @param advice what follows the cap in a message, as where it is set
    /// @param what how messages call it
    BodyBuffer(Budget budget, long cap, String advice, String what) {
        this.budget = budget;
        this.cap = cap;
        this.advice = advice;
        this.what = what;
    }

    /// @param expected the length the client announced, or -1; memory is only taken for what arrives
    void append(ByteBuf source, long expected) {
        int length = source.readableBytes();
        room(length, expected);
        source.readBytes(bytes, size, length);
        size += length;
    }

    void append(byte[] source, int length) {
        room(length, -1);
        System.arraycopy(source, 0, bytes, size, length);
        size += length;
    }

    private void room(int more, long expected) {
        long needed = (long) size + more;
        if (needed > cap) throw tooLarge("more than " + cap);
        if (needed <= bytes.length) return;
        long target = Math.max(needed, Math.min(cap, Math.max(FIRST, bytes.length * 2L)));
        if (expected >= needed) target = Math.min(target, expected);
        resize((int) target);
    }

    private void resize(int length) {
        long more = (long) length - bytes.length;
        budget.take(more);
        try {
            bytes = Arrays.copyOf(bytes, length);
        } catch (OutOfMemoryError e) {
            budget.give(more);
            throw e;
        }
    }

    int size() {
        return size;
    }

    long cap() {
        return cap;
    }

    Failure tooLarge(String got) {
        return TOO_LARGE.because(what + " has " + got + " bytes, at most " + cap + " are taken" + advice);
    }

    byte[] toArray() {
        if (size < bytes.length) resize(size);
        return bytes;
    }

    /// Gives the memory back to the budget. The bytes may still be read by whoever took them.
    void release() {
        budget.give(bytes.length);
        bytes = NONE;
        size = 0;
    }
}
