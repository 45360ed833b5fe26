package io.millwright.registry.webhooks;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// A kind of event that a webhook may want, as in `model_version.created`.
public record WebhookEvent(WebhookEntity entity, WebhookAction action) {
    /// As MLflow's database lists them.
    static final Comparator<WebhookEvent> ORDER = Comparator.comparing(
                    (WebhookEvent event) -> event.entity().word())
            .thenComparing(event -> event.action().word());

    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when that cannot happen to such an entity
    public WebhookEvent {
        if (!entity.actions().contains(action)) {
            throw INVALID_ARGUMENT.because("Invalid action '" + action.word() + "' for entity '" + entity.word()
                    + "'. Valid actions are: "
                    + entity.actions().stream()
                            .map(valid -> "'" + valid.word() + "'")
                            .collect(Collectors.joining(", ", "[", "]")));
        }
    }

    String word() {
        return entity.word() + "." + action.word();
    }

    /// @param word in whatever case, with a dot in it
    /// @throws IllegalArgumentException when there is no such entity or action
    static WebhookEvent ofWord(String word) {
        String[] parts = word.toUpperCase(Locale.ROOT).split("\\.", 2);
        return new WebhookEvent(WebhookEntity.valueOf(parts[0]), WebhookAction.valueOf(parts[1]));
    }

    /// As a webhook's row holds them.
    static String words(List<WebhookEvent> events) {
        return events.stream().sorted(ORDER).map(WebhookEvent::word).collect(Collectors.joining(" "));
    }

    static List<WebhookEvent> ofWords(String words) {
        return Arrays.stream(words.split(" ")).map(WebhookEvent::ofWord).toList();
    }
}
