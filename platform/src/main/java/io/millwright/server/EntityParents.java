package io.millwright.server;

import io.millwright.governance.Parents;
import io.millwright.lake.tables.DatasetName;
import io.millwright.tracking.TrackingSlice;
import java.util.List;

/// The experiments that runs and logged models lie in, and the namespaces of datasets.
final class EntityParents implements Parents {
    private static final String RUN = "run:";
    private static final String LOGGED_MODEL = "logged-model:";
    private static final String DATASET = "dataset:";

    private final TrackingSlice tracking;

    EntityParents(TrackingSlice tracking) {
        this.tracking = tracking;
    }

    @Override
    public List<String> of(String urn) {
        if (urn.startsWith(RUN)) {
            return experiment(tracking.runs().info(urn.substring(RUN.length())).experiment());
        }
        if (urn.startsWith(LOGGED_MODEL)) {
            String id = urn.substring(LOGGED_MODEL.length());
            return experiment(tracking.loggedModels().get(id, true).experiment());
        }
        if (urn.startsWith(DATASET)) {
            return List.of(DatasetName.parse(urn.substring(DATASET.length())).parents());
        }
        return List.of();
    }

    private static List<String> experiment(long id) {
        return List.of("experiment:" + id);
    }
}
