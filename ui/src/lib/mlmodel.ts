// What an MLmodel file tells: YAML as MLflow's own writer lays it out, two blanks a level. Only single lines are read.

export interface MlmodelFacts {
  flavors: string[]
  pythonVersion: string
  mlflowVersion: string
  bytes: number | undefined
  createdAt: number | undefined
  /** A file beside it. */
  inputExample: string
  runId: string
  uuid: string
}

export function mlmodelFacts(text: string): MlmodelFacts {
  const lines = text.split('\n')
  const block = (name: string): string[] => {
    const start = lines.findIndex((line) => line.trimEnd() === `${name}:`)
    if (start < 0) return []
    const end = lines.findIndex((line, i) => i > start && /^\S/.test(line))
    return lines.slice(start + 1, end < 0 ? undefined : end)
  }
  const valueIn = (part: readonly string[], name: string): string => {
    const line = part.find((each) => each.trimStart().startsWith(`${name}:`))
    return line === undefined ? '' : unquoted(line.slice(line.indexOf(':') + 1).trim())
  }
  const top = lines.filter((line) => /^\S/.test(line))
  const flavors = block('flavors')
  const bytes = Number(valueIn(top, 'model_size_bytes') || Number.NaN)
  const created = Date.parse(`${valueIn(top, 'utc_time_created').replace(' ', 'T')}Z`)
  return {
    flavors: flavors.flatMap((line) => /^ {2}([\w.-]+):/.exec(line)?.[1] ?? []),
    pythonVersion: valueIn(flavors, 'python_version'),
    mlflowVersion: valueIn(top, 'mlflow_version'),
    bytes: Number.isFinite(bytes) ? bytes : undefined,
    createdAt: Number.isNaN(created) ? undefined : created,
    inputExample: valueIn(block('saved_input_example_info'), 'artifact_path'),
    runId: valueIn(top, 'run_id'),
    uuid: valueIn(top, 'model_id') || valueIn(top, 'model_uuid'),
  }
}

function unquoted(value: string): string {
  const text = value === 'null' || value === '~' ? '' : value
  return /^(['"]).*\1$/.test(text) ? text.slice(1, -1) : text
}
