package io.millwright.registry;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Dialect;
import io.millwright.http.Need;
import io.millwright.http.Reply;
import io.millwright.http.Route;
import io.millwright.http.Routes;
import io.millwright.lake.ArtifactDownload;
import io.millwright.lake.ArtifactPath;
import io.millwright.lake.ArtifactService;
import java.io.IOException;

/// The web UI's download of one file of a version.
final class MlflowVersionArtifactApi {
    private final VersionService versions;
    private final ArtifactService artifacts;

    MlflowVersionArtifactApi(VersionService versions, ArtifactService artifacts) {
        this.versions = versions;
        this.artifacts = artifacts;
    }

    void addRoutes(Routes routes) {
        routes.add(new Route(
                "GET",
                "/model-versions/get-artifact",
                Dialect.MLFLOW,
                BodyKind.NONE,
                "One artifact of a model version",
                Need.READ,
                this::file));
    }

    private Reply file(Call call) throws IOException {
        String path = ArtifactPath.of(required(call, "path")).value();
        String root = versions.folder(required(call, "name"), required(call, "version"));
        return ArtifactDownload.of(call, artifacts.open(root + "/" + path));
    }

    private static String required(Call call, String parameter) {
        return call.queryValue(parameter)
                .filter(value -> !value.isEmpty())
                .orElseThrow(() -> INVALID_ARGUMENT.because("Missing query parameter '" + parameter
                        + "', expected the name and version of a model, and the path of an artifact in it."));
    }
}
