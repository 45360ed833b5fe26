// Which preview a file gets, by its name and size, and what is said of one that gets none.

import { formatBytes } from './format.ts'

export type PreviewKind = 'image' | 'drawing' | 'table' | 'json' | 'markdown' | 'page' | 'notebook' | 'parquet' | 'text'

const LIMITS: Record<PreviewKind, number> = {
  image: 20_000_000,
  drawing: 5_000_000,
  table: 20_000_000,
  json: 10_000_000,
  markdown: 1_000_000,
  page: 10_000_000,
  notebook: 20_000_000,
  // Only its footer is read.
  parquet: Number.POSITIVE_INFINITY,
  text: 5_000_000,
}

const KINDS: Record<string, PreviewKind> = {}
function are(kind: PreviewKind, endings: string): void {
  for (const ending of endings.split(' ')) KINDS[ending] = kind
}
are('image', 'png jpg jpeg gif webp avif bmp')
are('drawing', 'svg')
are('page', 'html htm')
are('table', 'csv tsv')
are('json', 'json geojson')
are('notebook', 'ipynb')
are('markdown', 'md markdown')
are('parquet', 'parquet pq')
are('text', 'txt log err out py r scala java js ts sh sql yaml yml toml ini cfg conf xml properties rst c h cpp rs go jsonl ndjson lock diff patch tex')

const PLAIN_NAMES = /^(MLmodel|MLproject|Dockerfile|Makefile|README|LICENSE|NOTICE|\.gitignore|\.env)$/

/** What others are, and why they are not opened here. */
const OTHERS: Record<string, string> = {
  pdf: 'PDF document',
  pkl: 'Python pickle: opening it runs what is in it, so it is not opened here',
  pickle: 'Python pickle: opening it runs what is in it, so it is not opened here',
  joblib: 'joblib pickle: opening it runs what is in it, so it is not opened here',
  cloudpickle: 'Python pickle: opening it runs what is in it, so it is not opened here',
  pt: 'PyTorch file',
  pth: 'PyTorch file',
  ckpt: 'checkpoint',
  safetensors: 'safetensors weights',
  onnx: 'ONNX model',
  h5: 'HDF5 file',
  keras: 'Keras model',
  ubj: 'XGBoost model',
  bst: 'gradient boosting model',
  cbm: 'CatBoost model',
  npy: 'NumPy array',
  npz: 'NumPy arrays',
  feather: 'Feather table',
  arrow: 'Arrow table',
  avro: 'Avro file',
  zip: 'ZIP archive',
  gz: 'gzip file',
  tar: 'tar archive',
  tgz: 'tar archive, gzipped',
  whl: 'Python wheel',
  jar: 'Java archive',
  mp4: 'video',
  webm: 'video',
  mp3: 'sound',
  wav: 'sound',
  tif: 'TIFF image',
  tiff: 'TIFF image',
  xlsx: 'Excel workbook',
  docx: 'Word document',
}

/** `what` is what it is, as far as its name tells. */
export type Previewed = { kind: PreviewKind; what?: undefined; problem?: undefined } | { kind?: undefined; what: string; problem: string }

export function previewOf(path: string, bytes: number): Previewed {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  const ending = dot < 0 ? '' : name.slice(dot + 1).toLowerCase()
  const kind = PLAIN_NAMES.test(name) ? 'text' : KINDS[ending]
  if (kind === undefined) return { what: OTHERS[ending] ?? (ending ? `.${ending} file` : 'file without an ending'), problem: 'Files of this kind are not shown here.' }
  if (bytes > LIMITS[kind]) {
    return { what: `${kind} of ${formatBytes(bytes)}`, problem: `It is ${formatBytes(bytes)} large; up to ${formatBytes(LIMITS[kind])} of its kind are shown here.` }
  }
  return { kind }
}

/** A link of a markdown text that may be followed; undefined for any other scheme. */
export function safeHref(href: string): string | undefined {
  // Browsers drop control characters inside a scheme, so they are dropped before it is judged.
  const plain = [...href].filter((c) => c > ' ' && c !== '\u007f').join('')
  return /^(https?:\/\/|mailto:)/i.test(plain) ? plain : undefined
}

/** A table as MLflow logs it: columns and rows. */
export interface LoggedTable {
  columns: string[]
  data: unknown[][]
}

/** A JSON that is a table of MLflow's `log_table`, or pandas' "split" form. */
export function tableOf(value: unknown): LoggedTable | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { columns, data } = value as { columns?: unknown; data?: unknown }
  if (!Array.isArray(columns) || !Array.isArray(data) || columns.length === 0) return undefined
  return data.every((row) => Array.isArray(row) && row.length === columns.length) ? { columns: columns.map(String), data: data as unknown[][] } : undefined
}

/** A cell as text; undefined and null are empty. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
