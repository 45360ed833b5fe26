/// Models applied to whole datasets.
@NullMarked
package io.millwright.serving.batch;

import org.jspecify.annotations.NullMarked;
