/// The catalog: namespaces, datasets and their versions as Apache Iceberg tables, and the warehouse their
/// files lie in.
@NullMarked
package io.millwright.lake.tables;

import org.jspecify.annotations.NullMarked;
