// The signature in an MLmodel file: YAML whose values are JSON in quotes.

export interface SignatureField {
  name: string
  type: string
  optional: boolean
}

export interface Signature {
  inputs: SignatureField[]
  outputs: SignatureField[]
  params: SignatureField[]
}

export function signatureOf(mlmodel: string): Signature | undefined {
  const lines = mlmodel.split('\n')
  const start = lines.findIndex((line) => /^signature:\s*$/.test(line))
  if (start < 0) return undefined
  const block: string[] = []
  for (const line of lines.slice(start + 1)) {
    if (/^\S/.test(line)) break
    block.push(line)
  }
  const part = (name: string) => fieldsOf(valueOf(block, name))
  const signature = { inputs: part('inputs'), outputs: part('outputs'), params: part('params') }
  return signature.inputs.length + signature.outputs.length + signature.params.length > 0 ? signature : undefined
}

/** A long value goes on in deeper lines; single quotes are doubled inside. */
function valueOf(block: readonly string[], name: string): string {
  const at = block.findIndex((line) => new RegExp(`^ {2}${name}:`).test(line))
  if (at < 0) return ''
  let text = block[at]!.slice(block[at]!.indexOf(':') + 1).trim()
  for (const line of block.slice(at + 1)) {
    if (!/^ {3,}\S/.test(line)) break
    text += ` ${line.trim()}`
  }
  return text.startsWith("'") && text.endsWith("'") ? text.slice(1, -1).replaceAll("''", "'") : text
}

function fieldsOf(text: string): SignatureField[] {
  try {
    const parsed: unknown = JSON.parse(text)
    if (!Array.isArray(parsed)) return []
    return parsed.map((field: Record<string, unknown>) => ({
      name: typeof field.name === 'string' ? field.name : '',
      type: typeOf(field),
      optional: field.required === false || field.optional === true,
    }))
  } catch {
    return []
  }
}

function typeOf(field: Record<string, unknown>): string {
  const tensor = field['tensor-spec'] as { dtype?: unknown; shape?: unknown } | undefined
  if (tensor) return `${String(tensor.dtype)} ${JSON.stringify(tensor.shape)}`
  const type = typeof field.type === 'string' ? field.type : ''
  const items = field.items as Record<string, unknown> | undefined
  return type === 'array' && items ? `array of ${typeOf(items)}` : type
}
