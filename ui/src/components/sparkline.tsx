// A curve without axes, for a table: how something went, at a glance.

const HEIGHT = 22

/** @param tone of the line; a place without a number is a gap */
export function Sparkline({ values, label, tone = 'series-1', width = 84 }: { values: readonly (number | null)[]; label: string; tone?: 'series-1' | 'series-2' | 'bad'; width?: number }) {
  const known = values.filter((value): value is number => value !== null)
  const most = Math.max(...known, Number.MIN_VALUE)
  const x = (i: number): number => (values.length < 2 ? width : (i / (values.length - 1)) * (width - 2) + 1)
  const y = (value: number): number => HEIGHT - 2 - (value / most) * (HEIGHT - 4)
  const color = { stroke: `var(--c-${tone})` }
  return (
    <svg role="img" aria-label={label} width={width} height={HEIGHT} className="shrink-0">
      <title>{label}</title>
      <line x1="0" x2={width} y1={HEIGHT - 1.5} y2={HEIGHT - 1.5} className="stroke-line" />
      {piecesOf(values).map(({ from, to }) =>
        from === to ? (
          <circle key={from} cx={x(from)} cy={y(values[from]!)} r="1.5" style={{ fill: color.stroke }} />
        ) : (
          <polyline key={from} fill="none" strokeWidth="1.4" strokeLinejoin="round" style={color} points={values.slice(from, to + 1).map((value, i) => `${x(from + i).toFixed(1)},${y(value!).toFixed(1)}`).join(' ')} />
        ),
      )}
    </svg>
  )
}

/** Stretches without a gap. */
function piecesOf(values: readonly (number | null)[]): { from: number; to: number }[] {
  const pieces: { from: number; to: number }[] = []
  values.forEach((value, i) => {
    if (value === null) return
    const last = pieces.at(-1)
    if (last && last.to === i - 1) last.to = i
    else pieces.push({ from: i, to: i })
  })
  return pieces
}
