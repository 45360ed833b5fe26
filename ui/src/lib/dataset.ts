// What a logged dataset says of itself: three texts that are mostly JSON.

export interface DatasetColumn {
  name: string
  type: string
  required: boolean
}

/** Columns of a tabular or tensor schema; empty when the text is neither. */
export function columnsOf(schema: string | undefined): DatasetColumn[] {
  const { mlflow_colspec: columns, mlflow_tensorspec: tensors } = objectOf(schema)
  if (Array.isArray(columns)) return columns.map(column)
  const parts = objectOf(tensors)
  return ['features', 'targets'].flatMap((part) => {
    const listed = typeof parts[part] === 'string' ? listOf(parts[part]) : parts[part]
    return Array.isArray(listed) ? listed.map((each) => column(each, part)) : []
  })
}

function column(value: unknown, unnamed: string | number): DatasetColumn {
  const field = objectOf(value)
  const tensor = objectOf(field['tensor-spec'])
  const type = tensor.dtype !== undefined ? `${String(tensor.dtype)} ${JSON.stringify(tensor.shape)}` : String(field.type ?? '')
  return { name: typeof field.name === 'string' ? field.name : typeof unnamed === 'string' ? unnamed : '', type, required: field.required !== false }
}

/** Where it came from, in one line. */
export function sourceOf(type: string, source: string | undefined): string {
  const fields = objectOf(source)
  for (const name of ['uri', 'url', 'path', 'table_name', 'delta_table_name', 'sql', 'query']) {
    const value = fields[name]
    if (typeof value === 'string' && value !== '') return value
  }
  const tags = objectOf(fields.tags)
  if (type === 'code' && typeof tags['mlflow.source.name'] === 'string') return tags['mlflow.source.name']
  return Object.keys(fields).length > 0 ? JSON.stringify(fields) : source && source !== '{}' ? source : ''
}

const NAMES: Record<string, string> = { num_rows: 'rows', num_elements: 'elements' }

/** The profile's plain values by name; what is deeper stays JSON. */
export function profileOf(profile: string | undefined): [name: string, value: string | number][] {
  return Object.entries(objectOf(profile))
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => [NAMES[name] ?? name.replaceAll('_', ' '), typeof value === 'number' || typeof value === 'string' ? value : JSON.stringify(value)])
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  if (typeof value !== 'string') return {}
  try {
    const parsed: unknown = JSON.parse(value)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function listOf(text: unknown): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    return undefined
  }
}
