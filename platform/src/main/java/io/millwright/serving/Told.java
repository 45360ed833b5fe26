package io.millwright.serving;

import io.millwright.http.Reply;
import io.millwright.serving.live.LiveEndpoint;
import io.millwright.serving.predict.InputWarning;
import java.util.List;

/// What every protocol tells of an answer beside it, in headers.
final class Told {
    private static final String WARNINGS = "x-millwright-warnings";
    private static final int MOST_CHARACTERS = 1_000;
    private static final int LONGEST_NAME = 100;

    private Told() {}

    /// The version that answered, the id of the answer, and what of the request did not fit and was let through.
    static Reply with(Reply reply, LiveEndpoint.Answered answered) {
        Reply told = reply.with("x-millwright-model-version", answered.variant().version())
                .with("x-millwright-prediction-id", answered.id().toString());
        return answered.warnings().isEmpty() ? told : told.with(WARNINGS, written(answered.warnings()));
    }

    /// A list of RFC 8941, section 3.1: `extra-column;column="z";count=1,
    /// out-of-range;column="age";row=3;count=17`. What does not fit is told by `more;count=…`, the
    /// number of warnings left out.
    static String written(List<InputWarning> warnings) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < warnings.size(); i++) {
            String next = written(warnings.get(i));
            if (text.length() + next.length() > MOST_CHARACTERS) {
                return text.append(", more;count=").append(warnings.size() - i).toString();
            }
            if (i > 0) text.append(", ");
            text.append(next);
        }
        return text.toString();
    }

    private static String written(InputWarning warning) {
        StringBuilder text = new StringBuilder(warning.problem().word()).append(";column=\"");
        warning.column().chars().limit(LONGEST_NAME).forEach(c -> {
            if (c == '"' || c == '\\') text.append('\\');
            // A header holds no other letters.
            text.append(c < ' ' || c > '~' ? '?' : (char) c);
        });
        text.append('"');
        if (warning.row() >= 0) text.append(";row=").append(warning.row());
        return text.append(";count=").append(warning.count()).toString();
    }
}
