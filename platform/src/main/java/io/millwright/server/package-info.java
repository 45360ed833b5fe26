/// The process: settings, wiring, the HTTP server and the commands. Nobody touches it.
@NullMarked
package io.millwright.server;

import org.jspecify.annotations.NullMarked;
