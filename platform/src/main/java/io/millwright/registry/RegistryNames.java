package io.millwright.registry;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;

import io.millwright.kernel.Failure;
import io.millwright.kernel.Names;
import java.math.BigInteger;
import java.util.Map;
import java.util.regex.Pattern;

/// What names, aliases, version numbers and tags a client may give, with the messages MLflow's clients know.
final class RegistryNames {
    private static final int TAG_VALUE_LIMIT = 100_000;
    private static final int ALIAS_LIMIT = 255;
    private static final int NAME_LIMIT = 256;
    private static final Pattern ALIAS = Pattern.compile("[\\w\\-]*", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern VERSION_ALIAS = Pattern.compile("[vV]\\d+", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern NUMBER = Pattern.compile("[+-]?\\d{1,100}");
    private static final String LATEST = "latest";
    private static final String PROMPT_TEXT_TAG = "mlflow.prompt.text";

    private RegistryNames() {}

    static void checkModel(String name) {
        if (name.isBlank()) throw missing("name");
        if (name.contains("/") || name.contains(":")) {
            throw INVALID_ARGUMENT.because("Invalid model name '" + name + "'. Names cannot contain '/' or ':'.");
        }
        Names.path("name", name);
        Names.limited("name", NAME_LIMIT, name);
    }

    static void checkNewModelName(String name) {
        if (name.isBlank()) throw missing("new_name");
        checkModel(name);
    }

    static void checkAlias(String alias) {
        if (!ALIAS.matcher(alias).matches()) {
            throw INVALID_ARGUMENT.because("Invalid alias name: '" + alias
                    + "'. Names may only contain alphanumerics, underscores (_), and dashes (-).");
        }
        Names.limited("Registered model alias name", ALIAS_LIMIT, alias);
    }

    static void checkNewAlias(String alias) {
        checkAlias(alias);
        if (isLatest(alias)) throw INVALID_ARGUMENT.because("'latest' alias name (case insensitive) is reserved.");
        if (VERSION_ALIAS.matcher(alias).matches()) {
            throw INVALID_ARGUMENT.because("Version alias name '" + alias + "' is reserved.");
        }
    }

    /// The alias that always stands for the newest version.
    static boolean isLatest(String alias) {
        return alias.equalsIgnoreCase(LATEST);
    }

    /// The number of a version as clients write it, in a text.
    static long number(String model, String text) {
        String digits = text.strip();
        if (!NUMBER.matcher(digits).matches()) {
            throw INVALID_ARGUMENT.because("Parameter 'version' must be an integer, got '" + text + "'.");
        }
        BigInteger number = new BigInteger(digits);
        if (number.signum() < 1 || number.bitLength() > 63) throw unknownVersion(model, number.toString());
        return number.longValue();
    }

    static void checkTag(String key, String value) {
        Names.key("key", key);
        Names.limited("key", Names.KEY_LIMIT, key);
        Names.limited("value", TAG_VALUE_LIMIT, value);
    }

    static void checkVersionTag(String key, String value) {
        Names.key("key", key);
        Names.limited("key", Names.KEY_LIMIT, key);
        if (key.equals(PROMPT_TEXT_TAG) && value.codePointCount(0, value.length()) > TAG_VALUE_LIMIT) {
            throw INVALID_ARGUMENT.because("Prompt text exceeds max length of " + TAG_VALUE_LIMIT + " characters.");
        }
        Names.limited("value", TAG_VALUE_LIMIT, value);
    }

    static void checkTags(Map<String, String> tags) {
        tags.forEach(RegistryNames::checkTag);
    }

    static Failure unknownModel(String name) {
        return NOT_FOUND.because("Registered Model with name=" + name + " not found");
    }

    static Failure unknownVersion(String model, Object number) {
        return NOT_FOUND.because("Model Version (name=" + model + ", version=" + number + ") not found");
    }

    private static Failure missing(String name) {
        return INVALID_ARGUMENT.because("Missing value for required parameter '" + name + "'.");
    }
}
