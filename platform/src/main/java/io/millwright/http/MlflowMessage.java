package io.millwright.http;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Failure;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// One MLflow request message, read with protobuf's JSON rules as MLflow applies them: unknown fields are ignored, a
/// field may be spelled in snake_case or camelCase but not both, numbers may come as texts, `null` means absent, and a
/// GET carries its fields in the query (or, from old clients that send none, in a body).
public final class MlflowMessage {
    private static final String HINT = " See the API docs for more information about request parameters.";

    private static final JsonMapper SORTED =
            JsonMapper.builder().enable(JsonNodeFeature.WRITE_PROPERTIES_SORTED).build();
    private static final Pattern DECIMAL =
            Pattern.compile("[+-]?(\\d{1,400}(\\.\\d{0,400})?|\\.\\d{1,400})([eE][+-]?\\d{1,9})?");

    /// The names of fields that this program asks for: a bounded set.
    private static final Map<String, String> CAMEL_CASE = new ConcurrentHashMap<>();

    private final ObjectNode fields;
    /// `""` at the top, else as in `metrics[3].`
    private final String path;

    private final boolean fromQuery;

    private MlflowMessage(ObjectNode fields, String path, boolean fromQuery) {
        this.fields = fields;
        this.path = path;
        this.fromQuery = fromQuery;
    }

    public static MlflowMessage of(Call call) {
        if (call.method().equals("GET") && !call.query().isEmpty()) return ofQuery(call);
        if (!call.method().equals("GET")) requireJson(call);
        return ofBody(call.body());
    }

    /// The message that a JSON text holds.
    public static MlflowMessage ofBody(byte[] body) {
        JsonNode node = body.length == 0 ? Json.MAPPER.createObjectNode() : Json.parse(body);
        // Old R clients encode twice: a JSON string that holds the JSON object.
        if (node.isString()) node = Json.parse(node.stringValue().getBytes(java.nio.charset.StandardCharsets.UTF_8));
        if (node.isNull() || node.isMissingNode()) return empty();
        if (!(node instanceof ObjectNode object)) {
            throw INVALID_ARGUMENT.because(
                    "The request body is a JSON %s, expected an object.".formatted(typeName(node)));
        }
        return new MlflowMessage(object, "", false);
    }

    private static MlflowMessage empty() {
        return new MlflowMessage(Json.MAPPER.createObjectNode(), "", false);
    }

    private static MlflowMessage ofQuery(Call call) {
        ObjectNode fields = Json.MAPPER.createObjectNode();
        call.query().forEach((name, values) -> {
            ArrayNode all = fields.putArray(name);
            values.forEach(all::add);
        });
        return new MlflowMessage(fields, "", true);
    }

    private static void requireJson(Call call) {
        String type = call.header("content-type")
                .orElseThrow(() -> INVALID_ARGUMENT.because("Bad Request. Content-Type header is missing."));
        String media = type.split(";", 2)[0].strip();
        if (!media.equalsIgnoreCase("application/json")) {
            throw INVALID_ARGUMENT.because("Bad Request. Content-Type must be one of ['application/json'].");
        }
    }

    /// Absent and empty are the same to MLflow for a required text, and it looks for the snake_case spelling only.
    public String requiredText(String name) {
        requireSnakeCase(name);
        return text(name).filter(t -> !t.isEmpty()).orElseThrow(() -> missing(name));
    }

    /// Either name of the run id; `run_uuid` is the old one.
    public String runId() {
        if (present(fields.get("run_uuid")) == null) requireSnakeCase("run_id");
        return text("run_id")
                .filter(t -> !t.isEmpty())
                .or(() -> text("run_uuid"))
                .filter(t -> !t.isEmpty())
                .orElseThrow(() -> missing("run_id"));
    }

    /// The run id where MLflow knows its old name only well enough not to miss the new one: then it is empty.
    public String newRunId() {
        return present(fields.get("run_uuid")) == null ? requiredText("run_id") : textOrEmpty("run_id");
    }

    private void requireSnakeCase(String name) {
        if (present(fields.get(name)) == null) {
            field(name); // Both spellings at once is the greater mistake.
            throw missing(name);
        }
    }

    public Optional<String> text(String name) {
        JsonNode value = scalar(name);
        if (value == null) return Optional.empty();
        if (!value.isString()) throw invalid(name, value);
        return Optional.of(checkText(name, value.stringValue()));
    }

    /// The text, or empty when absent.
    public String textOrEmpty(String name) {
        return text(name).orElse("");
    }

    public OptionalLong integer(String name) {
        JsonNode value = scalar(name);
        return value == null ? OptionalLong.empty() : OptionalLong.of(toLong(name, value));
    }

    /// As [#integer(String)], refused above the most that is allowed.
    public OptionalLong integer(String name, long most) {
        OptionalLong value = integer(name);
        if (value.isPresent() && value.getAsLong() > most) throw invalid(name, scalar(name));
        return value;
    }

    public long requiredInteger(String name) {
        requireSnakeCase(name);
        return integer(name).orElseThrow(() -> missing(name));
    }

    /// A 32-bit integer.
    public OptionalInt smallInteger(String name) {
        OptionalLong value = integer(name);
        if (value.isEmpty()) return OptionalInt.empty();
        if (value.getAsLong() != (int) value.getAsLong()) throw invalid(name, field(name));
        return OptionalInt.of((int) value.getAsLong());
    }

    public double requiredNumber(String name) {
        requireSnakeCase(name);
        JsonNode value = scalar(name);
        if (value != null && value.isString() && value.stringValue().isEmpty()) throw missing(name);
        return number(name).orElseThrow(() -> missing(name));
    }

    public OptionalDouble number(String name) {
        JsonNode value = scalar(name);
        if (value == null) return OptionalDouble.empty();
        if (value.isNumber()) return OptionalDouble.of(value.doubleValue());
        if (value.isString()) {
            switch (value.stringValue()) {
                case "NaN", "nan" -> {
                    return OptionalDouble.of(Double.NaN);
                }
                case "Infinity", "inf" -> {
                    return OptionalDouble.of(Double.POSITIVE_INFINITY);
                }
                case "-Infinity", "-inf" -> {
                    return OptionalDouble.of(Double.NEGATIVE_INFINITY);
                }
                default -> {
                    // Double.parseDouble alone would also take "1d" and hexadecimal.
                    if (DECIMAL.matcher(value.stringValue()).matches()) {
                        return OptionalDouble.of(Double.parseDouble(value.stringValue()));
                    }
                }
            }
        }
        throw invalid(name, value);
    }

    public Optional<Boolean> flag(String name) {
        JsonNode value = scalar(name);
        if (value == null) return Optional.empty();
        if (value.isBoolean()) return Optional.of(value.booleanValue());
        if (value.isString() && value.stringValue().equalsIgnoreCase("true")) return Optional.of(true);
        if (value.isString() && value.stringValue().equalsIgnoreCase("false")) return Optional.of(false);
        throw invalid(name, value);
    }

    /// An enum by its name or its number; like MLflow we go on as if an unknown name were absent, but refuse an unknown
    /// number.
    public <E extends Enum<E>> Optional<E> strictChoice(String name, Class<E> type, int firstNumber) {
        JsonNode value = scalar(name);
        Optional<E> choice = choice(name, type, firstNumber);
        if (choice.isEmpty() && value != null && !value.isString()) throw invalid(name, value);
        return choice;
    }

    /// An enum by its name or its number. MLflow goes on as if an unknown one were absent, and so do we.
    public <E extends Enum<E>> Optional<E> choice(String name, Class<E> type, int firstNumber) {
        JsonNode value = scalar(name);
        if (value == null) return Optional.empty();
        if (!value.isString() && !value.isNumber()) throw invalid(name, value);
        for (E constant : type.getEnumConstants()) {
            int number = constant.ordinal() + firstNumber;
            boolean named = value.isString()
                    && (value.stringValue().equals(constant.name())
                            || value.stringValue().equals(String.valueOf(number)));
            if (named || value.isInt() && value.intValue() == number) return Optional.of(constant);
        }
        return Optional.empty();
    }

    /// Whether the field is there at all, even if empty.
    public boolean has(String name) {
        return field(name) != null;
    }

    public List<String> texts(String name) {
        JsonNode value = field(name);
        if (value == null) return List.of();
        if (!value.isArray()) throw invalid(name, value);
        List<String> texts = new ArrayList<>(value.size());
        for (JsonNode item : value) {
            if (!item.isString()) throw invalid(name, value);
            texts.add(checkText(name, item.stringValue()));
        }
        return texts;
    }

    public List<MlflowMessage> messages(String name) {
        JsonNode value = field(name);
        if (value == null) return List.of();
        if (!value.isArray()) throw invalid(name, value);
        List<MlflowMessage> messages = new ArrayList<>(value.size());
        for (JsonNode item : value) {
            if (!(item instanceof ObjectNode object)) throw invalid(name, value);
            messages.add(new MlflowMessage(object, path + name + "[" + messages.size() + "].", false));
        }
        return messages;
    }

    public Optional<MlflowMessage> message(String name) {
        JsonNode value = field(name);
        if (value == null) return Optional.empty();
        if (!(value instanceof ObjectNode object)) throw invalid(name, value);
        return Optional.of(new MlflowMessage(object, path + name + ".", false));
    }

    public Failure missing(String name) {
        return INVALID_ARGUMENT.because("Missing value for required parameter '" + path + name + "'." + HINT);
    }

    private Failure invalid(String name, @Nullable JsonNode value) {
        String shown = value == null ? "null" : SORTED.writeValueAsString(value);
        if (shown.length() > 200) shown = shown.substring(0, 200) + "…";
        return INVALID_ARGUMENT.because("Invalid value " + shown + " for parameter '" + path + name
                + "' supplied:  Hint: Value was of type '" + typeName(value) + "'." + HINT);
    }

    private long toLong(String name, JsonNode value) {
        if (value.isIntegralNumber() && value.canConvertToLong()) return value.longValue();
        if (value.isNumber() && value.canConvertToExactIntegral() && value.canConvertToLong()) return value.longValue();
        if (value.isString()) {
            try {
                String text = value.stringValue().strip();
                if (text.length() <= 40 && text.indexOf('.') > 0) return new BigDecimal(text).longValueExact();
                return Long.parseLong(text);
            } catch (NumberFormatException | ArithmeticException e) {
                throw invalid(name, value);
            }
        }
        throw invalid(name, value);
    }

    /// PostgreSQL has no NUL in texts and SQLite cuts there: refused for both. A lone surrogate has no UTF-8.
    private String checkText(String name, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0)
                throw INVALID_ARGUMENT.because("Parameter '" + path + name + "' contains the character NUL at position "
                        + i + ", which no text may.");
            if (Character.isSurrogate(c)) {
                if (Character.isHighSurrogate(c)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1))) i++;
                else
                    throw INVALID_ARGUMENT.because("Parameter '" + path + name
                            + "' contains half a surrogate pair at position " + i + ", which is no character.");
            }
        }
        return text;
    }

    /// In a query each field is a list; a scalar takes its first value.
    private @Nullable JsonNode scalar(String name) {
        JsonNode value = field(name);
        return fromQuery && value != null ? value.get(0) : value;
    }

    private @Nullable JsonNode field(String name) {
        JsonNode snake = present(fields.get(name));
        if (fromQuery || name.indexOf('_') < 0) return snake;
        String camelName = CAMEL_CASE.computeIfAbsent(name, MlflowMessage::camelCase);
        JsonNode camel = present(fields.get(camelName));
        if (snake != null && camel != null) {
            throw INVALID_ARGUMENT.because(
                    "Request specifies both '" + name + "' and '" + camelName + "'; provide only one of them.");
        }
        return snake != null ? snake : camel;
    }

    private static @Nullable JsonNode present(@Nullable JsonNode node) {
        return node == null || node.isNull() ? null : node;
    }

    private static String camelCase(String name) {
        StringBuilder camel = new StringBuilder(name.length());
        for (String word : name.split("_")) {
            camel.append(camel.isEmpty() ? word : word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1));
        }
        return camel.toString();
    }

    /// As Python names it, because MLflow's messages do.
    private static String typeName(@Nullable JsonNode value) {
        if (value == null || value.isNull()) return "NoneType";
        return switch (value.getNodeType()) {
            case STRING -> "str";
            case BOOLEAN -> "bool";
            case NUMBER -> value.isIntegralNumber() ? "int" : "float";
            case ARRAY -> "list";
            default -> "dict";
        };
    }
}
