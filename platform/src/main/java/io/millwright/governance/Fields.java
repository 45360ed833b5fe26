package io.millwright.governance;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.Call;
import io.millwright.http.Json;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/// The body of a request of our own API, and the pages of its lists.
final class Fields {
    private static final int USUAL_PAGE = 100;

    private final JsonNode body;

    private Fields(JsonNode body) {
        this.body = body;
    }

    /// @param known the fields it may have; what is misspelt is refused
    static Fields of(Call call, String... known) {
        JsonNode body = call.body().length == 0 ? Json.MAPPER.createObjectNode() : Json.parse(call.body());
        if (!body.isObject()) throw INVALID_ARGUMENT.because("The body is not a JSON object.");
        for (String field : body.propertyNames()) {
            if (!List.of(known).contains(field)) {
                throw INVALID_ARGUMENT.because("Unknown field '%s', expected %s.", field, String.join(", ", known));
            }
            JsonNode value = body.path(field);
            if (!value.isString() && !value.isNull()) throw INVALID_ARGUMENT.because("'%s' is no text.", field);
        }
        return new Fields(body);
    }

    Optional<String> text(String name) {
        JsonNode value = body.path(name);
        return value.isString() ? Optional.of(value.stringValue()) : Optional.empty();
    }

    String required(String name) {
        return text(name)
                .filter(text -> !text.isEmpty())
                .orElseThrow(() -> INVALID_ARGUMENT.because("'%s' is missing, expected a text.", name));
    }

    Optional<Instant> instant(String name) {
        return text(name).map(text -> {
            try {
                return Instant.parse(text);
            } catch (DateTimeException e) {
                throw INVALID_ARGUMENT.because(
                        "'%s' is '%s', expected a time such as 2030-01-31T12:00:00Z.", name, text);
            }
        });
    }

    /// How many items a page has at most.
    static int pageSize(Call call) {
        String text = call.queryValue("max_results").orElse(String.valueOf(USUAL_PAGE));
        int size = text.matches("\\d{1,6}") ? Integer.parseInt(text) : 0;
        if (size >= 1 && size <= AccessService.LARGEST_PAGE) return size;
        throw INVALID_ARGUMENT.because("'max_results' is '%s', expected 1 to %d.", text, AccessService.LARGEST_PAGE);
    }

    /// The number of the row that the page comes after.
    static long after(Call call) {
        String token = call.queryValue("page_token").orElse("0");
        if (token.matches("\\d{1,18}")) return Long.parseLong(token);
        throw INVALID_ARGUMENT.because("'page_token' is none that this list has given out.");
    }

    static void endPage(JsonGenerator json, boolean more, long last) {
        if (more) json.writeStringProperty("next_page_token", String.valueOf(last));
        json.writeEndObject();
    }
}
