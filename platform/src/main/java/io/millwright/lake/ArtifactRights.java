package io.millwright.lake;

import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import java.util.regex.Pattern;

/// Whose an artifact is, by its path: `7/<run>/artifacts/…` and `7/models/<logged model>/artifacts/…` are of
/// what stands there, anything else below `7/` of experiment 7. A path that names no experiment is of the
/// whole workspace.
final class ArtifactRights {
    private static final Pattern EXPERIMENT = Pattern.compile("0|[1-9]\\d{0,17}");
    private static final Pattern RUN = Pattern.compile("[0-9a-f]{32}");
    private static final Pattern LOGGED_MODEL = Pattern.compile("m-[0-9a-f]{32}");

    private ArtifactRights() {}

    /// @throws io.millwright.kernel.Failure PERMISSION_DENIED when the request in hand may not do this
    static void require(Right right, ArtifactPath path) {
        require(RequestContext.current(), right, path);
    }

    /// In the upload's own workspace: the id is all that names it.
    ///
    /// @throws io.millwright.kernel.Failure PERMISSION_DENIED when the request in hand may not write to its path
    static void requireWrite(Upload upload) {
        require(RequestContext.current().in(upload.workspace()), Right.WRITE, upload.path());
    }

    private static void require(RequestContext context, Right right, ArtifactPath path) {
        String[] segments = path.value().split("/", 4);
        if (!EXPERIMENT.matcher(segments[0]).matches()) {
            if (path.isRoot()) context.requireOnWorkspace(right);
            else context.require(right, "artifacts:" + segments[0]);
            return;
        }
        String experiment = "experiment:" + segments[0];
        if (segments.length > 1 && RUN.matcher(segments[1]).matches()) {
            context.require(right, "run:" + segments[1], experiment);
        } else if (segments.length > 2
                && segments[1].equals("models")
                && LOGGED_MODEL.matcher(segments[2]).matches()) {
            context.require(right, "logged-model:" + segments[2], experiment);
        } else {
            context.require(right, experiment);
        }
    }
}
