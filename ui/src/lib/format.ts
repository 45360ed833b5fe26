// How values look: numbers, sizes, times. Nothing here knows the page.

/** Six significant digits, exponents only where they are shorter; what JSON cannot say comes as text. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value) || Math.abs(value) >= Number.MAX_VALUE) return value > 0 ? '∞' : '−∞'
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (Number.isInteger(value) && size < 1e9) return grouped(value)
  if (size >= 1e9 || size < 1e-4) return trimExponent(value.toExponential(4))
  if (size >= 1e5) return grouped(Math.round(value))
  const text = value.toPrecision(6)
  return minus(text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text)
}

function grouped(value: number): string {
  const digits = String(Math.abs(value))
  const text = digits.length > 4 ? digits.replace(/\B(?=(\d{3})+$)/g, '\u202f') : digits
  return value < 0 ? `−${text}` : text
}

function trimExponent(text: string): string {
  const [mantissa, exponent] = text.split('e') as [string, string]
  return `${minus(mantissa.replace(/\.?0+$/, ''))}e${exponent.replace('+', '').replace('-', '−')}`
}

function minus(text: string): string {
  return text.replace('-', '−')
}

/** `1.4 MB`: decimal units, as on disks. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB', 'PB']
  let value = bytes / 1000
  let unit = 0
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value.toFixed(1)} ${units[unit]}`
}

/** `1,234`-like counts, with `+` when counting stopped at a limit. */
export function formatCount(count: number, exact = true): string {
  return grouped(count) + (exact ? '' : '+')
}

/** `380 ms`, `4.2 s`, `3 min 20 s`, `5 h 02 min`, `3 d 4 h`. */
export function formatDuration(millis: number): string {
  if (millis < 0) return '0 ms'
  if (millis < 1000) return `${Math.round(millis)} ms`
  const seconds = millis / 1000
  if (seconds < 60) return `${seconds < 10 ? Math.floor(seconds * 10) / 10 : Math.floor(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${pad(Math.floor(seconds) % 60)} s`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours} h ${pad(minutes % 60)} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

function pad(n: number): string {
  return String(n).padStart(2, '0')
}

/** `just now`, `5 min ago`, `3 h ago`, then the date. */
export function formatAgo(then: number, now: number): string {
  const seconds = (now - then) / 1000
  if (seconds < -60) return formatDateTime(then)
  if (seconds < 10) return 'just now'
  if (seconds < 60) return `${Math.floor(seconds)} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`
  if (seconds < 7 * 86_400) return `${Math.floor(seconds / 86_400)} d ago`
  return formatDateTime(then)
}

/** In the zone of whoever reads: `2026-11-25 14:03`. */
export function formatDateTime(millis: number, withSeconds = false): string {
  const date = new Date(millis)
  if (Number.isNaN(date.getTime())) return 'unknown'
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}${withSeconds ? `:${pad(date.getSeconds())}` : ''}`
  return `${day} ${time}`
}

export function formatUtc(millis: number): string {
  const date = new Date(millis)
  return Number.isNaN(date.getTime()) ? 'unknown' : `${date.toISOString().replace('T', ' ').slice(0, 19)} UTC`
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

/** A value of MLflow's JSON that should be a number: NaN and infinities travel as text. */
export function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (value === 'NaN') return Number.NaN
  if (value === 'Infinity') return Number.POSITIVE_INFINITY
  if (value === '-Infinity') return Number.NEGATIVE_INFINITY
  if (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))) return Number(value)
  return undefined
}

/** What the machine did, not the model: metrics that MLflow's client measures by itself. */
export function isSystem(metric: string): boolean {
  return metric.startsWith('system/')
}
