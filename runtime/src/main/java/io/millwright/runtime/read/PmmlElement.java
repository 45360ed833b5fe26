package io.millwright.runtime.read;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// An element of a PMML file.
///
/// @param text what stands in it, without its children's
record PmmlElement(String name, Map<String, String> attributes, List<PmmlElement> children, String text) {
    /// Beside what a model computes: about its training, its quality, its files.
    private static final List<String> PASSED_OVER =
            List.of("Extension", "ModelStats", "ModelExplanation", "ModelVerification");

    Optional<PmmlElement> child(String wanted) {
        return children.stream().filter(each -> each.name.equals(wanted)).findFirst();
    }

    PmmlElement only(String wanted) {
        return child(wanted).orElseThrow(() -> new UnreadableModel("PMML's %s has no %s".formatted(title(), wanted)));
    }

    List<PmmlElement> all(String wanted) {
        return children.stream().filter(each -> each.name.equals(wanted)).toList();
    }

    /// Refuses children that are not named here: what is not known would be passed over.
    void allow(String... known) {
        List<String> allowed = List.of(known);
        for (PmmlElement each : children) {
            if (!allowed.contains(each.name) && !PASSED_OVER.contains(each.name)) throw each.unread("in " + title());
        }
    }

    boolean has(String attribute) {
        return attributes.containsKey(attribute);
    }

    String text(String attribute, String absent) {
        return attributes.getOrDefault(attribute, absent);
    }

    String text(String attribute) {
        String value = attributes.get(attribute);
        if (value == null) throw new UnreadableModel("PMML's %s has no attribute '%s'".formatted(title(), attribute));
        return value;
    }

    double number(String attribute, double absent) {
        return has(attribute) ? number(attribute) : absent;
    }

    double number(String attribute) {
        return parsed(text(attribute));
    }

    double parsed(String value) {
        try {
            return switch (value.strip()) {
                case "INF" -> Double.POSITIVE_INFINITY;
                case "-INF" -> Double.NEGATIVE_INFINITY;
                default -> Double.parseDouble(value.strip());
            };
        } catch (NumberFormatException e) {
            throw new UnreadableModel("PMML's %s has '%s', expected a number".formatted(title(), value), e);
        }
    }

    /// Refuses an attribute whose value is another than this, which is what it is when it is left out.
    void require(String attribute, String expected) {
        if (!text(attribute, expected).equals(expected))
            throw unread("with %s='%s'".formatted(attribute, text(attribute)));
    }

    /// The values of an Array of numbers.
    double[] numbers() {
        return values().stream().mapToDouble(this::parsed).toArray();
    }

    /// The values of an Array: between blanks, quoted where they have blanks themselves.
    List<String> values() {
        if (!name.equals("Array")) throw unread("where an Array is expected");
        List<String> values = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (Character.isWhitespace(c)) {
                at++;
            } else if (c == '"') {
                StringBuilder value = new StringBuilder();
                for (at++; at < text.length() && text.charAt(at) != '"'; at++) {
                    if (text.charAt(at) == '\\' && at + 1 < text.length() && text.charAt(at + 1) == '"') at++;
                    value.append(text.charAt(at));
                }
                if (at == text.length()) throw new UnreadableModel("an Array of PMML ends within quotes");
                at++;
                values.add(value.toString());
            } else {
                int start = at;
                while (at < text.length() && !Character.isWhitespace(text.charAt(at))) at++;
                values.add(text.substring(start, at));
            }
        }
        return values;
    }

    /// The element and what tells it from others of its name.
    String title() {
        for (String key : List.of("name", "field", "function", "id", "modelName")) {
            if (has(key)) return "%s '%s'".formatted(name, text(key));
        }
        return name;
    }

    UnreadableModel unread(String how) {
        return new UnreadableModel("PMML's %s %s is not read".formatted(title(), how));
    }
}
