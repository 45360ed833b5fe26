/// Endpoints: models that answer. The protocols they are asked in; deploying and routing below.
@NullMarked
package io.millwright.serving;

import org.jspecify.annotations.NullMarked;
