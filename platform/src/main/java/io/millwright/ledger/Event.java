package io.millwright.ledger;

import io.millwright.kernel.Digests;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;

/// One change of state: who did what to which entity, when, under which request.
///
/// @param id 32 hex digits
/// @param at to the millisecond
/// @param actor a principal's name
/// @param requestId as in the log and in `X-Request-Id`
/// @param workspace the team boundary
/// @param type `<entity kind>.<past participle>`, as in `run.created`
/// @param entity a URN, as in `run:8f…`
/// @param payload a JSON object, as text: what changed
public record Event(
        String id,
        Instant at,
        String actor,
        String requestId,
        String workspace,
        String type,
        String entity,
        String payload) {

    /// SHA-256 over all fields, each preceded by its length, so that no two events have the same bytes.
    Sha256 digest() {
        String[] fields = {
            "millwright-event-1",
            id,
            String.valueOf(at.toEpochMilli()),
            actor,
            requestId,
            workspace,
            type,
            entity,
            payload
        };
        MessageDigest digest = Digests.sha256();
        for (String field : fields) {
            byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
            digest.update(ByteBuffer.allocate(4).putInt(bytes.length).flip());
            digest.update(bytes);
        }
        return Sha256.stored(digest.digest());
    }

    /// What stands for an event in its block: the event and the number under which it was written.
    static byte[] leaf(long seq, Sha256 digest) {
        return Sha256.of(ByteBuffer.allocate(8).putLong(seq).array(), digest.bytes())
                .bytes();
    }
}
