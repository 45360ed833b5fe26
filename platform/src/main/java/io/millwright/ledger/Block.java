package io.millwright.ledger;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// The header of a closed stretch of events. Its hash covers the block before it, so that no block can change
/// unnoticed.
///
/// @param number 1, 2, 3 … without gaps
/// @param previousHash of the block before; [Sha256#ZERO] for the first
/// @param merkleRoot over the leaves of its events, see [Event#leaf]
/// @param count how many events
/// @param sealedAt epoch milliseconds, never before the block before
record Block(long number, Sha256 previousHash, Sha256 merkleRoot, int count, long sealedAt) {
    private static final byte[] FORM = "millwright-block-1".getBytes(StandardCharsets.US_ASCII);

    Sha256 hash() {
        byte[] numbers = ByteBuffer.allocate(8 + 4 + 8)
                .putLong(number)
                .putInt(count)
                .putLong(sealedAt)
                .array();
        return Sha256.of(FORM, numbers, previousHash.bytes(), merkleRoot.bytes());
    }
}
