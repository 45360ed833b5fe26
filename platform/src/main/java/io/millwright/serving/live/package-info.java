/// Endpoints as this process has them: models loaded, requests routed.
@NullMarked
package io.millwright.serving.live;

import org.jspecify.annotations.NullMarked;
