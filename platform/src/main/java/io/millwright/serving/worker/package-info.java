/// Models that run only in Python: environments as models record them, and processes in them that answer
/// over Unix sockets. Nothing is unpickled in this process.
@NullMarked
package io.millwright.serving.worker;

import org.jspecify.annotations.NullMarked;
