"""What a user of Spark does with datasets; run by test_spark.py in a Python of its own. Prints what it found as JSON."""

import json
import sys

from pyspark.sql import SparkSession

settings = json.loads(sys.argv[1])
builder = (
    SparkSession.builder.master("local[2]")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.memory", "1g")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.sql.shuffle.partitions", "2")
    .config("spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
    .config("spark.sql.catalog.mw", "org.apache.iceberg.spark.SparkCatalog")
    .config("spark.sql.catalog.mw.type", "rest")
    .config("spark.jars", settings["jars"])
)
for name, value in settings["catalog"].items():
    builder = builder.config(f"spark.sql.catalog.mw.{name}", value)
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
found = {}


def rows(text):
    return [list(row) for row in spark.sql(text).collect()]


spark.sql("CREATE NAMESPACE mw.spark")
spark.sql("CREATE TABLE mw.spark.people (id BIGINT, name STRING, year INT) TBLPROPERTIES ('write.delete.mode'="
          "'merge-on-read', 'write.update.mode'='merge-on-read', 'write.merge.mode'='merge-on-read')")  # fmt: skip
spark.sql("INSERT INTO mw.spark.people SELECT id, concat('p', id), 2015 FROM range(100)")
spark.sql("INSERT INTO mw.spark.people SELECT id + 100, concat('p', id + 100), 2016 FROM range(100)")
spark.sql("DELETE FROM mw.spark.people WHERE id % 10 = 0")
found["after_delete"] = rows("SELECT count(*), sum(id) FROM mw.spark.people")[0]
found["delete_files"] = rows("SELECT count(*) FROM mw.spark.people.delete_files")[0][0]
spark.sql("UPDATE mw.spark.people SET name = 'changed' WHERE id = 11")
spark.sql("MERGE INTO mw.spark.people t USING (SELECT 12 AS id UNION ALL SELECT 1000) s ON t.id = s.id "
          "WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id, name, year) VALUES (s.id, 'new', 2017)")  # fmt: skip
found["after_merge"] = rows("SELECT count(*), sum(id) FROM mw.spark.people")[0]
snapshots = rows("SELECT snapshot_id FROM mw.spark.people.snapshots ORDER BY committed_at")
spark.sql(f"ALTER TABLE mw.spark.people CREATE TAG `validated/2015` AS OF VERSION {snapshots[0][0]}")
found["tagged"] = rows("SELECT count(*) FROM mw.spark.people VERSION AS OF 'validated/2015'")[0][0]
found["first"] = rows(f"SELECT count(*) FROM mw.spark.people VERSION AS OF {snapshots[0][0]}")[0][0]
found["snapshots"] = len(snapshots)
spark.sql("ALTER TABLE mw.spark.people ADD COLUMN income DOUBLE COMMENT 'a year'")
spark.sql("ALTER TABLE mw.spark.people RENAME COLUMN name TO full_name")
spark.sql("INSERT INTO mw.spark.people VALUES (2000, 'x', 2018, 1.5)")
spark.sql("CREATE TABLE mw.spark.by_year USING iceberg PARTITIONED BY (year) AS SELECT year, count(*) AS n FROM "
          "mw.spark.people GROUP BY year")  # fmt: skip
found["by_year"] = sorted(rows("SELECT year, n FROM mw.spark.by_year"))
found["rewritten"] = rows("CALL mw.system.rewrite_data_files(table => 'spark.people', options => map("
                          "'rewrite-all', 'true'))")[0][0]  # fmt: skip
found["after_rewrite"] = rows("SELECT count(*), sum(id) FROM mw.spark.people")[0]
try:
    spark.sql(f"CALL mw.system.expire_snapshots(table => 'spark.people', snapshot_ids => ARRAY({snapshots[0][0]}))")
    found["expire_tagged"] = "done"
except Exception as refused:  # noqa: BLE001
    found["expire_tagged"] = str(refused)
spark.sql(f"CALL mw.system.expire_snapshots(table => 'spark.people', snapshot_ids => ARRAY({snapshots[1][0]}))")
found["left"] = len(rows("SELECT snapshot_id FROM mw.spark.people.snapshots"))
spark.sql("CREATE TABLE mw.spark.holes (id BIGINT) TBLPROPERTIES ('write.delete.mode'='merge-on-read')")
spark.sql("INSERT INTO mw.spark.holes SELECT id FROM range(100)")
spark.sql("DELETE FROM mw.spark.holes WHERE id % 3 = 0")
spark.sql("CREATE TABLE mw.spark.hidden (id BIGINT) TBLPROPERTIES ('write.delete.mode'='merge-on-read')")
spark.sql("INSERT INTO mw.spark.hidden SELECT id FROM range(100)")
spark.sql("DELETE FROM mw.spark.hidden WHERE id % 3 = 2")
spark.sql("CREATE TABLE mw.spark.vectors (id BIGINT) TBLPROPERTIES ('format-version'='3', "
          "'write.delete.mode'='merge-on-read')")  # fmt: skip
spark.sql("INSERT INTO mw.spark.vectors SELECT id FROM range(1000)")
spark.sql("DELETE FROM mw.spark.vectors WHERE id % 3 = 0")
found["vector_files"] = rows("SELECT count(*) FROM mw.spark.vectors.delete_files WHERE file_format = 'PUFFIN'")[0][0]
print("FOUND " + json.dumps(found))
spark.stop()
