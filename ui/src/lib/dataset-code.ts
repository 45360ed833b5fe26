// How others read a dataset: the same table in each client's own words.

export interface Snippet {
  label: string
  code: string
}

interface Wanted {
  name: string
  /** Of the server. */
  origin: string
  /** A version other than the latest. */
  version?: { number: number; snapshot_id: string }
}

/** As SQL names it: a part that is no plain word is quoted. */
export function sqlName(name: string): string {
  return name
    .split('.')
    .map((part) => (/^[a-z_][a-z0-9_]*$/i.test(part) ? part : `"${part.replaceAll('"', '""')}"`))
    .join('.')
}

export function snippetsOf({ name, origin, version }: Wanted): Snippet[] {
  const quoted = JSON.stringify(name)
  const spark = name
    .split('.')
    .map((part) => (/^\w+$/.test(part) ? part : `\`${part}\``))
    .join('.')
  return [
    { label: 'SQL', code: `select *\nfrom ${sqlName(name)}${version ? ` at (version => ${version.number})` : ''}\nlimit 100` },
    {
      label: 'pyiceberg',
      code: `from pyiceberg.catalog.rest import RestCatalog\n\ncatalog = RestCatalog("millwright", uri="${origin}/iceberg")\ntable = catalog.load_table(${quoted})\nrows = table.scan(${version ? `snapshot_id=${version.snapshot_id}` : ''}).to_pandas()`,
    },
    {
      label: 'Spark',
      code: `# spark-submit --conf spark.sql.catalog.mw=org.apache.iceberg.spark.SparkCatalog \\\n#   --conf spark.sql.catalog.mw.type=rest --conf spark.sql.catalog.mw.uri=${origin}/iceberg\nrows = spark.sql("SELECT * FROM mw.${spark}${version ? ` VERSION AS OF ${version.snapshot_id}` : ''}")`,
    },
    {
      label: 'DuckDB',
      code: `INSTALL iceberg;\nLOAD iceberg;\nATTACH 'default' AS mw (TYPE iceberg, ENDPOINT '${origin}/iceberg', AUTHORIZATION_TYPE 'none');\nSELECT * FROM mw.${sqlName(name)}${version ? ` AT (VERSION => ${version.snapshot_id})` : ''};`,
    },
  ]
}
