package io.millwright.tracking.imports;

import java.io.IOException;

/// The registered models of an MLflow installation, and the webhooks that tell of them.
public sealed interface SourceRegistry permits RestRegistry, SqliteRegistry, FolderRegistry {
    /// All models, prompts too.
    void models(MlflowSource.Visitor<SourceModel> visitor) throws IOException;

    /// All versions of one model, but for deleted ones, in any order.
    void versions(SourceModel model, MlflowSource.Visitor<SourceVersion> visitor) throws IOException;

    /// All webhooks, but for deleted ones.
    void webhooks(MlflowSource.Visitor<SourceWebhook> visitor) throws IOException;
}
