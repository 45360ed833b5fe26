package io.millwright.ledger;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// Which events somebody asks for. An empty text asks for nothing; `entity` and `type` may end with `*` for everything
/// that begins so, as in `model-version:churn/*` and `promotion.*`.
///
/// @param from the first instant
/// @param to the first instant after
public record EventFilter(
        String workspace, String actor, String entity, String type, String request, Instant from, Instant to) {
    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999Z");
    private static final String GREATEST = Character.toString(Character.MAX_CODE_POINT);

    public static final EventFilter ALL = new EventFilter("", "", "", "", "", Instant.EPOCH, LATEST);

    public EventFilter {
        from = from.isBefore(Instant.EPOCH) ? Instant.EPOCH : from;
        to = to.isAfter(LATEST) ? LATEST : to;
        if (to.isBefore(from)) {
            throw INVALID_ARGUMENT.because("'to' is %s, which lies before 'from', %s.", to, from);
        }
    }

    /// What a row must fulfil, with the values of its question marks.
    record Condition(String text, List<Object> values) {}

    Condition condition() {
        List<String> parts = new ArrayList<>();
        List<Object> values = new ArrayList<>();
        if (!from.equals(Instant.EPOCH)) {
            parts.add("at >= ?");
            values.add(from.toEpochMilli());
        }
        if (!to.equals(LATEST)) {
            parts.add("at < ?");
            values.add(to.toEpochMilli());
        }
        matching("workspace", workspace, parts, values);
        matching("actor", actor, parts, values);
        matching("entity", entity, parts, values);
        matching("type", type, parts, values);
        matching("request_id", request, parts, values);
        parts.add("block is not null"); // As the indexes have it.
        return new Condition(String.join(" and ", parts), values);
    }

    private static void matching(String column, String wanted, List<String> parts, List<Object> values) {
        if (wanted.isEmpty()) return;
        boolean beginning = wanted.endsWith("*") && (column.equals("entity") || column.equals("type"));
        if (!beginning) {
            parts.add(column + " = ?");
            values.add(wanted);
            return;
        }
        // A range and not LIKE, which would not use the index; both databases order by code point.
        String prefix = wanted.substring(0, wanted.length() - 1);
        parts.add(column + " >= ? and " + column + " < ?");
        values.add(prefix);
        values.add(prefix + GREATEST);
    }
}
