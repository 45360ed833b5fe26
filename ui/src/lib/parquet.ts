// What the footer of a Parquet file tells: Thrift's compact protocol, read no further than is shown.

export interface ParquetFacts {
  rows: number
  rowGroups: number
  writer: string
  compression: string
  columns: { name: string; type: string; optional: boolean }[]
}

/** How long the footer is, from the file's last eight bytes; undefined when it is no Parquet file. */
export function footerLength(end: ArrayBuffer): number | undefined {
  if (end.byteLength < 12) return undefined
  const view = new DataView(end, end.byteLength - 8)
  return view.getUint32(4, false) === 0x50415231 ? view.getUint32(0, true) : undefined
}

/** @param end the last bytes of the file, the whole footer among them. Undefined when it cannot be read. */
export function parquetFacts(end: ArrayBuffer): ParquetFacts | undefined {
  const length = footerLength(end)
  if (length === undefined || length + 8 > end.byteLength) return undefined
  try {
    const file = new Reader(new Uint8Array(end, end.byteLength - 8 - length, length)).struct(0)
    const groups = list(file.get(4))
    const codecs = new Set(groups.slice(0, 20).flatMap((group) => list(struct(group).get(1)).map((chunk) => CODECS[number(struct(struct(chunk).get(3)).get(4))] ?? 'unknown')))
    return { rows: number(file.get(3)), rowGroups: groups.length, writer: text(file.get(6)), compression: [...codecs].join(', '), columns: leavesOf(list(file.get(2)).map(struct)) }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const CODECS = ['none', 'Snappy', 'gzip', 'LZO', 'Brotli', 'LZ4', 'Zstandard', 'LZ4']
const TYPES = ['boolean', 'int32', 'int64', 'int96', 'float', 'double', 'binary', 'fixed binary']
const LOGICAL: Record<number, string> = { 1: 'string', 2: 'map', 3: 'list', 4: 'enum', 5: 'decimal', 6: 'date', 7: 'time', 8: 'timestamp', 12: 'JSON', 13: 'BSON', 14: 'UUID' }
const CONVERTED: Record<number, string> = { 0: 'string', 4: 'enum', 5: 'decimal', 6: 'date', 7: 'time', 8: 'time', 9: 'timestamp', 10: 'timestamp', 11: 'uint8', 12: 'uint16', 13: 'uint32', 14: 'uint64', 15: 'int8', 16: 'int16', 19: 'JSON' }

type Struct = Map<number, unknown>

/** The schema is a tree written in the order of its nodes; its leaves are the columns. */
function leavesOf(nodes: Struct[]): ParquetFacts['columns'] {
  const columns: ParquetFacts['columns'] = []
  let at = 0
  function walk(path: string[], optional: boolean): void {
    const node = nodes[at++]
    if (!node) return
    const name = text(node.get(4))
    const children = number(node.get(5))
    const maybe = optional || number(node.get(3)) === 1
    if (children === 0) {
      const [logical] = [...struct(node.get(10)).keys()]
      const type = LOGICAL[logical ?? -1] ?? (node.has(6) ? CONVERTED[number(node.get(6))] : undefined) ?? TYPES[number(node.get(1))] ?? 'unknown'
      columns.push({ name: [...path, name].join('.'), type, optional: maybe })
      return
    }
    for (let i = 0; i < children && at < nodes.length; i++) walk([...path, name], maybe)
  }
  const children = number(nodes[0]?.get(5))
  at = 1
  for (let i = 0; i < children && at < nodes.length; i++) walk([], false)
  return columns
}

class Reader {
  #at = 0
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  struct(depth: number): Struct {
    if (depth > 20) throw new RangeError('nested too deep')
    const fields: Struct = new Map()
    let id = 0
    for (;;) {
      const head = this.#byte()
      if (head === 0) return fields
      id = head >> 4 === 0 ? this.#zigzag() : id + (head >> 4)
      fields.set(id, this.#value(head & 15, depth))
    }
  }

  #value(type: number, depth: number): unknown {
    switch (type) {
      case 1:
      case 2:
        return type === 1
      case 3:
        return this.#byte()
      case 4:
      case 5:
      case 6:
        return this.#zigzag()
      case 7:
        return this.#take(8).byteLength
      case 8:
        return this.#take(this.#varint())
      case 9:
      case 10:
        return this.#list(depth)
      case 12:
        return this.struct(depth + 1)
      default:
        throw new RangeError(`no type ${type}`)
    }
  }

  #list(depth: number): unknown[] {
    const head = this.#byte()
    const size = head >> 4 === 15 ? this.#varint() : head >> 4
    const type = head & 15
    // Each element takes a byte at least.
    if (size > this.#bytes.length - this.#at) throw new RangeError('a list is longer than the file')
    return Array.from({ length: size }, () => (type === 1 || type === 2 ? this.#byte() === 1 : this.#value(type, depth + 1)))
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new RangeError('the footer ends early')
    return byte
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw new RangeError('the footer ends early')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  /** Exact up to 2^53, which no count of rows reaches. */
  #varint(): number {
    let value = 0
    for (let power = 1; ; power *= 128) {
      const byte = this.#byte()
      value += (byte & 127) * power
      if (byte < 128) return value
      if (power > 2 ** 63) throw new RangeError('a number is too long')
    }
  }

  #zigzag(): number {
    const value = this.#varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
}

function struct(value: unknown): Struct {
  return value instanceof Map ? (value as Struct) : new Map()
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function text(value: unknown): string {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : ''
}
