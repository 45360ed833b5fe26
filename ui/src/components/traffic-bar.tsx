// Who answers how many of the requests.

import { sharesOf } from '../lib/serving.ts'
import { colorOf } from './series-color.ts'

export interface Part {
  name: string
  label: string
  weight: number
  color: number
}

export function TrafficBar({ parts, width = 96 }: { parts: readonly Part[]; width?: number | undefined }) {
  const shares = sharesOf(parts.map(({ weight }) => weight))
  const said = parts.map(({ label }, i) => `${label} ${shares[i]} %`).join(', ')
  return (
    <span role="img" aria-label={said} title={said} className="flex h-2.5 shrink-0 gap-px overflow-hidden rounded-sm bg-sunken" style={{ width }}>
      {parts.map(({ name, weight, color }) => weight > 0 && <span key={name} className="h-full" style={{ flexGrow: weight, flexBasis: 0, background: colorOf(color) }} />)}
    </span>
  )
}
