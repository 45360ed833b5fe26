package io.millwright.lake.profiles;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// What a text could be, had it another type.
final class TextHints {
    private static final Map<String, Pattern> FORMS = new LinkedHashMap<>();

    static {
        FORMS.put("integer", Pattern.compile("[+-]?\\d{1,18}"));
        FORMS.put("number", Pattern.compile("[+-]?(\\d+[.,]\\d*|[.,]\\d+|\\d+)([eE][+-]?\\d+)?"));
        FORMS.put("boolean", Pattern.compile("(?i)true|false|yes|no"));
        FORMS.put("date", Pattern.compile("\\d{4}-\\d{2}-\\d{2}|\\d{1,2}[./]\\d{1,2}[./]\\d{2,4}"));
        FORMS.put("timestamp", Pattern.compile("\\d{4}-\\d{2}-\\d{2}[T ]\\d{2}:\\d{2}.*"));
        FORMS.put(
                "uuid", Pattern.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"));
        FORMS.put("email", Pattern.compile("[^@\\s]{1,64}@[^@\\s.]+(\\.[^@\\s.]+)+"));
        FORMS.put("url", Pattern.compile("(?i)https?://\\S+"));
        FORMS.put("json", Pattern.compile("\\{.*}|\\[.*]", Pattern.DOTALL));
    }

    private static final int LONGEST = 500;

    private TextHints() {}

    static Optional<String> of(String text) {
        if (text.isEmpty() || text.length() > LONGEST) return Optional.empty();
        for (Map.Entry<String, Pattern> form : FORMS.entrySet()) {
            if (form.getValue().matcher(text).matches()) return Optional.of(form.getKey());
        }
        return Optional.empty();
    }
}
