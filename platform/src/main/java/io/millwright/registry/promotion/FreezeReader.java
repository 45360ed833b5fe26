package io.millwright.registry.promotion;

import io.millwright.registry.promotion.FreezeWindow.WeekTime;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.nodes.Node;

/// Reads the freeze windows of a policy.
final class FreezeReader {
    private static final Set<String> KEYS = PolicyReader.sorted("name", "from", "to", "every", "stages");
    private static final List<String> DAYS = List.of("mon", "tue", "wed", "thu", "fri", "sat", "sun");
    private static final Pattern WEEK_TIME = Pattern.compile("(\\w{3}) (\\d\\d:\\d\\d)");

    private final PolicyProblems problems;
    private final Collection<String> stageNames;

    FreezeReader(PolicyProblems problems, Collection<String> stageNames) {
        this.problems = problems;
        this.stageNames = stageNames;
    }

    List<FreezeWindow> windows(Node node) {
        List<FreezeWindow> windows = new ArrayList<>();
        for (Node one : problems.items(node, "'freeze'")) {
            window(one).ifPresent(window -> {
                windows.stream()
                        .filter(window::overlaps)
                        .findFirst()
                        .ifPresent(other -> problems.at(
                                one,
                                "the freeze window '" + window.name() + "' overlaps '" + other.name()
                                        + "' for a common stage; make one of them"));
                windows.add(window);
            });
        }
        return windows;
    }

    private Optional<FreezeWindow> window(Node node) {
        YamlMap map = new YamlMap(node, "a freeze window", KEYS, problems);
        Optional<String> name = map.requiredText("name");
        List<String> stages =
                map.at("stages").map(list -> problems.texts(list, "'stages'")).orElse(List.of());
        for (String stage : stages) {
            if (!stageNames.contains(stage))
                problems.unknown(map.at("stages").orElse(node), "stage", stage, stageNames);
        }
        map.required("from");
        map.required("to");
        boolean weekly = map.parsed("every", "week", text -> Optional.of(text).filter("week"::equals))
                .isPresent();
        if (weekly) {
            Optional<WeekTime> from = map.parsed("from", "a day and a time such as FRI 16:00", FreezeReader::weekTime);
            Optional<WeekTime> to = map.parsed("to", "a day and a time such as MON 08:00", FreezeReader::weekTime);
            if (name.isEmpty() || from.isEmpty() || to.isEmpty()) return Optional.empty();
            if (from.equals(to)) problems.at(node, "the freeze window begins when it ends, so nothing would ever move");
            return Optional.of(new FreezeWindow.Weekly(name.get(), stages, from.get(), to.get()));
        }
        Optional<LocalDateTime> from = map.parsed("from", "a local time such as 2026-12-20T18:00", FreezeReader::local);
        Optional<LocalDateTime> to = map.parsed("to", "a local time such as 2027-01-03T08:00", FreezeReader::local);
        if (name.isEmpty() || from.isEmpty() || to.isEmpty()) return Optional.empty();
        if (!from.get().isBefore(to.get())) problems.at(node, "the freeze window ends before it begins");
        return Optional.of(new FreezeWindow.Once(name.get(), stages, from.get(), to.get()));
    }

    private static Optional<WeekTime> weekTime(String text) {
        Matcher matcher = WEEK_TIME.matcher(text);
        if (!matcher.matches()) return Optional.empty();
        int day = DAYS.indexOf(matcher.group(1).toLowerCase(Locale.ROOT));
        if (day < 0) return Optional.empty();
        try {
            return Optional.of(new WeekTime(DayOfWeek.of(day + 1), LocalTime.parse(matcher.group(2))));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    private static Optional<LocalDateTime> local(String text) {
        try {
            return Optional.of(LocalDateTime.parse(text));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
