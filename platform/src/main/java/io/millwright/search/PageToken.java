package io.millwright.search;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.Json;
import io.millwright.kernel.Failure;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// An opaque token that holds the sort key of a page's last row, so that the next page seeks instead of counting.
public final class PageToken {
    private PageToken() {}

    /// @param key longs, doubles and texts
    public static String encode(List<Object> key) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Json.MAPPER.writeValueAsBytes(key));
    }

    /// @param types of each part; a token of another shape is refused
    public static List<Object> decode(String token, Class<?>... types) {
        JsonNode parts;
        try {
            parts = Json.MAPPER.readTree(new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException | JacksonException e) {
            throw invalid();
        }
        if (!parts.isArray() || parts.size() != types.length) throw invalid();
        List<Object> key = new ArrayList<>(types.length);
        for (int i = 0; i < types.length; i++) key.add(part(parts.get(i), types[i]));
        return key;
    }

    private static Object part(JsonNode node, Class<?> type) {
        if (type == Long.class && node.isIntegralNumber() && node.canConvertToLong()) return node.longValue();
        if (type == Double.class && node.isNumber()) return node.doubleValue();
        if (type == String.class && node.isString()) return node.stringValue();
        throw invalid();
    }

    private static Failure invalid() {
        return INVALID_ARGUMENT.because("Invalid page token, could not base64-decode");
    }
}
