/// The bytes: artifacts on a local folder or on S3.
@NullMarked
package io.millwright.lake;

import org.jspecify.annotations.NullMarked;
