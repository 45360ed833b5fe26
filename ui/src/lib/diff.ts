// Differences between runs, as rows of a table.

export interface DiffRow {
  key: string
  /** By run, in the order asked for; undefined where a run lacks it. */
  values: (string | undefined)[]
  differs: boolean
}

export function diffRows(records: readonly Record<string, string>[]): DiffRow[] {
  const keys = [...new Set(records.flatMap((record) => Object.keys(record)))].sort((a, b) => a.localeCompare(b))
  return keys.map((key) => {
    const values = records.map((record) => record[key])
    return { key, values, differs: values.some((value) => value !== values[0]) }
  })
}
