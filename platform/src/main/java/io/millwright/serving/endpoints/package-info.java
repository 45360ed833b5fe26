/// Endpoints and their revisions, as the database has them.
@NullMarked
package io.millwright.serving.endpoints;

import org.jspecify.annotations.NullMarked;
