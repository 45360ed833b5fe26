package io.millwright.http;

import java.io.IOException;

/// Answers one call; runs on its own virtual thread, so it may block (but see [PromptHandler]).
@FunctionalInterface
public interface Handler {
    Reply handle(Call call) throws IOException;
}
